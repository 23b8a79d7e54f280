// SPDX-License-Identifier: Apache-2.0
import { sha256HexOfText } from "#hash";
import { canonicalJson } from "./canonical.ts";
import { DigestError, shown } from "./error.ts";
import type { Json } from "./json.ts";

declare const digest: unique symbol;

/** 64 lower-case hexadecimal digits of a SHA-256 under a domain tag. */
export type Digest = string & { readonly [digest]: true };

const DIGEST = /^[0-9a-f]{64}$/;
const TAG = /^[a-z0-9][a-z0-9._/-]{0,99}$/;

/** Whether a text has the form of a digest. */
export function isDigest(text: unknown): text is Digest {
  return typeof text === "string" && DIGEST.test(text);
}

/**
 * The digest of a value under a domain tag such as `interlock/change/v1`:
 * SHA-256(UTF-8(tag) ‖ 0x00 ‖ UTF-8(canonical JSON)).
 *
 * INVARIANT (one meaning): a tag has no zero byte, so two tags never give the same bytes.
 */
export function digestOf(tag: string, value: Json): Digest {
  if (!TAG.test(tag)) {
    throw new DigestError("BAD_TAG", `the tag ${shown(tag)} is not lower-case ASCII`);
  }
  // A tag is ASCII and canonical JSON refuses lone surrogates, so that the text is well formed.
  const hex = sha256HexOfText(`${tag}\0${canonicalJson(value)}`);
  if (!isDigest(hex)) throw new Error("invariant broken: a SHA-256 is 64 hexadecimal digits");
  return hex;
}
