// SPDX-License-Identifier: Apache-2.0
import { accepted, invariant, type Outcome, refused } from "../failure.ts";
import { HASH_LENGTH, type Hash } from "../merkle/hash.ts";
import { TILE_WIDTH } from "./path.ts";

/** Writes 1 to 256 hashes one after the other. */
export function encodeTile(hashes: readonly Hash[]): Uint8Array {
  invariant(hashes.length > 0 && hashes.length <= TILE_WIDTH, "tiles hold 1 to 256 hashes");
  const bytes = new Uint8Array(hashes.length * HASH_LENGTH);
  hashes.forEach((hash, i) => {
    invariant(hash.length === HASH_LENGTH, "hashes are 32 bytes");
    bytes.set(hash, i * HASH_LENGTH);
  });
  return bytes;
}

/** Reads a tile that must hold exactly `width` hashes. They share the memory of `bytes`. */
export function decodeTile(bytes: Uint8Array, width: number): Outcome<readonly Hash[]> {
  if (bytes.length !== width * HASH_LENGTH) {
    return refused("TILE_MALFORMED", `a tile of ${width} hashes has ${bytes.length} bytes`);
  }
  return accepted(
    Array.from({ length: width }, (_, i) => bytes.subarray(i * HASH_LENGTH, (i + 1) * HASH_LENGTH)),
  );
}
