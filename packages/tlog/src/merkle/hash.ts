// SPDX-License-Identifier: Apache-2.0
import { sha256 } from "@interlock/digest";
import { invariant } from "../failure.ts";

export const HASH_LENGTH = 32;

/** A SHA-256 hash of the tree: 32 bytes. */
export type Hash = Uint8Array;

/** SHA-256 of bytes; must not keep the array, whose memory is used again. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** The two hash functions of the tree (RFC 9162 section 2.1.1). */
export type TreeHash = {
  readonly leaf: (entry: Uint8Array) => Hash;
  readonly node: (left: Hash, right: Hash) => Hash;
};

const LEAF = 0x00;
const NODE = 0x01;
const SCRATCH = 1 << 16;

/**
 * The tree's hashes over a SHA-256 of the caller's choice. Anything but `TREE_HASH` pays only where
 * millions of entries of a kilobyte or more are hashed: in Node over `createHash` of `node:crypto`.
 *
 * INVARIANT (leaf is no node): the prefixes differ, so no entry hashes to an inner node of a tree.
 */
export function treeHash(sha: Sha256): TreeHash {
  const pair = new Uint8Array(1 + 2 * HASH_LENGTH);
  pair[0] = NODE;
  const scratch = new Uint8Array(SCRATCH);
  return {
    leaf: (entry) => {
      const needed = entry.length + 1;
      const bytes = needed <= SCRATCH ? scratch.subarray(0, needed) : new Uint8Array(needed);
      bytes[0] = LEAF;
      bytes.set(entry, 1);
      return sha(bytes);
    },
    node: (left, right) => {
      invariant(left.length === HASH_LENGTH && right.length === HASH_LENGTH, "hashes are 32 bytes");
      pair.set(left, 1);
      pair.set(right, 1 + HASH_LENGTH);
      return sha(pair);
    },
  };
}

/** The tree's hashes in plain JavaScript: synchronous, the same in a browser and in Node. */
export const TREE_HASH: TreeHash = treeHash(sha256);

/** The hash of an entry as a leaf. */
export function leafHash(entry: Uint8Array): Hash {
  return TREE_HASH.leaf(entry);
}

/** The root of the tree without entries: SHA-256 of nothing. A fresh copy, since bytes can be written. */
export function emptyRoot(): Hash {
  return sha256(new Uint8Array(0));
}

/** Whether two byte strings are the same. Nothing here is secret, so the time it takes tells nothing. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
