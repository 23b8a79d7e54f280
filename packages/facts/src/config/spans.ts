// SPDX-License-Identifier: Apache-2.0
import type { Node } from "./types.ts";

/**
 * Gives containers the last line of what they hold. The diff passes over what lies in equal lines, so a
 * container that ended too early would hide a change.
 */
export function withSpans(node: Node): Node {
  if (node.kind === "scalar") return node;
  if (node.kind === "list") {
    const items = node.items.map(withSpans);
    return {
      ...node,
      items,
      endLine: items.reduce((n, i) => Math.max(n, i.endLine), node.endLine),
    };
  }
  const entries = node.entries.map((e) => ({ ...e, value: withSpans(e.value) }));
  return {
    ...node,
    entries,
    endLine: entries.reduce((n, e) => Math.max(n, e.value.endLine), node.endLine),
  };
}

/** A node that lies deeper than a limit, found without recursion; `null` when there is none. */
export function deeperThan(root: Node, limit: number): Node | null {
  const open: { readonly node: Node; readonly depth: number }[] = [{ node: root, depth: 0 }];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const { node, depth } = at;
    if (depth > limit) return node;
    if (node.kind === "map")
      for (const entry of node.entries) open.push({ node: entry.value, depth: depth + 1 });
    else if (node.kind === "list")
      for (const item of node.items) open.push({ node: item, depth: depth + 1 });
  }
  return null;
}
