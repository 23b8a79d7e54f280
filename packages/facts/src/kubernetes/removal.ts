// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import type { Node } from "../config/types.ts";
import { at, child, itemsOf, lineOf, textOf } from "./node.ts";
import { groupOf, type KubeObject } from "./object.ts";
import type { Pair } from "./pair.ts";
import { deltaOf, fieldDelta } from "./report.ts";

const words = (list: string): ReadonlySet<string> => new Set(list.split(/\s+/));

// Deleting one of these deletes data or everything that lives in it.
const STATEFUL_KINDS = words(
  `Namespace CustomResourceDefinition PersistentVolume PersistentVolumeClaim VolumeSnapshot
  VolumeSnapshotContent Postgresql PostgresCluster Kafka KafkaTopic KafkaNodePool MongoDB
  MongoDBCommunity PerconaServerMongoDB PerconaXtraDBCluster PerconaPGCluster MySQLCluster
  InnoDBCluster MariaDB Redis RedisCluster RedisFailover Dragonfly Elasticsearch OpenSearchCluster
  EtcdCluster CassandraDatacenter ScyllaCluster ClickHouseInstallation RabbitmqCluster
  TidbCluster VitessCluster CephCluster CephBlockPool CephFilesystem CephObjectStore
  ObjectBucketClaim SQLInstance SpannerInstance BigtableInstance StorageBucket BigQueryDataset
  DBInstance DBCluster DynamoDBTable FileSystem`,
);
const STATEFUL_GROUPS = words(
  `postgresql.cnpg.io acid.zalan.do kafka.strimzi.io longhorn.io rds.services.k8s.aws
  dynamodb.services.k8s.aws s3.services.k8s.aws rds.aws.upbound.io sql.gcp.upbound.io
  storage.gcp.upbound.io s3.aws.upbound.io sql.cnrm.cloud.google.com
  storage.cnrm.cloud.google.com database.aws.crossplane.io`,
);
// A GitOps controller deletes whatever these had applied.
const OWNER_KINDS = words(
  "Namespace Application ApplicationSet HelmRelease HelmChart Kustomization CustomResourceDefinition",
);
const SCHEDULE_KINDS = words("ScheduledBackup Backup Schedule");

/** Whole objects that go away, and the protections of data that do. */
export function removalDeltas(pair: Pair): readonly Delta[] {
  if (pair.after === null) return [removed(pair, pair.before)];
  return [...reclaimDeltas(pair), ...keepDeltas(pair), ...detachedStorage(pair)];
}

function removed(pair: Pair, object: KubeObject): Delta {
  const found = deltaOf(pair, {
    aspect: "object-removed",
    key: "kind",
    op: "removed",
    says: { before: object.kind, after: "" },
    tags: [
      ...(isStateful(object) ? ["stateful"] : []),
      ...(OWNER_KINDS.has(object.kind) ? ["owner"] : []),
      ...(isPatch(object) ? ["partial"] : []),
    ],
  });
  return { ...found, beforeKind: "map", beforeCount: 1, removedCount: 1 };
}

function isStateful(object: KubeObject): boolean {
  if (SCHEDULE_KINDS.has(object.kind)) return false;
  return STATEFUL_KINDS.has(object.kind) || STATEFUL_GROUPS.has(groupOf(object));
}

/** A strategic-merge patch names an object without being one. */
function isPatch(object: KubeObject): boolean {
  if (textOf(child(object.root, "$patch")) !== "") return true;
  const spec = child(object.root, "spec");
  if (object.kind === "PersistentVolumeClaim") return child(spec, "accessModes") === undefined;
  if (object.kind === "PersistentVolume") return child(spec, "capacity") === undefined;
  if (object.kind === "CustomResourceDefinition") return child(spec, "names") === undefined;
  return false;
}

// Where the fate of a volume is decided, and what it is when nothing is written.
// https://kubernetes.io/docs/concepts/storage/persistent-volumes/#reclaiming
const RECLAIM: {
  readonly [kind: string]: readonly {
    readonly keys: readonly string[];
    readonly default: string;
  }[];
} = {
  PersistentVolume: [{ keys: ["spec", "persistentVolumeReclaimPolicy"], default: "Retain" }],
  StorageClass: [{ keys: ["reclaimPolicy"], default: "Delete" }],
  VolumeSnapshotClass: [{ keys: ["deletionPolicy"], default: "Delete" }],
  StatefulSet: ["whenDeleted", "whenScaled"].map((key) => ({
    keys: ["spec", "persistentVolumeClaimRetentionPolicy", key],
    default: "Retain",
  })),
};

function reclaimDeltas(pair: Pair): readonly Delta[] {
  const after = pair.after;
  return (RECLAIM[after?.kind ?? ""] ?? []).flatMap((place) => {
    const read = (object: KubeObject | null) => at(object?.root, ...place.keys);
    const [had, has] = [read(pair.before), read(after)];
    const now = textOf(has) || place.default;
    const was = pair.before === null ? "" : textOf(had) || place.default;
    if (now === was) return [];
    return fieldDelta(pair, {
      aspect: "reclaim-policy",
      key: place.keys.at(-1) ?? "",
      before: had,
      after: has,
      line: lineOf(after?.root, "spec"),
      says: { before: was, after: now },
      tags: now === "Delete" ? ["deletes"] : [],
    });
  });
}

// Annotations by which an object asks not to be deleted with its release.
const KEEP: readonly { readonly key: string; readonly keeps: RegExp }[] = [
  { key: "helm.sh/resource-policy", keeps: /keep/ },
  { key: "argocd.argoproj.io/sync-options", keeps: /(?:Prune|Delete)=false/ },
  { key: "kustomize.toolkit.fluxcd.io/prune", keeps: /disabled/i },
  { key: "cnrm.cloud.google.com/deletion-policy", keeps: /abandon/i },
];

function keepDeltas(pair: Pair): readonly Delta[] {
  if (pair.before === null || pair.after === null) return [];
  const notes = (object: KubeObject) => at(object.root, "metadata", "annotations");
  const [old, now] = [notes(pair.before), notes(pair.after)];
  const line = lineOf(child(pair.after.root, "metadata"), "annotations");
  return KEEP.flatMap(({ key, keeps }) => {
    const before = child(old, key);
    const after = child(now, key);
    if (!keeps.test(textOf(before)) || keeps.test(textOf(after))) return [];
    return fieldDelta(pair, { aspect: "keep-removed", key, before, after, line });
  });
}

/** A volume that was a claim and is now scratch space: what was written there is gone. */
function detachedStorage(pair: Pair): readonly Delta[] {
  const volumes = (object: KubeObject | null) =>
    itemsOf(at(object?.root, "spec", "template", "spec", "volumes"));
  const claims = new Map<string, Node>();
  for (const volume of volumes(pair.before)) {
    const claim = child(volume, "persistentVolumeClaim");
    if (claim !== undefined) claims.set(textOf(child(volume, "name")), claim);
  }
  return volumes(pair.after).flatMap((volume) => {
    const name = textOf(child(volume, "name"));
    const before = claims.get(name);
    const after = child(volume, "emptyDir");
    if (before === undefined || after === undefined) return [];
    return fieldDelta(pair, {
      aspect: "storage-detached",
      key: "emptyDir",
      before,
      after,
      part: name,
    });
  });
}
