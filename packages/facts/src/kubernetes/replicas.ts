// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import type { Node } from "../config/types.ts";
import { at, child, eachMap, lineOf, textOf } from "./node.ts";
import type { KubeObject } from "./object.ts";
import type { Pair } from "./pair.ts";
import { count } from "./quantity.ts";
import { deltaOf, fieldDelta } from "./report.ts";
import { mayMeet, type Scene } from "./scene.ts";
import { workloadOf } from "./workload.ts";

// A controller without `replicas` runs one; a Pod, DaemonSet or Job has no such field.
const ONE = { micro: 1_000_000, unit: "" };
const REPLICATED = new Set([
  "Deployment",
  "StatefulSet",
  "ReplicaSet",
  "ReplicationController",
  "Rollout",
  "DeploymentConfig",
]);

/** Keys by which custom resources say how many of something they run. */
const COUNT_KEYS = new Set(["replicas", "replicaCount", "instances", "nodeCount"]);
const NESTING_MAX = 3;

type Bounds = {
  readonly min: string;
  readonly max: string;
  readonly least: { readonly micro: number; readonly unit: string };
};
const BOUNDS: { readonly [kind: string]: Bounds } = {
  HorizontalPodAutoscaler: { min: "minReplicas", max: "maxReplicas", least: ONE },
  // https://keda.sh/docs/latest/reference/scaledobject-spec/ : the least is 0 unless written.
  ScaledObject: {
    min: "minReplicaCount",
    max: "maxReplicaCount",
    least: { micro: 0, unit: "" },
  },
};

/** Capacity of a workload: its replicas, or the bounds of what scales it. */
export function replicaDeltas(pair: Pair, scene: Scene): readonly Delta[] {
  if (pair.after === null) return [];
  const bounds = BOUNDS[pair.after.kind];
  if (bounds !== undefined) return boundDeltas(pair, bounds, scene);
  const controller = REPLICATED.has(pair.after.kind) && workloadOf(pair.after) !== null;
  return controller ? controllerReplicas(pair, scene) : nestedCounts(pair);
}

function controllerReplicas(pair: Pair, scene: Scene): readonly Delta[] {
  const before = at(pair.before?.root, "spec", "replicas");
  const after = at(pair.after?.root, "spec", "replicas");
  const isNew = pair.before === null;
  if (!isNew && before === undefined && after === undefined) return [];
  const number = (node: Node | undefined) => (node === undefined ? ONE : count(textOf(node)));
  const defaulted = before === undefined || after === undefined;
  const field = {
    aspect: "replicas",
    key: "replicas",
    before,
    after,
    line: lineOf(child(pair.after?.root, "spec"), "replicas"),
    numbers: [isNew ? null : number(before), number(after)] as const,
    says: {
      before: isNew ? "" : textOf(before) || "1 (the default)",
      after: textOf(after) || "1 (the default)",
    },
    tags: [
      ...(defaulted ? ["defaulted"] : []),
      ...placeholderTags(pair.after?.name ?? ""),
      ...(pair.after !== null && isScaled(pair.after, scene) ? ["autoscaled"] : []),
    ],
  };
  if (isNew) return [deltaOf(pair, { ...field, op: "added" })];
  return fieldDelta(pair, { ...field, op: sameText(before, after) ? undefined : "changed" });
}

// Pods that only hold room for others: fewer of them take nothing away.
const PLACEHOLDER = /placeholder|overprovision|over-provision|pause-pod|headroom|cluster-?warmer/i;

/** `placeholder` for what merely reserves capacity. */
export function placeholderTags(name: string): readonly string[] {
  return PLACEHOLDER.test(name) ? ["placeholder"] : [];
}

function sameText(before: Node | undefined, after: Node | undefined): boolean {
  return before !== undefined && after !== undefined && textOf(before) === textOf(after);
}

function isScaled(object: KubeObject, scene: Scene): boolean {
  return scene.around.some(
    (other) =>
      other.kind in BOUNDS &&
      mayMeet(other, object) &&
      textOf(at(other.root, "spec", "scaleTargetRef", "name")) === object.name,
  );
}

function boundDeltas(pair: Pair, bounds: Bounds, scene: Scene): readonly Delta[] {
  const spec = child(pair.after?.root, "spec");
  const old = child(pair.before?.root, "spec");
  const target = textOf(at(spec, "scaleTargetRef", "name"));
  const current = scene.workloads.find(
    (w) => w.object.name === target && pair.after !== null && mayMeet(w.object, pair.after),
  )?.replicas;
  return (
    [
      ["hpa-min", bounds.min],
      ["hpa-max", bounds.max],
    ] as const
  ).flatMap(([aspect, key]) => {
    const number = (holder: Node | undefined) => {
      const node = child(holder, key);
      if (node === undefined) return aspect === "hpa-min" ? bounds.least : null;
      return count(textOf(node));
    };
    const after = number(spec);
    const below = current != null && after !== null && after.micro < current * 1_000_000;
    return fieldDelta(pair, {
      aspect,
      key,
      before: child(old, key),
      after: child(spec, key),
      line: lineOf(pair.after?.root, "spec"),
      numbers: [pair.before === null ? null : number(old), after],
      tags: below ? ["below-current"] : [],
    });
  });
}

/** `spec.kafka.replicas`, `spec.instances` and the like of custom resources. */
function nestedCounts(pair: Pair): readonly Delta[] {
  if (pair.before === null || pair.after === null) return [];
  const old = countsOf(child(pair.before.root, "spec"));
  const found: Delta[] = [];
  for (const [part, after] of countsOf(child(pair.after.root, "spec"))) {
    const before = old.get(part);
    if (before === undefined) continue;
    const field = { aspect: "replicas", key: after.key, measure: count, tags: ["custom"] };
    found.push(...fieldDelta(pair, { ...field, part, before: before.value, after: after.value }));
  }
  return found;
}

// Values of a chart are read with every other values file.
const CHARTS = new Set(["values", "valuesContent", "source", "sources"]);

type Count = { readonly key: string; readonly value: Node };

function countsOf(spec: Node | undefined): ReadonlyMap<string, Count> {
  const counts = new Map<string, Count>();
  eachMap(spec, (map, keys) => {
    if (map.kind !== "map" || keys.length > NESTING_MAX || CHARTS.has(keys[0] ?? "")) return;
    for (const { key, value } of map.entries) {
      if (!COUNT_KEYS.has(key) || count(textOf(value)) === null) continue;
      counts.set([...keys, key].join("."), { key, value });
    }
  });
  return counts;
}
