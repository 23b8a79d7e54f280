// SPDX-License-Identifier: Apache-2.0
import { type Digest, isDigest } from "./digest.ts";
import { DigestError } from "./error.ts";
import { WORDS } from "./words.ts";

const COUNT = 6;
const BITS_EACH = 11n;

/**
 * Six words for the first 66 bits of a digest, so that a person can compare two screens. Enough
 * against a slip or a swapped page; a signature is always over the whole digest.
 */
export function sixWords(digest: Digest): readonly string[] {
  if (!isDigest(digest)) throw new DigestError("BAD_DIGEST", "the text is not a digest");
  const whole = BigInt(`0x${digest}`);
  return Array.from({ length: COUNT }, (_, i) => {
    const index = Number((whole >> (256n - BITS_EACH * BigInt(i + 1))) & 2047n);
    return WORDS[index] ?? "";
  });
}
