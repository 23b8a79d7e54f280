// SPDX-License-Identifier: Apache-2.0
import { given, type Outcome, refused } from "./outcome.ts";

/** Which cell to expose next to which of the suspects, so that the next faults tell them apart. */
export type Separation = {
  readonly steps: readonly { readonly cell: string; readonly exposeTo: readonly string[] }[];
  /** Suspects that would still be alike for want of cells; empty when the plan separates all. */
  readonly stillAlike: readonly (readonly string[])[];
};

const SUSPECTS_MAX = 1_000;

/**
 * A plan that separates suspects of one exposure: each gets its own binary code over the cells that
 * none of them has reached, so k suspects need log2(k) cells, rounded up (group testing, Dorfman 1943).
 * The code 0 is one suspect's: it is exposed nowhere new.
 */
export function separate(
  suspects: readonly string[],
  freeCells: readonly string[],
): Outcome<Separation> {
  if (suspects.length > SUSPECTS_MAX)
    return refused("too-many", `${suspects.length} suspects`, `pass at most ${SUSPECTS_MAX}`);
  const ids = [...new Set(suspects)].sort();
  const cells = [...new Set(freeCells)].sort();
  const needed = ids.length < 2 ? 0 : Math.ceil(Math.log2(ids.length));
  const bits = Math.min(needed, cells.length);
  const steps = cells.slice(0, bits).map((cell, bit) => ({
    cell,
    exposeTo: ids.filter((_, code) => ((code >> bit) & 1) === 1),
  }));
  const byCode = new Map<number, string[]>();
  for (const [code, id] of ids.entries()) {
    const shown = code & ((1 << bits) - 1);
    byCode.set(shown, [...(byCode.get(shown) ?? []), id]);
  }
  return given({ steps, stillAlike: [...byCode.values()].filter((group) => group.length > 1) });
}
