// SPDX-License-Identifier: Apache-2.0
/** The line in a chart beyond which one slot alone stands out. No verdict comes from it. */
import type { PastSlot } from "./analysis/past.ts";
import { sumsOver } from "./analysis/past.ts";
import type { Signal } from "./settings.ts";

export type Shown = {
  readonly start: number;
  readonly counts: readonly number[] | null;
  readonly value: number | null;
  readonly expected: number | null;
  readonly limit: number | null;
};

type Groups = { readonly own: readonly string[]; readonly others: readonly string[] };
type Drawn = Pick<Shown, "value" | "expected" | "limit">;

const SIGMAS = 3;
const NOTHING: Drawn = { value: null, expected: null, limit: null };

/**
 * Counts of some cells by slot. Orders: what the other cells lead one to expect of these, less three
 * standard deviations, where the share is that of `before`; errors: the share that may fail; a latency:
 * its quantile, which may move by one bucket from that of the other cells.
 */
export function shownSlots(
  signal: Signal,
  groups: Groups,
  slots: { readonly before: readonly PastSlot[]; readonly shown: readonly PastSlot[] },
): readonly Shown[] {
  const ratio = ratioOf(groups, slots.before);
  return slots.shown.map(({ start, cells }) => {
    const counts = sumsOver(cells, groups.own);
    if (counts === null) return { start, counts, ...NOTHING };
    const others = groups.others.length === 0 ? null : sumsOver(cells, groups.others);
    return { start, counts, ...drawn(signal, { counts, others, ratio }) };
  });
}

type Counted = {
  readonly counts: readonly number[];
  readonly others: readonly number[] | null;
  readonly ratio: number | null;
};

function drawn(signal: Signal, { counts, others, ratio }: Counted): Drawn {
  if (signal.measures === "latency") return drawnLatency(signal, counts, others);
  const [value = 0, requests = 0] = counts;
  if (signal.measures === "errors") {
    const [failed = 0, all = 0] = others ?? [];
    const limit = (requests * signal.settings.errorsPpm) / 1_000_000;
    return { value, expected: all === 0 ? null : (requests * failed) / all, limit };
  }
  if (others === null || ratio === null) return { ...NOTHING, value };
  const expected = (others[0] ?? 0) * ratio;
  const deviation = Math.sqrt(expected * (1 + ratio));
  return { value, expected, limit: Math.max(0, expected - SIGMAS * deviation) };
}

function drawnLatency(
  { settings }: Signal,
  counts: readonly number[],
  others: readonly number[] | null,
): Drawn {
  const { edges = [], quantilePpm } = settings;
  const expected = others === null ? null : bucketOf(others, quantilePpm);
  const edge = (bucket: number | null) => (bucket === null ? null : (edges[bucket] ?? null));
  return {
    value: edge(bucketOf(counts, quantilePpm)),
    expected: edge(expected),
    limit: edge(expected === null ? null : expected + 1),
  };
}

/** In which bucket a quantile is; `null`: nothing was answered. Above the last edge there is no number. */
function bucketOf(counts: readonly number[], quantilePpm: number): number | null {
  const all = counts.reduce((sum, n) => sum + n, 0);
  let sum = 0;
  const found = counts.findIndex((n) => {
    sum += n;
    return all > 0 && sum * 1_000_000 >= all * quantilePpm;
  });
  return found < 0 ? null : found;
}

function ratioOf({ own, others }: Groups, before: readonly PastSlot[]): number | null {
  let [sum, rest] = [0, 0];
  for (const { cells } of before) {
    const [a, b] = [sumsOver(cells, own), others.length === 0 ? null : sumsOver(cells, others)];
    if (a === null || b === null) continue;
    sum += a[0] ?? 0;
    rest += b[0] ?? 0;
  }
  return rest === 0 ? null : sum / rest;
}
