// SPDX-License-Identifier: Apache-2.0
import { sha256Hex } from "@interlock/digest";
import type { BatchItem, CellRead } from "./target.ts";

/** What has to be written so that a cell holds what is wanted, and what it held before. */
export type WritePlan = {
  /** Sorted by key; only keys whose value changes. */
  readonly items: readonly BatchItem[];
  /** By key, for the same keys: SHA-256 of the value as hex; `null`: the key is absent. */
  readonly before: ReadonlyMap<string, string | null>;
};

/**
 * Compares what was read with what is wanted (`null`: absent). Keys that are wanted but were not read
 * are the caller's mistake and throw.
 */
export function planWrites(
  read: CellRead,
  desired: ReadonlyMap<string, Uint8Array | null>,
): WritePlan {
  const items: BatchItem[] = [];
  const before = new Map<string, string | null>();
  for (const key of [...desired.keys()].sort()) {
    const held = read.items.get(key);
    if (held === undefined) throw new Error(`\`${key}\` is wanted but was not read`);
    const value = desired.get(key) ?? null;
    if (isSame(held?.value ?? null, value)) continue;
    items.push({ key, value, over: held?.version ?? null });
    before.set(key, held === null ? null : sha256Hex(held.value));
  }
  return { items, before };
}

/** Whether two values are the same bytes; `null`, which is absence, only equals itself. */
export function isSame(one: Uint8Array | null, other: Uint8Array | null): boolean {
  if (one === null || other === null) return one === other;
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
