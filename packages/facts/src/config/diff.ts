// SPDX-License-Identifier: Apache-2.0
import { identityOf, pairItems } from "./identity.ts";
import { liesInSameLines, NOTHING_SAME, type SameLines } from "./same-lines.ts";
import {
  type ConfigDelta,
  type ConfigDiff,
  DELTAS_PER_FILE_MAX,
  type LeafKind,
  type Node,
  type Parsed,
  type Side,
} from "./types.ts";

const PREVIEW_MAX = 300;

type Walk = { readonly deltas: ConfigDelta[]; readonly same: SameLines; truncated: boolean };

type Place = { readonly pointer: string; readonly key: string; readonly depth: number };

/**
 * The structural difference of two files, whatever their formats: order of keys, comments and white
 * space make no difference; inserting one item into a list is one addition.
 */
export function diffConfig(
  before: Parsed | null,
  after: Parsed | null,
  same: SameLines = NOTHING_SAME,
): ConfigDiff {
  const a = documentsOf(before);
  const b = documentsOf(after);
  const walk: Walk = { deltas: [], same, truncated: false };
  const place: Place = { pointer: "", key: "", depth: 0 };
  if (a.length <= 1 && b.length <= 1)
    compare(a[0] ?? null, b[0] ?? null, place, walk, lineOf(b[0] ?? a[0]));
  else
    for (const pair of pairItems(a, b).pairs)
      compare(
        pair.before,
        pair.after,
        { ...place, pointer: `/${pair.name}`, depth: 1 },
        walk,
        lineOf(pair.after ?? pair.before),
      );
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

/** Counted once a tree: a history compares each tree twice. */
const LEAVES = new WeakMap<Node, number>();

function leaves(node: Node): number {
  if (node.kind === "scalar") return 1;
  const known = LEAVES.get(node);
  if (known !== undefined) return known;
  let count = 0;
  if (node.kind === "map") for (const entry of node.entries) count += leaves(entry.value);
  else for (const item of node.items) count += leaves(item);
  LEAVES.set(node, count);
  return count;
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
  if (before !== null && after !== null && liesInSameLines(before, after, walk.same)) return;
  if (before?.kind === "map" && after?.kind === "map") {
    compareMaps(before, after, place, walk);
    return;
  }
  if (before?.kind === "list" && after?.kind === "list") {
    compareLists(before, after, place, walk);
    return;
  }
  if (before?.kind === "scalar" && after?.kind === "scalar") {
    if (sameScalar(before, after)) return;
    report("changed", before, after, place, walk, line);
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

function sameScalar(a: Node, b: Node): boolean {
  return (
    a.kind === "scalar" &&
    b.kind === "scalar" &&
    a.text === b.text &&
    (a.type === b.type || bothLoose(a.type, b.type))
  );
}

/** A bare word and a quoted one are the same value to formats without types. */
const bothLoose = (a: string, b: string): boolean =>
  !["null", "bool"].includes(a) && !["null", "bool"].includes(b) && a === b;

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
  pointer: `${place.pointer}/${child.name}`,
  key: child.key === "" ? place.key : child.key,
  depth: place.depth + 1,
});

/** RFC 6901 escapes. */
const escaped = (key: string): string => key.replace(/~/g, "~0").replace(/\//g, "~1");

type MapNode = Extract<Node, { kind: "map" }>;
type ListNode = Extract<Node, { kind: "list" }>;

function compareMaps(before: MapNode, after: MapNode, place: Place, walk: Walk): void {
  const was = new Map(before.entries.map((e) => [e.key, e]));
  const is = new Map(after.entries.map((e) => [e.key, e]));
  const added = [...is.keys()].filter((k) => !was.has(k)).length;
  const removed = [...was.keys()].filter((k) => !is.has(k)).length;
  if (added + removed > 0)
    reportMembers(before, after, place, walk, { added, removed, line: after.line });
  reportDuplicates(
    before.entries.map((e) => e.key),
    after.entries.map((e) => ({ name: e.key, line: e.keyLine })),
    place,
    walk,
  );
  for (const [key, entry] of is) {
    const old = was.get(key);
    compare(
      old?.value ?? null,
      entry.value,
      step(place, { name: escaped(key), key }),
      walk,
      entry.value.kind === "scalar" ? entry.value.line : entry.keyLine,
    );
  }
  let last = after.line;
  for (const entry of before.entries) {
    const now = is.get(entry.key);
    if (now !== undefined) last = now.keyLine;
    else if (was.get(entry.key) === entry)
      compare(
        entry.value,
        null,
        step(place, { name: escaped(entry.key), key: entry.key }),
        walk,
        last,
      );
  }
}

function compareLists(before: ListNode, after: ListNode, place: Place, walk: Walk): void {
  const { pairs, reordered } = pairItems(before.items, after.items);
  const added = pairs.filter((p) => p.before === null).length;
  const removed = pairs.filter((p) => p.after === null).length;
  if (added + removed > 0)
    reportMembers(before, after, place, walk, { added, removed, line: after.line });
  else if (reordered)
    push({ op: "reordered", before, after, place, walk, line: after.line, added: 0, removed: 0 });
  const texts = (items: readonly Node[]) =>
    items.flatMap((i) => (i.kind === "scalar" ? [{ name: i.text, line: i.line }] : []));
  reportDuplicates(
    texts(before.items).map((t) => t.name),
    texts(after.items),
    place,
    walk,
  );
  let last = after.line;
  for (const pair of pairs) {
    last = pair.after?.line ?? last;
    compare(pair.before, pair.after, step(place, { name: pair.name, key: "" }), walk, last);
  }
}

function reportDuplicates(
  before: readonly string[],
  after: readonly { name: string; line: number }[],
  place: Place,
  walk: Walk,
): void {
  const was = counts(before);
  const seen = new Map<string, number>();
  const reported = new Set<string>();
  for (const { name, line } of after) {
    const n = (seen.get(name) ?? 0) + 1;
    seen.set(name, n);
    if (n < 2 || n <= (was.get(name) ?? 0) || reported.has(name)) continue;
    reported.add(name);
    const twice: Node = { kind: "scalar", type: "string", text: name, line, endLine: line };
    push({
      op: "duplicated",
      before: null,
      after: twice,
      place: step(place, { name: escaped(name).slice(0, 200), key: name }),
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
  const isEmptied = op === "changed" && sideOf(after).size === 0 && sideOf(before).size > 0;
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
    pointer: place.pointer,
    key: place.key,
    line,
    before: sideOf(before),
    after: sideOf(after),
    addedCount: added,
    removedCount: removed,
    depth: place.depth,
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
    return { kind, text: node.text.slice(0, 2_000), size: kind === "null" ? 0 : node.text.length };
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
  const inner = `${parts.join(", ").slice(0, PREVIEW_MAX)}${parts.length < children.length ? ", …" : ""}`;
  return node.kind === "map" ? `{${inner}}` : `[${inner}]`;
}
