// SPDX-License-Identifier: Apache-2.0
/** The line in a chart beyond which one slot alone stands out. No verdict comes from it. */
import type { PastSlot } from "./analysis/past.ts";
import { sumsOver } from "./analysis/past.ts";
import type { Signal } from "./settings.ts";

export type Shown = {
  readonly start: number;
  readonly counts: readonly number[] | null;
  readonly limit: number | null;
};

const SIGMAS = 3;

/**
 * Counts of some cells by slot. Orders: what the other cells lead one to expect of these, less three
 * standard deviations, where the share is that of `before`; errors: the share that may fail.
 */
export function shownSlots(
  signal: Signal,
  groups: { readonly own: readonly string[]; readonly others: readonly string[] },
  slots: { readonly before: readonly PastSlot[]; readonly shown: readonly PastSlot[] },
): readonly Shown[] {
  const ratio = ratioOf(groups, slots.before);
  return slots.shown.map(({ start, cells }) => {
    const counts = sumsOver(cells, groups.own);
    if (counts === null || signal.measures === "latency") return { start, counts, limit: null };
    if (signal.measures === "errors") {
      const may = ((counts[1] ?? 0) * signal.settings.errorsPpm) / 1_000_000;
      return { start, counts, limit: may };
    }
    const others = groups.others.length === 0 ? null : sumsOver(cells, groups.others);
    if (others === null || ratio === null) return { start, counts, limit: null };
    const expected = (others[0] ?? 0) * ratio;
    const deviation = Math.sqrt(expected * (1 + ratio));
    return { start, counts, limit: Math.max(0, expected - SIGMAS * deviation) };
  });
}

function ratioOf(
  { own, others }: { readonly own: readonly string[]; readonly others: readonly string[] },
  before: readonly PastSlot[],
): number | null {
  let [sum, rest] = [0, 0];
  for (const { cells } of before) {
    const [a, b] = [sumsOver(cells, own), others.length === 0 ? null : sumsOver(cells, others)];
    if (a === null || b === null) continue;
    sum += a[0] ?? 0;
    rest += b[0] ?? 0;
  }
  return rest === 0 ? null : sum / rest;
}
