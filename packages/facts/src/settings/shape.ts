// SPDX-License-Identifier: Apache-2.0
/** Whether what a container loses is lost: it may be the settings of one thing, or said once for all. */
import type { ConfigDelta, ConfigDiff, Node, Place } from "../config/types.ts";
import type { ChangedFile } from "../source.ts";
import { containerAt, rootOf } from "./tree.ts";

/** Neighbours that must look alike before a map counts as one record among others. */
const ALIKE_MIN = 2;

/**
 * `record`: the map describes one thing by named fields, so that its members are no collection;
 * `folded`: the entries that go say what one that stays says for all of them.
 */
export function shapeTags(file: ChangedFile, d: ConfigDelta): readonly string[] {
  if (d.before.kind !== "map" || d.removedCount === 0 || d.op === "added") return [];
  const root = rootOf(file, "before");
  const steps = d.pointer === "" ? [] : d.pointer.split("/").slice(1);
  const before = root === null ? null : containerAt(root, steps);
  if (before?.kind !== "map") return [];
  const parent = root === null || steps.length === 0 ? null : containerAt(root, steps.slice(0, -1));
  const now = rootOf(file, "after");
  const after = now === null ? null : containerAt(now, steps);
  return [
    ...(isRecord(before, parent) ? ["record"] : []),
    ...(after !== null && isFolded(before, after) ? ["folded"] : []),
  ];
}

type MapNode = Extract<Node, { readonly kind: "map" }>;

/** Fields of different shapes, or the same fields as in the maps beside it. */
function isRecord(map: MapNode, parent: Node | null): boolean {
  const scalars = map.entries.filter(({ value }) => value.kind === "scalar").length;
  if (scalars > 0 && scalars < map.entries.length) return true;
  const items =
    parent?.kind === "map"
      ? parent.entries.map((e) => e.value)
      : parent?.kind === "list"
        ? parent.items
        : [];
  const keys = new Set(map.entries.map(({ key }) => key));
  const alike = items.filter(
    (one) =>
      one !== map &&
      one.kind === "map" &&
      one.entries.length > 0 &&
      one.entries.filter(({ key }) => keys.has(key)).length * 2 > one.entries.length,
  );
  return alike.length >= ALIKE_MIN;
}

/** All entries that go have one value, and an entry that is new, or the default, has it too. */
function isFolded(before: MapNode, after: Node): boolean {
  if (after.kind !== "map") return false;
  const left = new Map(after.entries.map(({ key, value }) => [key, value]));
  const gone = before.entries.filter(({ key }) => !left.has(key)).map(({ value }) => value);
  const first = gone[0];
  if (first?.kind !== "scalar" || !gone.every((one) => isSame(one, first))) return false;
  const old = new Map(before.entries.map(({ key, value }) => [key, value]));
  return after.entries.some(({ key, value }) => {
    const was = old.get(key);
    const isGeneral = /^(default|defaults|all|any|\*|global)$/i.test(key);
    return isSame(value, first) && (isGeneral || was === undefined || !isSame(was, first));
  });
}

const isSame = (a: Node, b: Node): boolean =>
  a.kind === "scalar" && b.kind === "scalar" && a.text === b.text && a.type === b.type;

/** Lists in which an item came while another one went. */
export function replacedIn(diff: ConfigDiff): ReadonlySet<Place> {
  return new Set(
    diff.deltas.flatMap((d) => (d.op === "added" && d.place.above !== null ? [d.place.above] : [])),
  );
}

/** An item of a list, by the name or the number that the pointer gives it. */
export const isItem = (place: Place): boolean => /^\[.*\]$|^\d+$/.test(place.step);
