// SPDX-License-Identifier: Apache-2.0
import type { Node } from "./types.ts";

/**
 * Whether two trees say the same in the same order, wherever it stands. What is true of here has no
 * differences; what is not may still have none, because the order of keys counts here.
 */
export function isSameTree(a: Node, b: Node): boolean {
  if (a === b) return true;
  if (a.kind === "scalar") return b.kind === "scalar" && a.text === b.text && a.type === b.type;
  if (a.kind === "list") {
    if (b.kind !== "list" || a.items.length !== b.items.length) return false;
    for (let i = 0; i < a.items.length; i++) {
      const [x, y] = [a.items[i], b.items[i]];
      if (x === undefined || y === undefined || !isSameTree(x, y)) return false;
    }
    return true;
  }
  if (b.kind !== "map" || a.entries.length !== b.entries.length) return false;
  for (let i = 0; i < a.entries.length; i++) {
    const [x, y] = [a.entries[i], b.entries[i]];
    if (x === undefined || y === undefined || x.key !== y.key || !isSameTree(x.value, y.value))
      return false;
  }
  return true;
}

/**
 * Numbers trees so that two get the same number exactly when they say the same, the order of keys
 * aside. Each tree is numbered from the numbers of its members, so that this is linear.
 */
export function contentNumbers(): (node: Node) => number {
  const numbers = new Map<string, number>();
  const numberOf = (node: Node): number => {
    const content =
      node.kind === "scalar"
        ? `${node.type} ${node.text}`
        : node.kind === "list"
          ? `[${node.items.map(numberOf).join(",")}`
          : `{${keyed(node.entries.map((e) => [e.key, numberOf(e.value)] as const))}`;
    const known = numbers.get(content);
    if (known !== undefined) return known;
    numbers.set(content, numbers.size);
    return numbers.size - 1;
  };
  return numberOf;
}

/** Keys that stand twice keep their order: which comes last is what most readers take. */
const keyed = (members: readonly (readonly [string, number])[]): string =>
  members
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, n]) => `${key.length}:${key}=${n}`)
    .join(",");
