// SPDX-License-Identifier: Apache-2.0
/** Hashing a tree in plain JavaScript, which a browser can, against `node:crypto`. */
import { createHash } from "node:crypto";
import { interleaved, shownComparison } from "@interlock/testkit";
import {
  appendLeaves,
  EMPTY_RANGE,
  rootOfRange,
  TREE_HASH,
  type TreeHash,
  treeHash,
} from "@interlock/tlog";

const ROUNDS = { warmUp: 2, measured: 7 };
const ENTRIES = 20_000;
const native = treeHash((bytes) => createHash("sha256").update(bytes).digest());

function rootOf(entry: Uint8Array, hash: TreeHash): Uint8Array {
  const leaves = Array.from({ length: ENTRIES }, () => hash.leaf(entry));
  return rootOfRange(appendLeaves(EMPTY_RANGE, leaves, hash), hash);
}

for (const size of [64, 256, 1_024, 4_096]) {
  const entry = new Uint8Array(size).map((_, i) => (i * 31) & 255);
  const compared = await interleaved(
    () => rootOf(entry, TREE_HASH),
    () => rootOf(entry, native),
    ROUNDS,
  );
  console.log(
    shownComparison(`an entry of ${size} bytes into the tree / node:crypto`, compared, ENTRIES),
  );
}
