// SPDX-License-Identifier: Apache-2.0
/** A full audit of a log in memory against hashing its entries, and proofs from tiles of a million. */
import { createHash } from "node:crypto";
import { interleaved, shownComparison } from "@interlock/testkit";
import {
  bundlePath,
  bundlesBetween,
  EMPTY_EDGE,
  encodeBundle,
  growEdge,
  leafHash,
  proveInclusion,
  readEntries,
  rootOfEdge,
  type StoredTree,
  type TreeHash,
  tileReader,
  treeHash,
  verifyInclusion,
} from "@interlock/tlog";

const ROUNDS = { warmUp: 1, measured: 5 };
const native = treeHash((bytes) => createHash("sha256").update(bytes).digest());

function logOf(size: number, entry: (index: number) => Uint8Array, bundles: boolean): StoredTree {
  const files = new Map<string, Uint8Array>();
  let edge = EMPTY_EDGE;
  const leaves = Array.from({ length: size }, (_, i) => native.leaf(entry(i)));
  for (let at = 0; at < size; at += 65_536) {
    const grown = growEdge(edge, leaves.slice(at, at + 65_536), native);
    for (const { path, bytes } of grown.tiles) files.set(path, bytes);
    edge = grown.edge;
  }
  for (const bundle of bundles ? bundlesBetween(0, size) : []) {
    const own = Array.from({ length: bundle.width }, (_, i) => entry(bundle.index * 256 + i));
    const bytes = encodeBundle(own);
    if (bytes.ok) files.set(bundlePath(bundle), bytes.value);
  }
  const fetch = (path: string): Promise<Uint8Array | null> =>
    Promise.resolve(files.get(path) ?? null);
  return { size, root: rootOfEdge(edge), fetch };
}

async function audit(tree: StoredTree, hash?: TreeHash): Promise<void> {
  let count = 0;
  for await (const checked of readEntries(hash === undefined ? tree : { ...tree, hash })) {
    if (!checked.ok) throw new Error(checked.failure.message);
    count += checked.value.entries.length;
  }
  if (count !== tree.size) throw new Error("the audit missed entries");
}

for (const length of [256, 1_024]) {
  const size = 20_000;
  const entryOf = (index: number): Uint8Array =>
    new Uint8Array(length).map((_, i) => (i * 31 + index) & 255);
  const tree = logOf(size, entryOf, true);
  const entries = Array.from({ length: size }, (_, i) => entryOf(i));
  for (const [name, hash] of [
    ["JavaScript", undefined],
    ["node:crypto", native],
  ] as const) {
    const compared = await interleaved(
      () => audit(tree, hash),
      () => entries.map((entry) => createHash("sha256").update(entry).digest()),
      ROUNDS,
    );
    const what = `audit of ${length} bytes an entry, ${name} / createHash of each`;
    console.log(shownComparison(what, compared, size));
  }
}

const big = logOf(1_000_000, (i) => new TextEncoder().encode(`entry ${i}`), false);
const proofs = 100;
const indices = Array.from({ length: proofs }, (_, i) => (i * 7_919_993) % big.size);

async function prove(fresh: boolean): Promise<void> {
  let reader = tileReader(big);
  for (const index of indices) {
    if (fresh) reader = tileReader(big);
    const proof = await proveInclusion(index, big.size, reader.hashes);
    if (!proof.ok) throw new Error(proof.failure.message);
    const leaf = leafHash(new TextEncoder().encode(`entry ${index}`));
    const claim = { leafHash: leaf, index, size: big.size, root: big.root, proof: proof.value };
    if (!verifyInclusion(claim).ok) throw new Error("a proof does not verify");
  }
}

const compared = await interleaved(
  () => prove(true),
  () => prove(false),
  ROUNDS,
);
console.log(
  shownComparison("proof of 1 M made and verified, cold reader / warm", compared, proofs),
);
