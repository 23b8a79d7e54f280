// SPDX-License-Identifier: Apache-2.0
import { accepted, invariant, type Outcome, refused } from "../failure.ts";
import { TILE_WIDTH } from "./path.ts";

/** The longest entry: its length is written as 16 bits (tlog-tiles). */
export const MAX_ENTRY_LENGTH = 0xffff;

/** Writes 1 to 256 entries, each after its length. Refuses an entry that is too long for a log. */
export function encodeBundle(entries: readonly Uint8Array[]): Outcome<Uint8Array> {
  invariant(entries.length > 0 && entries.length <= TILE_WIDTH, "bundles hold 1 to 256 entries");
  const long = entries.find((entry) => entry.length > MAX_ENTRY_LENGTH);
  if (long !== undefined) {
    return refused(
      "ENTRY_TOO_LARGE",
      `an entry of ${long.length} bytes is over the ${MAX_ENTRY_LENGTH} that a log can hold`,
    );
  }
  const bytes = new Uint8Array(entries.reduce((sum, entry) => sum + 2 + entry.length, 0));
  let at = 0;
  for (const entry of entries) {
    bytes[at] = entry.length >> 8;
    bytes[at + 1] = entry.length & 0xff;
    bytes.set(entry, at + 2);
    at += 2 + entry.length;
  }
  return accepted(bytes);
}

/** Reads a bundle that must hold exactly `width` entries and nothing else. They share the memory of `bytes`. */
export function decodeBundle(bytes: Uint8Array, width: number): Outcome<readonly Uint8Array[]> {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length && entries.length < width) {
    const end = at + 2 + (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
    if (at + 2 > bytes.length || end > bytes.length) {
      return malformed(`the bundle ends inside entry ${entries.length}`);
    }
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  if (entries.length < width) {
    return malformed(`the bundle holds ${entries.length} entries and not ${width}`);
  }
  return at === bytes.length
    ? accepted(entries)
    : malformed(`the bundle goes on after its ${width} entries`);
}

function malformed(says: string): Outcome<never> {
  return refused("BUNDLE_MALFORMED", says);
}
