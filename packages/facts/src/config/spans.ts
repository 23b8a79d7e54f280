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
    return { ...node, items, endLine: Math.max(node.endLine, ...items.map((i) => i.endLine)) };
  }
  const entries = node.entries.map((e) => ({ ...e, value: withSpans(e.value) }));
  return {
    ...node,
    entries,
    endLine: Math.max(node.endLine, ...entries.map((e) => e.value.endLine)),
  };
}
