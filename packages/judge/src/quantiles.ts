// SPDX-License-Identifier: Apache-2.0
import { lnEvidenceBelow, shareTest } from "./counts.ts";
import { lnMeanExp } from "./numeric.ts";
import {
  countRefusal,
  given,
  isCount,
  isShare,
  MILLION,
  type Outcome,
  refused,
  shareRefusal,
} from "./outcome.ts";

/** Rising thresholds, each the last times 1 + step: what was slower than the last is counted there. */
export type Grid = { readonly thresholds: readonly number[]; readonly stepPpm: number };

/** How many values fell at or under each threshold and above the one before; the last is the rest. */
export type Histogram = readonly number[];

const THRESHOLDS_MAX = 2_048;

/**
 * A grid around what the baseline shows. Counts at fixed thresholds are exact, so the only price of
 * bounded memory is that a quantile is known to within one step.
 */
export function quantileGrid(low: number, high: number, stepPpm: number): Outcome<Grid> {
  const sane = Number.isFinite(low) && Number.isFinite(high) && low > 0 && high > low;
  if (!sane || !Number.isInteger(stepPpm) || stepPpm < 100 || stepPpm > MILLION)
    return refused(
      "out-of-range",
      `no grid from ${String(low)} to ${String(high)} in steps of ${String(stepPpm)} ppm`,
      "pass 0 < low < high and a step from 100 to 1,000,000 ppm",
    );
  const steps = Math.ceil(Math.log(high / low) / Math.log1p(stepPpm / MILLION)) + 1;
  if (steps > THRESHOLDS_MAX)
    return refused(
      "too-many",
      `${steps} thresholds`,
      `use at most ${THRESHOLDS_MAX}: a wider step`,
    );
  const thresholds = Array.from({ length: steps }, (_, i) => low * (1 + stepPpm / MILLION) ** i);
  return given({ thresholds, stepPpm });
}

/** Nothing seen. */
export function noValues(grid: Grid): Histogram {
  return Array.from({ length: grid.thresholds.length + 1 }, () => 0);
}

/** Adds values; one that is no number or negative is refused. */
export function addValues(
  grid: Grid,
  state: Histogram,
  values: readonly number[],
): Outcome<Histogram> {
  const next = [...state];
  for (const value of values) {
    if (!(value >= 0) || value === Number.POSITIVE_INFINITY)
      return refused(
        "not-a-number",
        `a value is ${String(value)}`,
        "leave out what was not measured",
      );
    const place = firstAtLeast(grid.thresholds, value);
    next[place] = (next[place] ?? 0) + 1;
  }
  return given(next);
}

/** Adds another histogram over the same grid, such as the buckets that a metrics source keeps. */
export function addHistogram(state: Histogram, more: Histogram): Outcome<Histogram> {
  if (more.length !== state.length)
    return refused("out-of-range", "two histograms have other grids", "keep one grid a rollout");
  const bad = more.find((n) => !isCount(n));
  if (bad !== undefined) return countRefusal("histogram", bad);
  return given(state.map((n, i) => n + (more[i] ?? 0)));
}

function firstAtLeast(thresholds: readonly number[], value: number): number {
  let [low, high] = [0, thresholds.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((thresholds[middle] ?? 0) >= value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** `null` where the grid or the evidence does not reach. */
export type QuantileBounds = { readonly low: number | null; readonly high: number | null };

/**
 * Bounds that hold the quantile at all times at once with probability 1 - alpha. At the true quantile
 * the indicator is Bernoulli, so its own test bounds it and nothing is paid for the other thresholds:
 * the argument of Howard & Ramdas, Bernoulli 2022, theorem 1, https://arxiv.org/abs/1906.09712, with
 * the beta mixture in place of their boundary.
 */
export function quantileBounds(
  grid: Grid,
  state: Histogram,
  wanted: { readonly quantilePpm: number; readonly alphaPpm: number },
): Outcome<QuantileBounds> {
  const problem = wrongShares(wanted.quantilePpm, wanted.alphaPpm);
  if (problem !== null) return problem;
  const goal = Math.log((2 * MILLION) / wanted.alphaPpm);
  const arm = cumulative(state, wanted.quantilePpm / MILLION);
  const low = grid.thresholds.findLast((_, k) => lnAbove(arm, k) >= goal);
  const high = grid.thresholds.find((_, k) => lnBelow(arm, k) >= goal);
  return given({ low: low ?? null, high: high ?? null });
}

type Arm = {
  readonly upTo: readonly number[];
  readonly total: number;
  readonly above: ReturnType<typeof shareTest>;
  readonly below: ReturnType<typeof shareTest>;
};

function cumulative(state: Histogram, quantile: number): Arm {
  let total = 0;
  const upTo = state.map((n) => {
    total += n;
    return total;
  });
  return { upTo, total, above: shareTest(quantile), below: shareTest(1 - quantile) };
}

/** ln E against "the quantile is at most threshold k"; beyond the grid everything is at most. */
function lnAbove({ upTo, total, above }: Arm, k: number): number {
  const under = k < 0 ? 0 : k >= upTo.length ? total : (upTo[k] ?? 0);
  return lnEvidenceBelow(above, under, total - under);
}

/** ln E against "the quantile is above threshold k", from what is surely under it. */
function lnBelow({ upTo, below }: Arm, k: number): number {
  const total = upTo.at(-1) ?? 0;
  const under = k < 0 ? 0 : (upTo[Math.min(k, upTo.length - 2)] ?? 0);
  return lnEvidenceBelow(below, total - under, under);
}

/** Two arms over one grid, and the move of the quantile that is tolerated or must be excluded. */
export type QuantileQuestion = {
  readonly quantilePpm: number;
  /** Whole steps of the grid. */
  readonly toleratedSteps: number;
  readonly excludedSteps: number;
};

/** Evidence that the changed arm's quantile is beyond, and short of, the given moves. */
export function quantileEvidence(
  changed: Histogram,
  unchanged: Histogram,
  question: QuantileQuestion,
): Outcome<{ readonly lnHarm: number; readonly lnSafe: number }> {
  const { quantilePpm, toleratedSteps, excludedSteps } = question;
  if (!isShare(quantilePpm)) return shareRefusal("quantilePpm", quantilePpm);
  const bad = [...changed, ...unchanged].find((n) => !isCount(n));
  if (bad !== undefined) return countRefusal("histogram", bad);
  const whole = Number.isInteger(toleratedSteps) && Number.isInteger(excludedSteps);
  if (changed.length !== unchanged.length || changed.length > THRESHOLDS_MAX + 1)
    return refused("out-of-range", "the two arms have other grids", "keep one grid for both arms");
  if (!whole || toleratedSteps < 0 || excludedSteps <= toleratedSteps)
    return refused(
      "out-of-range",
      `steps ${String(toleratedSteps)} and ${String(excludedSteps)} are not 0 <= tolerated < excluded`,
      "tolerate fewer steps of the grid than must be excluded",
    );
  const quantile = quantilePpm / MILLION;
  const [own, other] = [cumulative(changed, quantile), cumulative(unchanged, quantile)];
  return given({
    lnHarm: lnApart(own, other, { slow: toleratedSteps, fast: 0 }),
    lnSafe: lnApart(other, own, { slow: 0, fast: excludedSteps }),
  });
}

/**
 * ln E against "the slow arm's quantile is no further up than the fast one's". Where the null is true
 * there is a place x with one quantile on each side; there both one-sided e-processes, and so their
 * mean, have mean at most 1. The least over all places is below that one: no place need be known.
 */
function lnApart(slow: Arm, fast: Arm, shift: { slow: number; fast: number }): number {
  let least = Number.POSITIVE_INFINITY;
  for (let k = -1; k < slow.upTo.length - 1; k += 1) {
    const here = lnMeanExp([lnAbove(slow, k + 1 + shift.slow), lnBelow(fast, k + shift.fast)]);
    if (here < least) least = here;
  }
  return least;
}

function wrongShares(quantilePpm: number, alphaPpm: number): Outcome<never> | null {
  if (!isShare(quantilePpm)) return shareRefusal("quantilePpm", quantilePpm);
  return isShare(alphaPpm) ? null : shareRefusal("alphaPpm", alphaPpm);
}
