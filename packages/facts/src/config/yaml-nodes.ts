// SPDX-License-Identifier: Apache-2.0
/** What both readers of YAML do with tags, aliases, merge keys and repeated keys. */
import { cutText } from "./cut.ts";
import { DEPTH_MAX, type Entry, type Node } from "./types.ts";
import { type Anchor, GiveUp, isFlowMark, isGap, type Scan } from "./yaml-scan.ts";

/** Nodes that aliases may add to one file; a small file must not unfold into a large one. */
export const UNFOLDED_MAX = 20_000;

/** Every node passes here with its depth. */
export function entered(depth: number): void {
  if (depth > DEPTH_MAX) throw new GiveUp();
}

/** Notes a key that stands in its map already. */
export function duplicate(scan: Pick<Scan, "problems">, seen: Set<string>, entry: Entry): void {
  if (seen.has(entry.key))
    scan.problems.push({
      code: "duplicate-key",
      line: entry.keyLine,
      column: 1,
      message: `\`${cutText(entry.key, 60)}\` stands twice`,
    });
  else seen.add(entry.key);
}

/** Reads `*name`: the very node that the anchor names, so with the lines of that place. */
export function aliased(scan: Scan, depth: number, inFlow: boolean): Node {
  const name = readName(scan, inFlow);
  const anchor = scan.anchors.get(name);
  if (anchor === undefined || anchor === null) throw new GiveUp();
  scan.unfolded += anchor.cost;
  if (scan.unfolded > UNFOLDED_MAX || depth + 1 + anchor.height > DEPTH_MAX) throw new GiveUp();
  return anchor.node;
}

/** Reads the name behind `&` or `*`. */
export function readName(scan: Scan, inFlow: boolean): string {
  const { text } = scan;
  const start = ++scan.at;
  for (let c = text.charCodeAt(scan.at); !isGap(c) && !isFlowMark(c); )
    c = text.charCodeAt(++scan.at);
  const c = text.charCodeAt(scan.at);
  // In a block, brackets are no part of a name either, but an error: left to the whole parser.
  if (scan.at === start || (!inFlow && !isGap(c))) throw new GiveUp();
  return text.slice(start, scan.at);
}

/** What one use of an anchor adds: itself, its nodes, and what its own aliases added. */
export function anchorOf(node: Node, unfoldedInside: number): Anchor {
  const { size, height } = measured(node);
  return { node, cost: 1 + size + unfoldedInside, height };
}

type Measure = { readonly size: number; readonly height: number };

function measured(node: Node): Measure {
  if (node.kind === "scalar") return { size: 1, height: 0 };
  let size = 1;
  let height = 0;
  const inner = node.kind === "map" ? node.entries.map((e) => e.value) : node.items;
  for (const one of inner) {
    const m = measured(one);
    size += m.size;
    height = Math.max(height, m.height + 1);
  }
  return { size, height };
}

/** A tag is part of what a value means, so it is part of the tree: `!Ref x`, `{"!Join": […]}`. */
export function tagged(tag: string, content: Node): Node {
  const { line, endLine } = content;
  if (content.kind === "scalar")
    return { ...content, type: "string", text: `${tag} ${content.text}`.trimEnd() };
  return { kind: "map", entries: [{ key: tag, keyLine: line, value: content }], line, endLine };
}

/** A value that `<<` can merge. */
export const isMergeable = (value: Node): boolean =>
  value.kind === "map" || (value.kind === "list" && value.items.every((i) => i.kind === "map"));

/** The first of several merged maps wins, as the merge-key draft says (yaml.org/type/merge). */
export function mergeEntries(value: Node): readonly Entry[] {
  if (value.kind === "map") return value.entries;
  if (value.kind !== "list") return [];
  const byKey = new Map<string, Entry>();
  for (const item of value.items)
    for (const e of mergeEntries(item)) if (!byKey.has(e.key)) byKey.set(e.key, e);
  return [...byKey.values()];
}
