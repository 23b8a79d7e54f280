// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import { child, itemsOf, textOf } from "../kubernetes/node.ts";
import type { ChangedFile } from "../source.ts";
import { findingDelta } from "./report.ts";
import type { Resource } from "./resource.ts";

export const STATE_FILE =
  /(?:^|\/)[^/]*\.tfstate(?:\.backup)?$|(?:^|\/)\.terraform\/terraform\.tfstate$/;

/** A state file in the repository: committed, removed, or with another history inside. */
export function stateDeltas(file: ChangedFile): readonly Delta[] {
  const trees = file.trees();
  const [before, after] = [trees.before, trees.after].map((tree) =>
    tree?.ok ? tree.documents[0] : undefined,
  );
  const resource: Resource = {
    kind: "settings",
    type: "state",
    name: file.path,
    address: file.path,
    path: file.path,
    line: 1,
    node: after ?? before ?? { kind: "map", entries: [], line: 1, endLine: 1 },
    environment: file.environment,
    format: "terraform-state",
  };
  const report = (op: Delta["op"], key: string, was: string, is: string) =>
    findingDelta(resource, { aspect: "state-file", op, key, says: { before: was, after: is } });
  if (file.before === null) return [report("added", "state", "", file.path)];
  if (file.after === null) return [report("removed", "state", file.path, "")];
  const text = (key: string) => [textOf(child(before, key)), textOf(child(after, key))] as const;
  const [lineage, serial] = [text("lineage"), text("serial")];
  const [had, has] = [before, after].map((root) => itemsOf(child(root, "resources")).length);
  return [
    ...(lineage[0] === lineage[1] ? [] : [report("changed", "lineage", ...lineage)]),
    ...(Number(serial[1]) < Number(serial[0]) ? [report("changed", "serial", ...serial)] : []),
    ...((has ?? 0) < (had ?? 0) ? [report("removed", "resources", String(had), String(has))] : []),
  ];
}
