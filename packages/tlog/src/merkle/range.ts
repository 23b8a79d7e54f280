// SPDX-License-Identifier: Apache-2.0
import { invariant } from "../failure.ts";
import { half, isOdd, MAX_SIZE } from "../size.ts";
import { type Hash, TREE_HASH } from "./hash.ts";
import { rootOfNodes } from "./subtree.ts";

/**
 * All that is needed of a tree to append to it and to know its root: the roots of its complete
 * subtrees, largest first, one for each bit of `size` that is set.
 */
export type CompactRange = { readonly size: number; readonly hashes: readonly Hash[] };

export const EMPTY_RANGE: CompactRange = { size: 0, hashes: [] };

/** The tree with these leaf hashes after its own. */
export function appendLeaves(
  range: CompactRange,
  leaves: readonly Hash[],
  hash = TREE_HASH,
): CompactRange {
  invariant(range.size + leaves.length <= MAX_SIZE, "a tree has at most 2^53 - 1 leaves");
  const hashes = [...range.hashes];
  let size = range.size;
  for (const leaf of leaves) {
    let merged = leaf;
    for (let bits = size; isOdd(bits); bits = half(bits)) {
      const left = hashes.pop();
      invariant(left !== undefined, "a compact range has one hash for each bit of its size");
      merged = hash.node(left, merged);
    }
    hashes.push(merged);
    size += 1;
  }
  return { size, hashes };
}

/** The root of the tree; of the empty one, SHA-256 of nothing. */
export function rootOfRange(range: CompactRange, hash = TREE_HASH): Hash {
  return rootOfNodes(range.hashes, hash);
}
