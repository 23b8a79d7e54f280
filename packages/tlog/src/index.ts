// SPDX-License-Identifier: Apache-2.0
// A writer: `growEdge` and `encodeBundle`, store what they give, take the new head by compare-and-swap,
//   `signCheckpoint`, `formatAddCheckpoint` to each witness, `readWitnessAnswer`, `checkNote`.
// A verifier of one entry: `parsePolicy`, `verifyTlogProof`. Of a log: `acceptCheckpoint`, then
//   `readEntries` for all of it, `proveInclusion` over a `tileReader`, `compareHeads` with one seen before.
// A witness: `openAddCheckpoint`, then `judgeSubmission` in one step with storing, `cosign`.

export {
  type Checkpoint,
  formatCheckpoint,
  openCheckpoint,
  parseCheckpoint,
  type SignedCheckpoint,
  signCheckpoint,
} from "./checkpoint.ts";
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
export { cosign, type SignBytes } from "./note/cosignature.ts";
export { isWeakKey } from "./note/ed25519.ts";
export {
  formatVerifierKey,
  type KeyKind,
  parseVerifierKey,
  type VerifierKey,
  verifierKey,
} from "./note/key.ts";
export {
  formatNote,
  formatSignature,
  MAX_NOTE_LENGTH,
  MAX_SIGNATURES,
  type Note,
  type NoteSignature,
  parseNote,
  parseSignatures,
} from "./note/note.ts";
export {
  type CheckedNote,
  checkNote,
  openNote,
  signText,
  type VerifiedSignature,
} from "./note/open.ts";
export {
  type Assurance,
  assuranceOf,
  isQuorum,
  type Lacking,
  lackingOf,
} from "./policy/assurance.ts";
export {
  MAX_POLICY_LENGTH,
  type Policy,
  type PolicyGroup,
  type PolicyLog,
  type PolicyWitness,
  parsePolicy,
  readableName,
} from "./policy/parse.ts";
export {
  acceptCheckpoint,
  CLOCK_TOLERANCE,
  type Cosigned,
  type WeighedCheckpoint,
  type WeighOptions,
  weighCheckpoint,
} from "./policy/weigh.ts";
export { MAX_SIZE } from "./size.ts";
export { type CheckedEntries, readEntries } from "./tile/audit.ts";
export { decodeBundle, encodeBundle, MAX_ENTRY_LENGTH } from "./tile/bundle.ts";
export { type CheckedTiles, checkedTiles } from "./tile/checked.ts";
export { compareHeads, type HeadComparison, type TreeHead } from "./tile/compare.ts";
export {
  EMPTY_EDGE,
  type Grown,
  growEdge,
  rootOfEdge,
  type TreeEdge,
  type WrittenTile,
} from "./tile/edge.ts";
export { decodeTile, encodeTile } from "./tile/hashes.ts";
export { bundlesBetween, partialTiles, tileAt, tilesBetween, tilesFor } from "./tile/layout.ts";
export {
  type Bundle,
  bundlePath,
  parseTilePath,
  TILE_WIDTH,
  type Tile,
  type TilePath,
  tilePath,
} from "./tile/path.ts";
export { type FetchStored, type StoredTree, type TileReader, tileReader } from "./tile/reader.ts";
export {
  formatTlogProof,
  MAX_EXTRA_LENGTH,
  MAX_TLOG_PROOF_LENGTH,
  parseTlogProof,
  type TlogProof,
  type VerifiedEntry,
  verifyTlogProof,
} from "./tlog-proof.ts";
export {
  cosignedAnswer,
  formatAddCheckpoint,
  judgeSubmission,
  MAX_ADD_CHECKPOINT_LENGTH,
  NOTHING_SEEN,
  type OpenedRequest,
  openAddCheckpoint,
  parseAddCheckpoint,
  readWitnessAnswer,
  type Submission,
  type WitnessAnswer,
  type WitnessedHead,
  type WitnessReply,
  type WitnessVerdict,
} from "./witness.ts";
