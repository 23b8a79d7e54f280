// SPDX-License-Identifier: Apache-2.0

export { sha256, sha256Hex } from "#hash";
export { canonicalJson, MAX_CANONICAL_LENGTH, MAX_DEPTH } from "./canonical.ts";
export {
  CHANGE_TAG,
  type ChangeEntry,
  type ChangeInput,
  type Content,
  changeDigest,
  type PathAttributes,
} from "./change.ts";
export { type Digest, digestOf, isDigest } from "./digest.ts";
export { DIGEST_ERRORS, DigestError, type DigestErrorCode } from "./error.ts";
export type { Json } from "./json.ts";
export { sixWords } from "./six-words.ts";
export { utf8 } from "./utf8.ts";
