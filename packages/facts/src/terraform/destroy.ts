// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import { isExpression } from "../config/hcl/block.ts";
import type { Node } from "../config/types.ts";
import { at, child, itemsOf, keysOf, lineOf, same, textOf } from "../kubernetes/node.ts";
import type { Bond, ResourcePair } from "./pair.ts";
import { findingDelta } from "./report.ts";
import { folderOf, type Resource } from "./resource.ts";
import { type StatefulType, soundsStateful, statefulType, weightOf } from "./stateful.ts";

/** Resources that the code no longer declares, declares fewer of, or can only have anew. */
export function destroyDeltas(pair: ResourcePair): readonly Delta[] {
  if (pair.after === null) return removed(pair.before, pair.before, pair.bond);
  if (pair.before === null || !isInstance(pair.after)) return [];
  if (pair.bond === "folder") return removed(pair.before, pair.after, pair.bond);
  return [...fewer(pair.before, pair.after), ...replaced(pair.before, pair.after)];
}

const isInstance = ({ kind }: Resource): boolean => kind === "resource" || kind === "module";

/** Tags of what a resource holds; a module only says so by its name and source. */
export function stateTags(resource: Resource): readonly string[] {
  if (resource.kind === "module") {
    const source = textOf(child(resource.node, "source"));
    return soundsStateful(`${resource.name} ${source}`)
      ? ["module", "stateful", "approximate"]
      : ["module"];
  }
  const held = statefulType(resource.type);
  if (held === null) return [];
  return isReplica(resource) ? ["stateful", "replica"] : ["stateful", weightOf(held)];
}

const SOURCES =
  /^(?:replicate_source_db|replication_source_identifier|master_instance_name|SourceDBInstanceIdentifier|create_source_server_id)$/;

/** A copy of a database that stands elsewhere: it can be made again from there. */
export function isReplica({ node }: Resource): boolean {
  const keys = [...keysOf(node), ...keysOf(child(node, "Properties"))];
  return keys.some((key) => SOURCES.test(key));
}

export function heldBy(resource: Resource): string {
  return statefulType(resource.type)?.what ?? (resource.kind === "module" ? "module" : "resource");
}

const BOND_TAGS: { readonly [bond in Bond]?: readonly string[] } = {
  kept: ["kept"],
  folder: ["moved"],
};

function removed(resource: Resource, shown: Resource, bond: Bond): readonly Delta[] {
  if (!isInstance(resource)) return [];
  return [
    findingDelta(shown, {
      aspect: "destroy",
      op: "removed",
      key: heldBy(resource),
      counts: { before: 1, after: 0 },
      says: { before: resource.address, after: "" },
      tags: [...stateTags(resource), ...(BOND_TAGS[bond] ?? [])],
    }),
  ];
}

/** `count` or the keys of `for_each` shrink, as far as they are literals. */
function fewer(before: Resource, after: Resource): readonly Delta[] {
  const [had, has] = [instances(before.node), instances(after.node)];
  if (had === null || has === null || has.count >= had.count) return [];
  return [
    findingDelta(after, {
      aspect: "count",
      op: has.count === 0 ? "emptied" : "changed",
      key: has.key,
      line: lineOf(after.node, has.key) || after.line,
      says: { before: String(had.count), after: String(has.count) },
      counts: { before: had.count, after: has.count },
      numbers: { before: had.count, after: has.count, unit: "" },
      tags: stateTags(after),
    }),
  ];
}

type Instances = { readonly count: number; readonly key: string };

function instances(node: Node): Instances | null {
  const count = child(node, "count");
  if (count !== undefined) {
    const text = textOf(count);
    return /^\d{1,6}$/.test(text) ? { count: Number(text), key: "count" } : null;
  }
  const each = child(node, "for_each");
  if (each === undefined) return { count: 1, key: "count" };
  if (each.kind === "scalar") return null;
  return { count: keysOf(each).length + itemsOf(each).length, key: "for_each" };
}

function replaced(before: Resource, after: Resource): readonly Delta[] {
  const held = statefulType(after.type);
  if (held === null || before.type !== after.type) return [];
  return held.forcesNew.flatMap((key) => forcedBy(before, after, held, key));
}

function forcedBy(
  before: Resource,
  after: Resource,
  held: StatefulType,
  key: string,
): readonly Delta[] {
  // CloudFormation keeps settings one level down.
  const read = (resource: Resource) => {
    const properties = child(resource.node, "Properties") ?? resource.node;
    return at(properties, ...key.split("."));
  };
  const [had, has] = [read(before), read(after)];
  if (had === undefined || has === undefined || same(had, has)) return [];
  // A literal that becomes a variable, or the reverse, most often keeps its value.
  if (isExpression(had) !== isExpression(has)) return [];
  return [
    findingDelta(after, {
      aspect: "replace",
      op: "changed",
      key,
      before: had,
      after: has,
      line: has.line,
      tags: [
        ...stateTags(after),
        held.what.replaceAll(" ", "-"),
        ...(isExpression(has) ? ["approximate"] : []),
      ],
    }),
  ];
}

// Resources whose only work is to keep the data of others.
const GUARDIANS =
  /^(?:aws_s3_bucket_(?:versioning|object_lock_configuration|replication_configuration)|aws_backup_(?:plan|selection|vault_lock_configuration)|aws_dlm_lifecycle_policy|aws_db_instance_automated_backups_replication|google_compute_(?:region_)?disk_resource_policy_attachment|google_compute_resource_policy|google_backup_dr_\w+|azurerm_backup_(?:policy|protected)_\w+|azurerm_management_lock)$/;

/** Backups, versions and locks that go while the data that they kept stays. */
export function guardianDeltas(pairs: readonly ResourcePair[]): readonly Delta[] {
  const gone = pairs.flatMap((pair) =>
    pair.after === null && pair.bond !== "kept" ? [pair.before] : [],
  );
  const emptied = new Set(
    gone.filter(({ type }) => statefulType(type) !== null).map(({ path }) => folderOf(path)),
  );
  return gone
    .filter(({ type, path }) => GUARDIANS.test(type) && !emptied.has(folderOf(path)))
    .map((resource) =>
      findingDelta(resource, {
        aspect: "backups",
        op: "removed",
        key: resource.type,
        says: { before: resource.address, after: "" },
      }),
    );
}
