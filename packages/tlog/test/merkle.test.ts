// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import {
  appendLeaves,
  EMPTY_RANGE,
  emptyRoot,
  type Hash,
  leafHash,
  MAX_PROOF_HASHES,
  MAX_SIZE,
  type Outcome,
  proveConsistency,
  proveInclusion,
  readRoot,
  rootOfLeaves,
  rootOfRange,
  TREE_HASH,
  treeHash,
  verifyConsistency,
  verifyInclusion,
  verifySubtreeConsistency,
  verifySubtreeInclusion,
} from "@interlock/tlog";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { entriesOf, naiveConsistency, naiveInclusion, naiveReader, naiveRoot } from "./naive.ts";
import { codeOf, taken } from "./outcome.ts";

const ENTRIES = entriesOf(45);
const ROOTS = ENTRIES.map((_, size) => naiveRoot(ENTRIES.slice(0, size)));
const rootAt = (size: number): Hash => ROOTS[size] ?? new Uint8Array();
const leafAt = (index: number): Hash => leafHash(ENTRIES[index] ?? new Uint8Array());

const pair = (most: number): fc.Arbitrary<readonly [number, number]> =>
  fc
    .integer({ min: 1, max: most })
    .chain((size) => fc.tuple(fc.integer({ min: 0, max: size - 1 }), fc.constant(size)));

describe("roots", () => {
  test("of the reference tree (github.com/transparency-dev/merkle, testdata/inclusion)", () => {
    const inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"];
    inputs.push("606162636465666768696a6b6c6d6e6f");
    const leaves = inputs.map((hex) => leafHash(Buffer.from(hex, "hex")));
    expect(hexOf(rootOfLeaves(leaves))).toBe(
      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    );
    expect(hexOf(emptyRoot())).toBe(
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    );
  });

  test("appending in any portions gives the recursive definition's root", () => {
    for (const step of [1, 2, 3, 7, 44]) {
      let range = EMPTY_RANGE;
      while (range.size < 44) {
        const next = ENTRIES.slice(range.size, Math.min(44, range.size + step)).map(leafHash);
        range = appendLeaves(range, next);
        expect(rootOfRange(range)).toEqual(rootAt(range.size));
      }
    }
  });

  test("of a row of leaves, of a range and from stored hashes are one", async () => {
    for (let size = 0; size < 45; size++) {
      expect(rootOfLeaves(ENTRIES.slice(0, size).map(leafHash))).toEqual(rootAt(size));
      expect(await readRoot(size, naiveReader(ENTRIES))).toEqual({ ok: true, value: rootAt(size) });
    }
  });

  test("node:crypto and plain JavaScript are one hash", () => {
    const native = treeHash((bytes) => createHash("sha256").update(bytes).digest());
    for (const length of [0, 1, 63, 64, 1_000, 65_535, 65_536, 100_000]) {
      const entry = new Uint8Array(length).fill(7);
      expect(hexOf(TREE_HASH.leaf(entry))).toBe(hexOf(native.leaf(entry)));
    }
    expect(hexOf(TREE_HASH.node(rootAt(1), rootAt(2)))).toBe(
      hexOf(native.node(rootAt(1), rootAt(2))),
    );
  });
});

describe("inclusion", () => {
  test("every leaf of every size: the proof is the recursive definition's, and verifies", async () => {
    for (let size = 1; size < 45; size++) {
      for (let index = 0; index < size; index++) {
        const proof = taken(await proveInclusion(index, size, naiveReader(ENTRIES)));
        expect(proof).toEqual(naiveInclusion(index, ENTRIES.slice(0, size)));
        const claim = { leafHash: leafAt(index), index, size, root: rootAt(size), proof };
        expect(verifyInclusion(claim)).toEqual({ ok: true, value: true });
      }
    }
  });

  test("any other index, size, leaf or hash is refused", () => {
    fc.assert(
      fc.property(pair(44), pair(44), fc.nat(), ([index, size], [j, n], seed) => {
        const proof = naiveInclusion(index, ENTRIES.slice(0, size));
        const claim = { leafHash: leafAt(index), index, size, root: rootAt(size), proof };
        if (j !== index || n !== size)
          expect(verifyInclusion({ ...claim, index: j, size: n }).ok && n === size).toBe(false);
        if (j !== index) expect(verifyInclusion({ ...claim, leafHash: leafAt(j) }).ok).toBe(false);
        if (n !== size) expect(verifyInclusion({ ...claim, root: rootAt(n) }).ok).toBe(false);
        if (proof.length === 0) return;
        const flipped = proof.map((h, i) => (i === seed % proof.length ? withFlip(h, seed) : h));
        expect(codeOf(verifyInclusion({ ...claim, proof: flipped }))).toBe("ROOT_MISMATCH");
        expect(verifyInclusion({ ...claim, proof: proof.slice(1) }).ok).toBe(false);
        expect(codeOf(verifyInclusion({ ...claim, proof: [...proof, leafAt(0)] }))).toBe(
          "PROOF_LENGTH",
        );
        expect(verifyInclusion({ ...claim, proof: [leafAt(0), ...proof] }).ok).toBe(false);
      }),
    );
  });

  test("sizes up to 2^53 - 1: a tree of which one leaf and the siblings are known", () => {
    const size = MAX_SIZE;
    for (const index of [0, 1, 2 ** 32, 2 ** 52 + 5, size - 2, size - 1]) {
      const proof = nodesOnPath(index, size).map((_, i) => leafAt(i));
      const root = rebuilt(index, size, proof);
      const claim = { leafHash: leafAt(40), index, size, root, proof };
      expect(verifyInclusion(claim)).toEqual({ ok: true, value: true });
      expect(verifyInclusion({ ...claim, index: index === 0 ? 1 : index - 1 }).ok).toBe(false);
    }
  });
});

describe("consistency", () => {
  test("between any two sizes: the proof is the recursive definition's, and verifies", async () => {
    for (let to = 1; to < 45; to++) {
      for (let from = 1; from <= to; from++) {
        const proof = taken(await proveConsistency(from, to, naiveReader(ENTRIES)));
        expect(proof).toEqual(naiveConsistency(from, ENTRIES.slice(0, to)));
        const claim = { from, to, fromRoot: rootAt(from), toRoot: rootAt(to), proof };
        expect(verifyConsistency(claim)).toEqual({ ok: true, value: true });
      }
    }
  });

  test("another old root, new root, size or hash is refused", () => {
    fc.assert(
      fc.property(pair(43), fc.nat(), ([below, to], seed) => {
        const from = below + 1;
        const proof = naiveConsistency(from, ENTRIES.slice(0, to));
        const claim = { from, to, fromRoot: rootAt(from), toRoot: rootAt(to), proof };
        expect(codeOf(verifyConsistency({ ...claim, fromRoot: rootAt(from + 1) }))).toBe(
          "ROOT_MISMATCH",
        );
        expect(codeOf(verifyConsistency({ ...claim, toRoot: rootAt(to + 1) }))).toBe(
          "ROOT_MISMATCH",
        );
        expect(verifyConsistency({ ...claim, from: from + 1 }).ok).toBe(false);
        expect(codeOf(verifyConsistency({ ...claim, proof: [...proof, leafAt(1)] }))).toBe(
          "PROOF_LENGTH",
        );
        if (proof.length === 0) return;
        const flipped = proof.map((h, i) => (i === seed % proof.length ? withFlip(h, seed) : h));
        expect(codeOf(verifyConsistency({ ...claim, proof: flipped }))).toBe("ROOT_MISMATCH");
        expect(verifyConsistency({ ...claim, proof: proof.slice(1) }).ok).toBe(false);
      }),
    );
  });

  test("of a subtree: every complete and every rightmost one", () => {
    for (let size = 1; size < 40; size++) {
      for (let width = 1; width <= size; width *= 2) {
        for (let start = 0; start < size; start += width) {
          const end = Math.min(size, start + width);
          const own = ENTRIES.slice(start, end);
          const proof = subtreeProof(start, end, ENTRIES.slice(0, size));
          const claim = {
            start,
            end,
            subtreeRoot: naiveRoot(own),
            size,
            root: rootAt(size),
            proof,
          };
          expect(verifySubtreeConsistency(claim)).toEqual({ ok: true, value: true });
          const other = { ...claim, subtreeRoot: naiveRoot([...own, ...own]) };
          expect(verifySubtreeConsistency(other).ok).toBe(false);
        }
      }
    }
  });
});

describe("refusals", () => {
  const claim = { leafHash: leafAt(0), index: 0, size: 1, root: rootAt(1), proof: [] };
  const grown = { from: 1, to: 2, fromRoot: rootAt(1), toRoot: rootAt(2), proof: [leafAt(1)] };
  const part = { start: 2, end: 4, subtreeRoot: rootAt(1), size: 4, root: rootAt(4), proof: [] };
  const long = Array.from({ length: MAX_PROOF_HASHES + 1 }, () => leafAt(0));
  test.each<[string, Outcome<unknown>, string]>([
    ["LG8 index at size", verifyInclusion({ ...claim, index: 1 }), "INDEX_OUTSIDE"],
    ["LG8 index beyond size", verifyInclusion({ ...claim, index: 7 }), "INDEX_OUTSIDE"],
    ["LG8 size 0", verifyInclusion({ ...claim, size: 0 }), "INDEX_OUTSIDE"],
    ["LG8 a negative index", verifyInclusion({ ...claim, index: -1 }), "INDEX_OUTSIDE"],
    ["LG8 a fraction", verifyInclusion({ ...claim, index: 0.5 }), "INDEX_OUTSIDE"],
    ["LG8 a size past 2^53 - 1", verifyInclusion({ ...claim, size: 2 ** 53 }), "SIZE_INVALID"],
    [
      "LG8 a size that is no number",
      verifyInclusion({ ...claim, size: Number.NaN }),
      "SIZE_INVALID",
    ],
    ["LG8 an empty proof of a larger tree", verifyInclusion({ ...claim, size: 2 }), "PROOF_LENGTH"],
    ["LG8 a hash too many", verifyInclusion({ ...claim, proof: [leafAt(1)] }), "PROOF_LENGTH"],
    ["LG8 64 hashes", verifyInclusion({ ...claim, proof: long }), "PROOF_LENGTH"],
    [
      "a leaf hash that is none",
      verifyInclusion({ ...claim, leafHash: new Uint8Array(31) }),
      "HASH_LENGTH",
    ],
    [
      "LG8 from the empty tree",
      verifyConsistency({ ...grown, from: 0, fromRoot: emptyRoot(), proof: [] }),
      "SIZE_INVALID",
    ],
    ["LG8 from a larger tree", verifyConsistency({ ...grown, from: 3 }), "SIZE_INVALID"],
    ["LG8 without hashes", verifyConsistency({ ...grown, proof: [] }), "PROOF_LENGTH"],
    ["LG8 64 hashes of growth", verifyConsistency({ ...grown, proof: long }), "PROOF_LENGTH"],
    [
      "a hash that is none",
      verifyConsistency({ ...grown, proof: [new Uint8Array(33)] }),
      "HASH_LENGTH",
    ],
    ["a fraction of a tree", verifyConsistency({ ...grown, from: 0.5 }), "SIZE_INVALID"],
    ["a tree past 2^53 - 1", verifyConsistency({ ...grown, to: 2 ** 53 }), "SIZE_INVALID"],
    ["a range that is no subtree", verifySubtreeConsistency({ ...part, start: 1 }), "SIZE_INVALID"],
    [
      "a subtree from behind",
      verifySubtreeConsistency({ ...part, start: 4, end: 2 }),
      "SIZE_INVALID",
    ],
    [
      "an empty subtree with a proof",
      verifySubtreeConsistency({ ...part, start: 2, end: 2, proof: [leafAt(0)] }),
      "PROOF_LENGTH",
    ],
    [
      "an empty subtree with a root",
      verifySubtreeConsistency({ ...part, start: 2, end: 2 }),
      "ROOT_MISMATCH",
    ],
    [
      "a leaf outside of the subtree",
      verifySubtreeInclusion({ ...claim, start: 2, end: 4, index: 4 }),
      "INDEX_OUTSIDE",
    ],
    [
      "a leaf of no subtree",
      verifySubtreeInclusion({ ...claim, start: 1, end: 4, index: 2 }),
      "SIZE_INVALID",
    ],
  ])("%s", (_, outcome, code) => expect(codeOf(outcome)).toBe(code));

  test("an index, a size or two sizes that no tree has are not even read for", async () => {
    const read = () => Promise.reject(new Error("nothing is read"));
    expect(codeOf(await proveInclusion(3, 3, read))).toBe("INDEX_OUTSIDE");
    expect(codeOf(await proveInclusion(0, 2 ** 53, read))).toBe("SIZE_INVALID");
    expect(codeOf(await proveConsistency(4, 3, read))).toBe("SIZE_INVALID");
    expect(codeOf(await readRoot(-1, read))).toBe("SIZE_INVALID");
    expect(taken(await proveConsistency(0, 3, read))).toEqual([]);
  });
});

test("LG7 leaf crafted to equal an inner node", () => {
  const [left, right] = [leafAt(0), leafAt(1)];
  const inner = TREE_HASH.node(left, right);
  for (const crafted of [
    Buffer.concat([left, right]),
    Buffer.concat([Uint8Array.of(1), left, right]),
    Buffer.concat([Uint8Array.of(0), left, right]),
  ]) {
    expect(leafHash(crafted)).not.toEqual(inner);
    // The four-leaf tree shown as one of two leaves, each of them an inner node.
    const claim = { leafHash: leafHash(crafted), index: 0, size: 2, root: rootAt(4) };
    const sibling = TREE_HASH.node(leafAt(2), leafAt(3));
    expect(codeOf(verifyInclusion({ ...claim, proof: [sibling] }))).toBe("ROOT_MISMATCH");
  }
});

test("leaf is no node", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(43), fc.nat(43), (entry, i, j) => {
      expect(leafHash(entry)).not.toEqual(TREE_HASH.node(rootAt(i), rootAt(j)));
    }),
  );
});

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function withFlip(hash: Hash, seed: number): Hash {
  const copy = new Uint8Array(hash);
  const bit = seed % 256;
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

// The side of each sibling on the way up, by the recursive definition and bigints.
function nodesOnPath(index: number, size: number): ("left" | "right")[] {
  let [at, n] = [BigInt(index), BigInt(size)];
  const sides: ("left" | "right")[] = [];
  while (n > 1n) {
    let k = 1n;
    while (k * 2n < n) k *= 2n;
    sides.unshift(at < k ? "right" : "left");
    [at, n] = at < k ? [at, k] : [at - k, n - k];
  }
  return sides;
}

function rebuilt(index: number, size: number, proof: readonly Hash[]): Hash {
  return nodesOnPath(index, size).reduce((root, side, i) => {
    const sibling = proof[i] ?? new Uint8Array();
    return side === "left" ? TREE_HASH.node(sibling, root) : TREE_HASH.node(root, sibling);
  }, leafAt(40));
}

// draft-ietf-plants-merkle-tree-certs section 4.4.1, recursively.
function subtreeProof(
  start: number,
  end: number,
  entries: readonly Uint8Array[],
  known = true,
): Hash[] {
  const n = entries.length;
  if (start === 0 && end === n) return known ? [] : [naiveRoot(entries)];
  const k = splitOf(n);
  const [left, right] = [entries.slice(0, k), entries.slice(k)];
  if (end <= k) return [...subtreeProof(start, end, left, known), naiveRoot(right)];
  if (k <= start) return [...subtreeProof(start - k, end - k, right, known), naiveRoot(left)];
  return [...subtreeProof(0, end - k, right, false), naiveRoot(left)];
}

function splitOf(n: number): number {
  return 2 ** (Math.ceil(Math.log2(n)) - 1);
}
