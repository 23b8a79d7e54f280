// SPDX-License-Identifier: Apache-2.0
import { accepted, type Outcome } from "../failure.ts";
import { type Hash, sameBytes } from "../merkle/hash.ts";
import { readRoot } from "../merkle/prove.ts";
import { type StoredTree, tileReader } from "./reader.ts";

/** Size and root of a tree, as in a checkpoint. */
export type TreeHead = { readonly size: number; readonly root: Hash };

/**
 * How a tree stands to a head that was seen before:
 *
 * - `same`, or `grown`: it begins with that head.
 * - `older`: that head begins with it. A cache, a restored backup, or somebody who rolls back.
 * - `forked`: neither; the log has rewritten its history. Keep both checkpoints: they prove it.
 */
export type HeadComparison = "same" | "grown" | "older" | "forked";

/**
 * Compares the tree of a verified checkpoint with a head that whoever asks has seen, and verified,
 * before. A refusal (`TILE_MISSING`, `TILE_MISMATCH`) means that the log cannot show which it is: of
 * an `older` tree the tiles of the larger one may be gone.
 */
export async function compareHeads(
  tree: StoredTree,
  seen: TreeHead,
): Promise<Outcome<HeadComparison>> {
  const isOlder = tree.size < seen.size;
  const larger = isOlder ? { ...tree, ...seen } : tree;
  const smaller = isOlder ? tree : seen;
  const root = await readRoot(smaller.size, tileReader(larger).hashes);
  if (!root.ok) return root;
  if (!sameBytes(root.value, smaller.root)) return accepted("forked");
  if (isOlder) return accepted("older");
  return accepted(tree.size === seen.size ? "same" : "grown");
}
