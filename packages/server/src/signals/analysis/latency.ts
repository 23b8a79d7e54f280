// SPDX-License-Identifier: Apache-2.0
/** A quantile of changed cells against that of unchanged ones, or of the time before. */
import { quantileEvidence } from "@interlock/judge";
import type { CellCounts } from "@interlock/store";
import { type Asked, NO_BASELINE, type Reading } from "./levels.ts";
import { type PastSlot, sumsOver } from "./past.ts";

/** As it is stored: two histograms over the edges that the signal has. */
export type LatencyState = {
  readonly changed: readonly number[];
  readonly other: readonly number[];
  /** Whether `other` is the time before. */
  readonly before: boolean;
};

/** A move within the bucket and to the next is none; one of two buckets must be excluded. */
const STEPS = { toleratedSteps: 1, excludedSteps: 2 } as const;

export function beginLatency(asked: Asked, past: readonly PastSlot[]): LatencyState {
  const none = Array.from({ length: (asked.signal.settings.edges?.length ?? 0) + 1 }, () => 0);
  const before = asked.control.length === 0;
  const other = before
    ? past.reduce((sum, { cells }) => added(sum, sumsOver(cells, asked.changed)), none)
    : none;
  return { changed: none, other, before };
}

const added = (sum: number[], more: readonly number[] | null): number[] =>
  more === null || more.length !== sum.length ? sum : sum.map((n, i) => n + (more[i] ?? 0));

/** Counts a slot; one that misses a cell of a group is left out of both. */
export function addLatency(state: LatencyState, asked: Asked, cells: CellCounts): LatencyState {
  const own = sumsOver(cells, asked.changed);
  const other = state.before ? null : sumsOver(cells, asked.control);
  if (own === null || (!state.before && other === null)) return state;
  return {
    ...state,
    changed: added([...state.changed], own),
    other: added([...state.other], other),
  };
}

/** What the latencies say now. Slow answers are no lost orders: none are said to be excluded or not. */
export function readLatency(state: LatencyState, { signal }: Asked): Reading {
  const { quantilePpm } = signal.settings;
  const evidence = quantileEvidence(state.changed, state.other, { quantilePpm, ...STEPS });
  const { lnHarm, lnSafe } = evidence.ok ? evidence.value : { lnHarm: 0, lnSafe: 0 };
  const says = `its quantile at ${quantilePpm / 10_000} % needs more answers than ${sum(state.changed)} and ${sum(state.other)}: widen the wave or wait`;
  return {
    ...{ lnHarm, lnSafe, excludesPpm: 0, guarantee: NO_BASELINE },
    wait: { haltMs: null, promoteMs: null, says },
  };
}

const sum = (counts: readonly number[]): number => counts.reduce((all, n) => all + n, 0);
