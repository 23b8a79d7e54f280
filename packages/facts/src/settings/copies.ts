// SPDX-License-Identifier: Apache-2.0
/** How many copies must have a write, against how many there are. */
import type { ConfigDelta, Node } from "../config/types.ts";
import type { ChangedFile } from "../source.ts";
import { rootOf } from "./tree.ts";

const MUST = /^(?:topic\.|default\.|config\.)?min[._-]?insync[._-]?replicas$/i;
const ARE = /^(?:default[._-])?replication[._-]?factor$|^replicas$|^replication$/i;
const DEPTH_MAX = 12;

/** Whether every copy must have a write: then one that is away stops all writers. */
export function allCopiesMustHaveIt(file: ChangedFile, d: ConfigDelta): boolean {
  if ((d.op !== "changed" && d.op !== "added") || !MUST.test(d.key)) return false;
  const must = Number(d.after.text);
  if (!(must >= 2) || Number(d.before.text) >= must) return false;
  const root = rootOf(file, "after");
  const copies = root === null ? [] : copiesIn(root, d.pointer.split("/").slice(1), 0);
  const nearest = copies.at(-1);
  return nearest !== undefined && must >= nearest;
}

/** Numbers of copies in the maps around a setting, the nearest last. */
function copiesIn(node: Node, steps: readonly string[], depth: number): readonly number[] {
  if (node.kind === "list")
    return depth > DEPTH_MAX ? [] : node.items.flatMap((one) => insideOf(one, steps, depth));
  if (node.kind !== "map" || depth > DEPTH_MAX) return [];
  const own = node.entries.flatMap(({ key, value }) =>
    value.kind === "scalar" && ARE.test(key) && /^\d{1,3}$/.test(value.text)
      ? [Number(value.text)]
      : [],
  );
  const next = node.entries.find(({ key }) => key === steps[0]);
  return [...own, ...(next === undefined ? [] : copiesIn(next.value, steps.slice(1), depth + 1))];
}

/** Items of a list are named in many ways; the one that has the setting is found by looking into each. */
function insideOf(item: Node, steps: readonly string[], depth: number): readonly number[] {
  const inside = copiesIn(item, steps.slice(1), depth + 1);
  return holds(item, depth) ? inside : [];
}

function holds(node: Node, depth: number): boolean {
  if (node.kind !== "map" || depth > DEPTH_MAX) return false;
  return node.entries.some(({ key, value }) => MUST.test(key) || holds(value, depth + 1));
}
