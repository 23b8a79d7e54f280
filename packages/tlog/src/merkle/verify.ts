// SPDX-License-Identifier: Apache-2.0
import { accepted, type Outcome, type Refused, refused } from "../failure.ts";
import { half, isOdd, isSize } from "../size.ts";
import { emptyRoot, HASH_LENGTH, type Hash, sameBytes, TREE_HASH } from "./hash.ts";
import { isSubtree } from "./subtree.ts";

/** A proof has one hash a level at most, and a level fewer than bits in a size. */
export const MAX_PROOF_HASHES = 63;

/** That the leaf with this hash stands at `index` in the tree of `size` leaves with this root. */
export type InclusionClaim = {
  readonly leafHash: Hash;
  readonly index: number;
  readonly size: number;
  readonly root: Hash;
  readonly proof: readonly Hash[];
};

/** That the tree of `to` leaves begins with the tree of `from` leaves. */
export type ConsistencyClaim = {
  readonly from: number;
  readonly fromRoot: Hash;
  readonly to: number;
  readonly toRoot: Hash;
  readonly proof: readonly Hash[];
};

/** That the leaves `[start, end)` of the tree of `size` leaves have the root `subtreeRoot`. */
export type SubtreeClaim = {
  readonly start: number;
  readonly end: number;
  readonly subtreeRoot: Hash;
  readonly size: number;
  readonly root: Hash;
  readonly proof: readonly Hash[];
};

/** Checks an inclusion proof (RFC 9162 section 2.1.3.2). */
export function verifyInclusion(claim: InclusionClaim, hash = TREE_HASH): Outcome<true> {
  const { index, size, proof } = claim;
  const flaw = flawOfHashes(claim.leafHash, proof);
  if (flaw !== null) return flaw;
  if (!isSize(size)) return badSize(size);
  if (!isSize(index) || index >= size) {
    return refused("INDEX_OUTSIDE", `there is no leaf \`${index}\` in a tree of ${size}`);
  }
  let fn = index;
  let sn = size - 1;
  let root = claim.leafHash;
  for (const sibling of proof) {
    if (sn === 0) return tooLong();
    if (isOdd(fn) || fn === sn) {
      root = hash.node(sibling, root);
      while (!isOdd(fn) && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      root = hash.node(root, sibling);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  if (sn !== 0) return tooShort();
  return sameBytes(root, claim.root)
    ? accepted(true)
    : mismatch("the leaf does not lead to the root");
}

/** Checks an inclusion proof in the subtree `[start, end)`, whose own root is `root`. */
export function verifySubtreeInclusion(
  claim: Omit<InclusionClaim, "size"> & { readonly start: number; readonly end: number },
  hash = TREE_HASH,
): Outcome<true> {
  const { start, end, index } = claim;
  if (!isSubtree({ start, end })) return badSubtree(start, end);
  if (!isSize(index) || index < start || index >= end) {
    return refused("INDEX_OUTSIDE", `there is no leaf \`${index}\` between ${start} and ${end}`);
  }
  return verifyInclusion({ ...claim, index: index - start, size: end - start }, hash);
}

/**
 * Checks a consistency proof (RFC 9162 section 2.1.4.2). From size 0 there is none: every tree begins
 * with the empty one, so nothing would be shown of `toRoot`, and whoever asks has mistaken something.
 */
export function verifyConsistency(claim: ConsistencyClaim, hash = TREE_HASH): Outcome<true> {
  if (claim.from === 0) {
    return refused("SIZE_INVALID", "nothing can be shown of a tree from the empty one");
  }
  return verifySubtreeConsistency(
    {
      start: 0,
      end: claim.from,
      subtreeRoot: claim.fromRoot,
      size: claim.to,
      root: claim.toRoot,
      proof: claim.proof,
    },
    hash,
  );
}

/**
 * Checks that a subtree belongs to a tree (draft-ietf-plants-merkle-tree-certs section 4.4.3). With
 * `start` 0 it is a consistency proof of RFC 9162.
 */
export function verifySubtreeConsistency(claim: SubtreeClaim, hash = TREE_HASH): Outcome<true> {
  const { start, end, size, proof } = claim;
  const flaw = proof.length === 0 ? null : flawOfHashes(claim.subtreeRoot, proof);
  if (flaw !== null) return flaw;
  if (!isSize(size)) return badSize(size);
  if (end > size) return refused("SIZE_INVALID", `a tree of ${size} has no leaf before \`${end}\``);
  if (start !== end && !isSubtree({ start, end })) return badSubtree(start, end);
  return start === end ? verifyEmpty(claim) : verifySubtree(claim, hash);
}

// By the published vectors an empty subtree belongs to every tree, and shows nothing of its root.
function verifyEmpty({ start, end, subtreeRoot, proof }: SubtreeClaim): Outcome<true> {
  if (!isSize(start)) return badSubtree(start, end);
  if (proof.length > 0) return tooLong();
  return sameBytes(subtreeRoot, emptyRoot())
    ? accepted(true)
    : mismatch("an empty subtree has another root");
}

function verifySubtree(claim: SubtreeClaim, hash: typeof TREE_HASH): Outcome<true> {
  let [fn, sn, tn] = [claim.start, claim.end - 1, claim.size - 1];
  const up = (): void => {
    [fn, sn, tn] = [half(fn), half(sn), half(tn)];
  };
  if (sn === tn) while (fn !== sn) up();
  else while (fn !== sn && isOdd(sn)) up();

  // A complete subtree is its own first hash; any other is rebuilt from the proof.
  const known = fn === sn;
  const first = known ? claim.subtreeRoot : claim.proof[0];
  if (first === undefined) return tooShort();
  let [subtree, tree] = [first, first];
  for (const sibling of known ? claim.proof : claim.proof.slice(1)) {
    if (tn === 0) return tooLong();
    if (isOdd(sn) || sn === tn) {
      if (fn < sn) subtree = hash.node(sibling, subtree);
      tree = hash.node(sibling, tree);
      while (!isOdd(sn)) up();
    } else {
      tree = hash.node(tree, sibling);
    }
    up();
  }
  if (tn !== 0) return tooShort();
  if (!sameBytes(subtree, claim.subtreeRoot))
    return mismatch("the proof does not lead to the old root");
  return sameBytes(tree, claim.root)
    ? accepted(true)
    : mismatch("the proof does not lead to the root");
}

// A root that is only compared needs no check: one of another length equals no hash.
function flawOfHashes(first: Hash, proof: readonly Hash[]): Refused | null {
  if (proof.length > MAX_PROOF_HASHES) return tooLong();
  if ([first, ...proof].every((h) => h.length === HASH_LENGTH)) return null;
  return refused("HASH_LENGTH", "a hash of the tree is not 32 bytes long");
}

function badSize(size: number): Refused {
  return refused("SIZE_INVALID", `\`${size}\` is not the size of a tree`);
}

function badSubtree(start: number, end: number): Refused {
  return refused("SIZE_INVALID", `no tree has a subtree from \`${start}\` to \`${end}\``);
}

function tooLong(): Refused {
  return refused("PROOF_LENGTH", "the proof has more hashes than the sizes allow");
}

function tooShort(): Refused {
  return refused("PROOF_LENGTH", "the proof has fewer hashes than the sizes need");
}

function mismatch(says: string): Refused {
  return refused("ROOT_MISMATCH", says);
}
