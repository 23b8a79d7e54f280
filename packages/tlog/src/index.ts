// SPDX-License-Identifier: Apache-2.0

export {
  type Outcome,
  type Refused,
  TLOG_FAILURES,
  type TlogFailure,
  type TlogFailureCode,
} from "./failure.ts";
export {
  emptyRoot,
  HASH_LENGTH,
  type Hash,
  leafHash,
  type Sha256,
  sameBytes,
  TREE_HASH,
  type TreeHash,
  treeHash,
} from "./merkle/hash.ts";
export { type HashReader, proveConsistency, proveInclusion, readRoot } from "./merkle/prove.ts";
export { appendLeaves, type CompactRange, EMPTY_RANGE, rootOfRange } from "./merkle/range.ts";
export { type LeafRange, nodesOfRange, rootOfLeaves, type TreeNode } from "./merkle/subtree.ts";
export {
  type ConsistencyClaim,
  type InclusionClaim,
  MAX_PROOF_HASHES,
  type SubtreeClaim,
  verifyConsistency,
  verifyInclusion,
  verifySubtreeConsistency,
  verifySubtreeInclusion,
} from "./merkle/verify.ts";
export { MAX_SIZE } from "./size.ts";
