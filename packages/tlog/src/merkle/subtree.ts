// SPDX-License-Identifier: Apache-2.0
import { invariant } from "../failure.ts";
import { isSize, splitPoint } from "../size.ts";
import { emptyRoot, type Hash, TREE_HASH } from "./hash.ts";

/** A complete subtree: the root over the leaves `[index * 2^level, (index + 1) * 2^level)`. */
export type TreeNode = { readonly level: number; readonly index: number };

/** The leaves `[start, end)`. */
export type LeafRange = { readonly start: number; readonly end: number };

/**
 * The complete subtrees that a subtree of a tree is made of, left to right and largest first. The
 * range must be a subtree in the sense of RFC 9162: `start` a multiple of the power of two above it.
 */
export function nodesOfRange({ start, end }: LeafRange): readonly TreeNode[] {
  const nodes: TreeNode[] = [];
  let at = start;
  while (at < end) {
    let level = 0;
    let width = 1;
    while (width * 2 <= end - at) {
      width *= 2;
      level += 1;
    }
    invariant(at % width === 0, "a subtree starts at a multiple of its width");
    nodes.push({ level, index: at / width });
    at += width;
  }
  return nodes;
}

/** The root over complete subtrees, left to right and largest first; of none, the empty root. */
export function rootOfNodes(hashes: readonly Hash[], hash = TREE_HASH): Hash {
  const last = hashes.at(-1);
  if (last === undefined) return emptyRoot();
  return hashes.slice(0, -1).reduceRight((right, left) => hash.node(left, right), last);
}

/** The root over up to a few thousand leaf hashes (RFC 9162 section 2.1.1). */
export function rootOfLeaves(hashes: readonly Hash[], hash = TREE_HASH): Hash {
  const [first] = hashes;
  if (first === undefined) return emptyRoot();
  let row = hashes;
  while (row.length > 1) row = parents(row, hash);
  return row[0] ?? first;
}

// Moving an unpaired hash up a row gives the same tree as splitting at powers of two.
function parents(row: readonly Hash[], hash: typeof TREE_HASH): readonly Hash[] {
  const above: Hash[] = [];
  for (let i = 0; i < row.length; i += 2) {
    const left = row[i];
    const right = row[i + 1];
    if (left === undefined) break;
    above.push(right === undefined ? left : hash.node(left, right));
  }
  return above;
}

/** Whether `[start, end)` is a subtree of some tree: `start` is a multiple of the power of two that covers it. */
export function isSubtree({ start, end }: LeafRange): boolean {
  if (!isSize(start) || !isSize(end) || start > end) return false;
  const size = end - start;
  return start === 0 || size <= 1 || start % (splitPoint(size) * 2) === 0;
}

/** The ranges whose roots prove that leaf `index` is in the tree, its sibling first (RFC 9162 section 2.1.3.1). */
export function inclusionRanges(index: number, size: number): readonly LeafRange[] {
  const ranges: LeafRange[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + splitPoint(end - start);
    if (index < middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  return ranges.reverse();
}

/** The ranges whose roots prove that the first `from` leaves of a tree are unchanged (RFC 9162 section 2.1.4.1). */
export function consistencyRanges(from: number, to: number): readonly LeafRange[] {
  const ranges: LeafRange[] = [];
  let start = 0;
  let end = to;
  while (from !== end) {
    const middle = start + splitPoint(end - start);
    if (from <= middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  // Only a subtree that begins the tree is known to the verifier, as the old root.
  if (start !== 0) ranges.push({ start, end });
  return ranges.reverse();
}
