// SPDX-License-Identifier: Apache-2.0
import { sha256Hex } from "./sha256.ts";
import { encodeInto } from "./utf8.ts";

export { sha256, sha256Hex } from "./sha256.ts";

/** Memory of one call: most texts are small, and nothing here is asynchronous. */
const SCRATCH = new Uint8Array(1 << 16);

/** SHA-256 of the UTF-8 form of a text without lone surrogates, as 64 lower-case hexadecimal digits. */
export function sha256HexOfText(wellFormed: string): string {
  const most = wellFormed.length * 3;
  const bytes = most <= SCRATCH.length ? SCRATCH : new Uint8Array(most);
  return sha256Hex(bytes.subarray(0, encodeInto(wellFormed, bytes)));
}
