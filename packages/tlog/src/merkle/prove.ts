// SPDX-License-Identifier: Apache-2.0
import { accepted, invariant, type Outcome, refused } from "../failure.ts";
import { isSize } from "../size.ts";
import { type Hash, TREE_HASH } from "./hash.ts";
import {
  consistencyRanges,
  inclusionRanges,
  type LeafRange,
  nodesOfRange,
  rootOfNodes,
  type TreeNode,
} from "./subtree.ts";

/** Reads the hashes of complete subtrees, in the order asked for. Refuses what it cannot vouch for. */
export type HashReader = (nodes: readonly TreeNode[]) => Promise<Outcome<readonly Hash[]>>;

/** The inclusion proof of leaf `index` in the tree of `size` leaves, its sibling first. */
export async function proveInclusion(
  index: number,
  size: number,
  read: HashReader,
): Promise<Outcome<readonly Hash[]>> {
  if (!isSize(size)) return refused("SIZE_INVALID", `\`${size}\` is not the size of a tree`);
  if (!isSize(index) || index >= size) {
    return refused("INDEX_OUTSIDE", `there is no leaf \`${index}\` in a tree of ${size}`);
  }
  return readRanges(inclusionRanges(index, size), read);
}

/**
 * The proof that the tree of `to` leaves begins with the tree of `from` leaves. Empty when they are
 * of one size, and from the empty tree, which every tree begins with.
 */
export async function proveConsistency(
  from: number,
  to: number,
  read: HashReader,
): Promise<Outcome<readonly Hash[]>> {
  if (!isSize(from) || !isSize(to) || from > to) {
    return refused("SIZE_INVALID", `a tree of \`${to}\` cannot begin with one of \`${from}\``);
  }
  return from === 0 ? accepted([]) : readRanges(consistencyRanges(from, to), read);
}

/** The root of the tree of `size` leaves. */
export async function readRoot(size: number, read: HashReader): Promise<Outcome<Hash>> {
  if (!isSize(size)) return refused("SIZE_INVALID", `\`${size}\` is not the size of a tree`);
  const hashes = await read(nodesOfRange({ start: 0, end: size }));
  return hashes.ok ? accepted(rootOfNodes(hashes.value)) : hashes;
}

async function readRanges(
  ranges: readonly LeafRange[],
  read: HashReader,
): Promise<Outcome<readonly Hash[]>> {
  const parts = ranges.map(nodesOfRange);
  const hashes = await read(parts.flat());
  if (!hashes.ok) return hashes;
  let at = 0;
  const proof = parts.map((nodes) => {
    const own = hashes.value.slice(at, at + nodes.length);
    invariant(own.length === nodes.length, "a reader gives one hash for each node asked for");
    at += nodes.length;
    return rootOfNodes(own, TREE_HASH);
  });
  return accepted(proof);
}
