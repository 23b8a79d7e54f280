// SPDX-License-Identifier: Apache-2.0
import { isSame } from "./plan.ts";
import type { Answered, Batch, Target } from "./target.ts";

/** What the keys of a batch hold now, against what the batch was to make of them; in its order. */
export type ReadBack = {
  /** They hold what was sent. */
  readonly done: readonly string[];
  /** They hold what they held before: the write did nothing to them. */
  readonly before: readonly string[];
  /** They hold something else: somebody wrote them. */
  readonly other: readonly string[];
};

/**
 * Asks the target what a batch came to. An answer `written` is a claim; this is what is believed, and
 * the only thing that tells after `unknown`. A key that was to stay absent and is counts as done.
 */
export async function readBack(target: Target, batch: Batch): Promise<Answered<ReadBack>> {
  const read = await target.read(
    batch.cell,
    batch.items.map(({ key }) => key),
  );
  if (!read.ok) return read;
  const done: string[] = [];
  const before: string[] = [];
  const other: string[] = [];
  for (const { key, value, over } of batch.items) {
    const held = read.value.items.get(key) ?? null;
    if (isSame(held?.value ?? null, value)) done.push(key);
    else if ((held?.version ?? null) === over) before.push(key);
    else other.push(key);
  }
  return { ok: true, value: { done, before, other } };
}
