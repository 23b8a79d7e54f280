// SPDX-License-Identifier: Apache-2.0
import {
  type Counts,
  type CountTest,
  countTest,
  learnBaseline,
  lnHarm,
  type Outcome,
  openComparison,
} from "@interlock/judge";
import { addSlot, lnSlots, noSlots } from "../../src/slots.ts";

/** Takes one minute and gives the statistic after it: a judge halts when it reaches its threshold. */
export type Watch = (slot: Counts) => number;

/** The value of what a simulation may rely on. */
export function sure<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.failure.code}: ${outcome.failure.message}`);
  return outcome.value;
}

/** The count e-process when the share is known. The statistic is ln E, but never below its last peak. */
export function countWatch(sharePpm: number): Watch {
  return peaks(sure(countTest({ sharePpm, worse: "lower", marginPpm: 0 })));
}

/**
 * Peaks of ln E. A mixture of likelihood ratios is at most the largest of them, which costs two
 * logarithms: only where that would be a new peak is the mixture itself worked out.
 */
function peaks(test: CountTest): Watch {
  let [changed, unchanged, peak] = [0, 0, 0];
  const { edge } = test.test;
  return (slot) => {
    changed += slot.changed;
    unchanged += slot.unchanged;
    const share = changed / (changed + unchanged);
    if (!(share < edge) || ceiling(changed, unchanged, edge) <= peak) return peak;
    peak = Math.max(peak, lnHarm(test, { changed, unchanged }));
    return peak;
  };
}

function ceiling(first: number, second: number, edge: number): number {
  const n = first + second;
  const part = (x: number, q: number): number => (x === 0 ? 0 : x * Math.log(x / n / q));
  return part(first, edge) + part(second, 1 - edge);
}

/** The comparison as shipped: share and noise learned from the day before. */
export function learnedWatch(
  before: readonly Counts[],
  asked: { readonly missPpm: number; readonly toleratedPpm: number },
): Watch {
  const baseline = sure(learnBaseline(before, asked.missPpm));
  const question = {
    worse: "lower",
    toleratedPpm: asked.toleratedPpm,
    excludedPpm: 200_000,
  } as const;
  const { harm } = sure(openComparison(baseline, question));
  if (harm.kind === "counts") return peaks(harm.test);
  let state = noSlots(harm.test);
  return (slot) => {
    state = addSlot(harm.test, state, slot);
    return lnSlots(state);
  };
}

/**
 * A canary check with a fixed threshold, as Flagger and Argo Rollouts have it: every minute the ratio
 * of the two groups is measured, and the fifth bad minute halts. The statistic is the drop that five
 * minutes have reached, so the threshold is what a team would write into its file.
 */
export function thresholdWatch(scale: number): Watch {
  const FAILURES = 5;
  const worst: number[] = [];
  return ({ changed, unchanged }) => {
    const drop = unchanged === 0 ? 0 : 1 - changed / (unchanged * scale);
    worst.push(drop);
    worst.sort((a, b) => b - a);
    worst.length = Math.min(FAILURES, worst.length);
    return worst.length < FAILURES ? Number.NEGATIVE_INFINITY : (worst.at(-1) ?? 0);
  };
}

/**
 * Tests that know share and drop. `sequential` also knows that the drop can only be there from the
 * first minute on, as after a wave: no test is faster (Wald & Wolfowitz 1948). `cusum` does not.
 */
export function oracleWatch(kind: "sequential" | "cusum", share: number, ratio: number): Watch {
  const harmed = (share * ratio) / (share * ratio + 1 - share);
  const [one, other] = [Math.log(harmed / share), Math.log((1 - harmed) / (1 - share))];
  const least = kind === "cusum" ? 0 : Number.NEGATIVE_INFINITY;
  let sum = 0;
  return ({ changed, unchanged }) => {
    sum = Math.max(least, sum + changed * one + unchanged * other);
    return sum;
  };
}
