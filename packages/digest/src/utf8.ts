// SPDX-License-Identifier: Apache-2.0
import { DigestError } from "./error.ts";

/** With the `u` flag a well-formed pair is one character, so only half of one matches. */
export const LONE_SURROGATE = /[\ud800-\udfff]/u;

/** Encodes text as UTF-8 (RFC 3629). Throws `LONE_SURROGATE` instead of replacing half a character. */
export function utf8(text: string): Uint8Array {
  const out = new Uint8Array(text.length * 3);
  return out.slice(0, encodeInto(text, out));
}

/** Writes the UTF-8 form of `text` at the start of `out`, three bytes a code unit at most, and returns its length in bytes. */
export function encodeInto(text: string, out: Uint8Array): number {
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      out[at++] = unit;
    } else if (unit < 0x800) {
      out[at++] = 0xc0 | (unit >> 6);
      out[at++] = 0x80 | (unit & 0x3f);
    } else if (unit < 0xd800 || unit > 0xdfff) {
      out[at++] = 0xe0 | (unit >> 12);
      out[at++] = 0x80 | ((unit >> 6) & 0x3f);
      out[at++] = 0x80 | (unit & 0x3f);
    } else {
      const point = pairAt(text, i++);
      out[at++] = 0xf0 | (point >> 18);
      out[at++] = 0x80 | ((point >> 12) & 0x3f);
      out[at++] = 0x80 | ((point >> 6) & 0x3f);
      out[at++] = 0x80 | (point & 0x3f);
    }
  }
  return at;
}

function pairAt(text: string, index: number): number {
  const high = text.charCodeAt(index);
  const low = text.charCodeAt(index + 1);
  // Past the end `low` is NaN, and every comparison with it is false.
  if (high < 0xdc00 && low >= 0xdc00 && low <= 0xdfff) {
    return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
  }
  throw new DigestError("LONE_SURROGATE", `the text has half a character at position ${index}`);
}
