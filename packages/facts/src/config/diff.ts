// SPDX-License-Identifier: Apache-2.0
import { cutText, wellFormed } from "./cut.ts";
import { identityOf, pairItems } from "./identity.ts";
import { type EntryPair, pairEntries } from "./repeats.ts";
import { isSameTree } from "./same-tree.ts";
import {
  type ConfigDelta,
  type ConfigDiff,
  DELTAS_PER_FILE_MAX,
  type Entry,
  type LeafKind,
  type Node,
  type Parsed,
  type Place,
  type Side,
} from "./types.ts";

const PREVIEW_MAX = 300;
// The facts schema takes subjects of 2,000 characters and keys of 500.
const POINTER_MAX = 1_900;
const KEY_MAX = 500;

type Walk = { readonly deltas: ConfigDelta[]; truncated: boolean };

const ROOT: Place = { above: null, step: "", pointer: "", key: "", depth: 0 };

/**
 * The structural difference of two files, whatever their formats: order of keys, comments and white
 * space make no difference; inserting one item into a list is one addition.
 */
export function diffConfig(before: Parsed | null, after: Parsed | null): ConfigDiff {
  const a = documentsOf(before);
  const b = documentsOf(after);
  const walk: Walk = { deltas: [], truncated: false };
  if (a.length <= 1 && b.length <= 1)
    compare(a[0] ?? null, b[0] ?? null, ROOT, walk, lineOf(b[0] ?? a[0]));
  else compareDocuments(a, b, walk);
  return {
    deltas: walk.deltas,
    truncated: walk.truncated,
    approximate:
      (before?.ok === true && before.approximate) || (after?.ok === true && after.approximate),
    summary: {
      leavesBefore: a.reduce((n, d) => n + leaves(d), 0),
      leavesAfter: b.reduce((n, d) => n + leaves(d), 0),
      duplicatesBefore: duplicates(before),
      duplicatesAfter: duplicates(after),
    },
  };
}

const documentsOf = (parsed: Parsed | null): readonly Node[] =>
  parsed?.ok === true ? parsed.documents : [];
const lineOf = (node: Node | null | undefined): number => node?.line ?? 1;
const duplicates = (parsed: Parsed | null): number =>
  parsed?.ok === true ? parsed.problems.filter((p) => p.code === "duplicate-key").length : 0;

/** Counted once a document: a history compares each tree twice. */
const LEAVES = new WeakMap<Node, number>();

function leaves(document: Node): number {
  const known = LEAVES.get(document);
  if (known !== undefined) return known;
  const count = leavesIn(document);
  LEAVES.set(document, count);
  return count;
}

function leavesIn(node: Node): number {
  if (node.kind === "scalar") return 1;
  let count = 0;
  if (node.kind === "map") for (const entry of node.entries) count += leavesIn(entry.value);
  else for (const item of node.items) count += leavesIn(item);
  return count;
}

/** The documents of a file are a list without a name. */
function compareDocuments(a: readonly Node[], b: readonly Node[], walk: Walk): void {
  const { pairs, reordered } = pairItems(a, b);
  const list = (items: readonly Node[]): Node => ({ kind: "list", items, line: 1, endLine: 1 });
  if (reordered)
    push({
      ...{ op: "reordered", before: list(a), after: list(b), place: ROOT, walk, line: 1 },
      ...{ added: 0, removed: 0 },
    });
  for (const { before, after, name } of pairs)
    compare(before, after, step(ROOT, { name, key: "" }), walk, lineOf(after ?? before));
}

function compare(
  before: Node | null,
  after: Node | null,
  place: Place,
  walk: Walk,
  line: number,
): void {
  if (walk.deltas.length >= DELTAS_PER_FILE_MAX) {
    walk.truncated = true;
    return;
  }
  if (before === null && after === null) return;
  if (before !== null && after !== null && isSameTree(before, after)) return;
  if (before?.kind === "map" && after?.kind === "map") {
    compareMaps(before, after, place, walk);
    return;
  }
  if (before?.kind === "list" && after?.kind === "list") {
    compareLists(before, after, place, walk);
    return;
  }
  report(
    before === null ? "added" : after === null ? "removed" : "changed",
    before,
    after,
    place,
    walk,
    line,
  );
  // What was inside a subtree that came, went or changed its kind is reported leaf by leaf too.
  inside(before, after, place, walk, line);
}

function inside(
  before: Node | null,
  after: Node | null,
  place: Place,
  walk: Walk,
  line: number,
): void {
  for (const child of childrenOf(before))
    compare(child.value, null, step(place, child), walk, line);
  for (const child of childrenOf(after))
    compare(null, child.value, step(place, child), walk, child.line);
}

type Child = {
  readonly name: string;
  readonly key: string;
  readonly line: number;
  readonly value: Node;
};

function childrenOf(node: Node | null): readonly Child[] {
  if (node?.kind === "map")
    return node.entries.map((e) => ({
      name: escaped(e.key),
      key: e.key,
      line: e.keyLine,
      value: e.value,
    }));
  if (node?.kind === "list")
    return node.items.map((value, i) => ({
      name: identityOf(value) ?? String(i),
      key: "",
      line: value.line,
      value,
    }));
  return [];
}

const step = (place: Place, child: Pick<Child, "name" | "key">): Place => ({
  above: place,
  step: child.name,
  pointer: `${place.pointer}/${child.name}`,
  key: child.key === "" ? place.key : child.key,
  depth: place.depth + 1,
});

/** Both ends of a pointer that is too long to read. */
const shortened = (pointer: string): string =>
  pointer.length <= POINTER_MAX
    ? pointer
    : wellFormed(`${pointer.slice(0, POINTER_MAX / 2)}…${pointer.slice(-POINTER_MAX / 2 + 20)}`);

/** RFC 6901 escapes. */
const escaped = (key: string): string => key.replace(/~/g, "~0").replace(/\//g, "~1");

type MapNode = Extract<Node, { kind: "map" }>;
type ListNode = Extract<Node, { kind: "list" }>;

function compareMaps(before: MapNode, after: MapNode, place: Place, walk: Walk): void {
  const { pairs, reordered } = pairEntries(before.entries, after.entries);
  reportMembers(before, after, place, walk, membersOf(pairs, after.line));
  reportDuplicates(
    before.entries.map((e) => e.key),
    after.entries.map((e) => ({ name: e.key, line: e.keyLine })),
    place,
    // A key that stood there several times already is one that takes several values.
    { walk, isRepeatable: true },
  );
  for (const key of reordered)
    push({
      op: "reordered",
      before,
      after,
      place: step(place, { name: escaped(key), key }),
      walk,
      line: after.line,
      added: 0,
      removed: 0,
    });
  const lineAfter = linesLeft(before, pairs, after.line);
  for (const { before: old, after: now, name } of pairs) {
    if (old !== null && now !== null && isSameTree(old.value, now.value)) continue;
    compare(
      old?.value ?? null,
      now?.value ?? null,
      step(place, { name: escaped(name), key: (now ?? old)?.key ?? "" }),
      walk,
      now === null
        ? (lineAfter.get(old) ?? after.line)
        : now.value.kind === "scalar"
          ? now.value.line
          : now.keyLine,
    );
  }
}

/** For each entry that is gone: the line of the nearest entry before it that is still there. */
function linesLeft(
  before: MapNode,
  pairs: readonly EntryPair[],
  first: number,
): ReadonlyMap<Entry | null, number> {
  const gone = pairs.some((p) => p.after === null);
  const result = new Map<Entry | null, number>();
  if (!gone) return result;
  const now = new Map(pairs.map((p) => [p.before, p.after]));
  let last = first;
  for (const entry of before.entries) {
    last = now.get(entry)?.keyLine ?? last;
    result.set(entry, last);
  }
  return result;
}

type Sides = { readonly before: unknown; readonly after: unknown };

const membersOf = (pairs: readonly Sides[], line: number): Members => ({
  added: pairs.filter((p) => p.before === null).length,
  removed: pairs.filter((p) => p.after === null).length,
  line,
});

function compareLists(before: ListNode, after: ListNode, place: Place, walk: Walk): void {
  const { pairs, reordered } = pairItems(before.items, after.items);
  reportMembers(before, after, place, walk, membersOf(pairs, after.line));
  if (reordered)
    push({ op: "reordered", before, after, place, walk, line: after.line, added: 0, removed: 0 });
  const texts = (items: readonly Node[]) =>
    items.flatMap((i) => (i.kind === "scalar" ? [{ name: i.text, line: i.line }] : []));
  reportDuplicates(
    texts(before.items).map((t) => t.name),
    texts(after.items),
    place,
    { walk, isRepeatable: false },
  );
  let last = after.line;
  for (const pair of pairs) {
    last = pair.after?.line ?? last;
    if (pair.before !== null && pair.after !== null && isSameTree(pair.before, pair.after))
      continue;
    compare(pair.before, pair.after, step(place, { name: pair.name, key: "" }), walk, last);
  }
}

function reportDuplicates(
  before: readonly string[],
  after: readonly { name: string; line: number }[],
  place: Place,
  { walk, isRepeatable }: { readonly walk: Walk; readonly isRepeatable: boolean },
): void {
  const was = counts(before);
  const seen = new Map<string, number>();
  const reported = new Set<string>();
  for (const { name, line } of after) {
    const n = (seen.get(name) ?? 0) + 1;
    seen.set(name, n);
    const old = was.get(name) ?? 0;
    if (n < 2 || n <= old || (isRepeatable && old > 1) || reported.has(name)) continue;
    reported.add(name);
    const twice: Node = { kind: "scalar", type: "string", text: name, line, endLine: line };
    push({
      op: "duplicated",
      before: null,
      after: twice,
      place: step(place, { name: escaped(cutText(name, 200)), key: name }),
      walk,
      line,
      added: 1,
      removed: 0,
    });
  }
}

function counts(names: readonly string[]): ReadonlyMap<string, number> {
  const result = new Map<string, number>();
  for (const name of names) result.set(name, (result.get(name) ?? 0) + 1);
  return result;
}

type Members = { readonly added: number; readonly removed: number; readonly line: number };

function reportMembers(before: Node, after: Node, place: Place, walk: Walk, m: Members): void {
  if (m.added + m.removed === 0) return;
  const op = sizeOf(after) === 0 && sizeOf(before) > 0 ? "emptied" : "changed";
  push({ op, before, after, place, walk, line: m.line, added: m.added, removed: m.removed });
}

function report(
  op: ConfigDelta["op"],
  before: Node | null,
  after: Node | null,
  place: Place,
  walk: Walk,
  line: number,
): void {
  const isEmptied = op === "changed" && weightOf(after) === 0 && weightOf(before) > 0;
  push({
    op: isEmptied ? "emptied" : op,
    before,
    after,
    place,
    walk,
    line,
    added: after === null || after.kind === "scalar" ? 0 : sizeOf(after),
    removed: before === null || before.kind === "scalar" ? 0 : sizeOf(before),
  });
}

const weightOf = (node: Node | null): number =>
  node === null || (node.kind === "scalar" && node.type === "null") ? 0 : sizeOf(node);

type Pushed = {
  readonly op: ConfigDelta["op"];
  readonly before: Node | null;
  readonly after: Node | null;
  readonly place: Place;
  readonly walk: Walk;
  readonly line: number;
  readonly added: number;
  readonly removed: number;
};

function push({ op, before, after, place, walk, line, added, removed }: Pushed): void {
  walk.deltas.push({
    op,
    pointer: shortened(place.pointer),
    key: cutText(place.key, KEY_MAX),
    line,
    before: sideOf(before),
    after: sideOf(after),
    addedCount: added,
    removedCount: removed,
    place,
  });
}

const sizeOf = (node: Node): number =>
  node.kind === "map"
    ? node.entries.length
    : node.kind === "list"
      ? node.items.length
      : node.text.length;

export function sideOf(node: Node | null): Side {
  if (node === null) return { kind: "absent", text: "", size: 0 };
  if (node.kind === "scalar") {
    const kind: LeafKind = node.type;
    return { kind, text: cutText(node.text, 2_000), size: kind === "null" ? 0 : node.text.length };
  }
  return { kind: node.kind, text: preview(node), size: sizeOf(node) };
}

function preview(node: Node): string {
  const parts: string[] = [];
  let length = 0;
  const children = childrenOf(node);
  for (const child of children) {
    const part =
      node.kind === "map"
        ? child.key
        : child.value.kind === "scalar"
          ? child.value.text
          : child.name;
    parts.push(part);
    length += part.length + 2;
    if (length > PREVIEW_MAX) break;
  }
  const inner = `${cutText(parts.join(", "), PREVIEW_MAX)}${parts.length < children.length ? ", …" : ""}`;
  return node.kind === "map" ? `{${inner}}` : `[${inner}]`;
}
