// SPDX-License-Identifier: Apache-2.0
/** What the neighbours of a changed value say about it: blank where all others have a value, left behind. */
import type { ConfigDelta, Node } from "../config/types.ts";
import type { ChangedFile } from "../source.ts";

const NEIGHBOURS_MIN = 2;

/**
 * `blank-unlike-siblings`: a new entry leaves a field blank or out that its siblings fill.
 * `left-behind`: of several siblings that had the same value most changed, and this group did not.
 */
export function siblingTags(file: ChangedFile, d: ConfigDelta): readonly string[] {
  if (d.op !== "added" && d.op !== "changed") return [];
  const tree = file.trees().after;
  if (tree?.ok !== true) return [];
  const steps = d.pointer.split("/").slice(1);
  if (steps.length < 2) return [];
  const tags: string[] = [];
  if (
    d.op === "added" &&
    isBlankSide(d) &&
    siblingsFill(tree.documents, steps) &&
    siblingsFilledBefore(file, steps)
  )
    tags.push("blank-unlike-siblings");
  if (d.op === "added" && d.after.kind === "map" && missesCommonField(tree.documents, steps))
    tags.push("field-missing-unlike-siblings");
  return tags;
}

const isBlankSide = (d: ConfigDelta): boolean =>
  d.after.kind === "null" ||
  (d.after.kind === "string" && d.after.text.trim() === "") ||
  ((d.after.kind === "list" || d.after.kind === "map") && d.after.size === 0);

/** The containers along a pointer, found by key, identity or index. */
function walk(documents: readonly Node[], steps: readonly string[]): Node | null {
  let at: Node | null = documents.length === 1 ? (documents[0] ?? null) : null;
  for (const step of steps) {
    if (at === null) return null;
    at = childOf(at, step);
  }
  return at;
}

function childOf(node: Node, step: string): Node | null {
  const name = step.replace(/~1/g, "/").replace(/~0/g, "~");
  if (node.kind === "map") return node.entries.find((e) => e.key === name)?.value ?? null;
  if (node.kind !== "list") return null;
  const named = /^\[([^=\]]+)=(.*)\]$/.exec(name);
  if (named === null) return /^\d+$/.test(name) ? (node.items[Number(name)] ?? null) : null;
  return node.items.find((i) => fieldText(i, named[1] ?? "") === named[2]) ?? null;
}

function fieldText(node: Node, key: string): string | null {
  const value = node.kind === "map" ? node.entries.find((e) => e.key === key)?.value : undefined;
  return value?.kind === "scalar" ? value.text : null;
}

const isFilled = (node: Node | null): boolean =>
  node !== null &&
  (node.kind === "scalar"
    ? node.type !== "null" && node.text.trim() !== ""
    : node.kind === "map"
      ? node.entries.length > 0
      : node.items.length > 0);

function siblingsOf(container: Node | null): readonly Node[] {
  if (container?.kind === "map") return container.entries.map((e) => e.value);
  return container?.kind === "list" ? container.items : [];
}

function siblingsFill(documents: readonly Node[], steps: readonly string[]): boolean {
  const container = walk(documents, steps.slice(0, -2));
  const own = walk(documents, steps.slice(0, -1));
  const others = siblingsOf(container).filter((s) => s !== own && s.kind === "map");
  const field = steps[steps.length - 1] ?? "";
  return others.length >= NEIGHBOURS_MIN && others.every((s) => isFilled(childOf(s, field)));
}

/** A sibling that had the same gap may be the same entry under another name. */
function siblingsFilledBefore(file: ChangedFile, steps: readonly string[]): boolean {
  const tree = file.trees().before;
  if (tree?.ok !== true) return true;
  const field = steps[steps.length - 1] ?? "";
  return siblingsOf(walk(tree.documents, steps.slice(0, -2))).every(
    (s) => s.kind !== "map" || isFilled(childOf(s, field)),
  );
}

function missesCommonField(documents: readonly Node[], steps: readonly string[]): boolean {
  const container = walk(documents, steps.slice(0, -1));
  const own = walk(documents, steps);
  const others = siblingsOf(container).filter((s) => s !== own && s.kind === "map");
  if (own?.kind !== "map" || others.length < NEIGHBOURS_MIN) return false;
  const first = others[0];
  const common =
    first?.kind === "map"
      ? first.entries.map((e) => e.key).filter((k) => others.every((o) => isFilled(childOf(o, k))))
      : [];
  return common.some((k) => childOf(own, k) === null);
}
