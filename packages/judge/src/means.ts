// SPDX-License-Identifier: Apache-2.0
import { lnNormalCdf } from "./numeric.ts";
import { given, isShare, MILLION, type Outcome, refused, shareRefusal } from "./outcome.ts";

/** Count, mean and sum of squared deviations of one arm (Welford, Technometrics 1962). */
export type Moments = { readonly count: number; readonly mean: number; readonly squares: number };

/** Nothing seen. */
export const NO_MOMENTS: Moments = { count: 0, mean: 0, squares: 0 };

/** Adds values to an arm; one that is no finite number is refused. */
export function addMoments(state: Moments, values: readonly number[]): Outcome<Moments> {
  let { count, mean, squares } = state;
  for (const value of values) {
    if (!Number.isFinite(value) || Math.abs(value) > VALUE_MAX)
      return refused(
        "not-a-number",
        `a value is ${String(value)}`,
        "leave out what was not measured",
      );
    count += 1;
    const before = value - mean;
    mean += before / count;
    squares += before * (value - mean);
  }
  return given({ count, mean, squares });
}

// Products of four of them, and of as many values, stay finite.
const VALUE_MAX = 1e70;
/** More than any threshold, and still a number. */
const LN_MAX = 1e9;
/** Below this the normal limit is no basis for anything. */
const SAMPLES_LEAST = 30;

/** Two arms and the size of the move that the test should find fastest, in the unit of the values. */
export type MeanQuestion = { readonly worse: "lower" | "higher"; readonly scale: number };

/**
 * ln E of harm beyond `margin` (in the unit of the values): the mixture sequential ratio test with a
 * half-normal prior on the side of harm (Johari et al., Operations Research 2022,
 * https://arxiv.org/abs/1512.04922). Asymptotic: it counts as 0 below 30 samples an arm.
 */
export function lnMeanHarm(
  arms: { readonly changed: Moments; readonly unchanged: Moments },
  question: MeanQuestion,
  margin: number,
): Outcome<number> {
  const { worse, scale } = question;
  if (!isScale(scale) || !(Math.abs(margin) <= VALUE_MAX))
    return refused("out-of-range", "scale or margin is no usable number", "pass a scale above 0");
  const variance = varianceOf(arms.changed, arms.unchanged);
  if (variance === null) return given(0);
  const moved = (arms.changed.mean - arms.unchanged.mean) * (worse === "lower" ? -1 : 1) - margin;
  const both = variance + scale * scale;
  const root = Math.sqrt(variance) * Math.sqrt(both);
  // Further down the terms only cancel: there is no evidence of harm.
  const z = Math.max(-1e4, (scale * moved) / root);
  const lnE = Math.LN2 + 0.5 * Math.log(variance / both) + (z * z) / 2 + lnNormalCdf(z);
  return given(Math.min(LN_MAX, lnE));
}

/**
 * Asymptotic confidence sequence of the difference of means, changed less unchanged, at all times at
 * once (Waudby-Smith et al., Annals of Statistics 2024, https://arxiv.org/abs/2103.06476): the
 * differences that the two-sided mixture does not exclude. `null` below 30 samples an arm.
 */
export function meanDifference(
  arms: { readonly changed: Moments; readonly unchanged: Moments },
  wanted: { readonly scale: number; readonly alphaPpm: number },
): Outcome<{ readonly low: number; readonly high: number } | null> {
  const { scale, alphaPpm } = wanted;
  if (!isShare(alphaPpm)) return shareRefusal("alphaPpm", alphaPpm);
  if (!isScale(scale))
    return refused("out-of-range", `\`scale\` is ${String(scale)}`, "pass a scale above 0");
  const variance = varianceOf(arms.changed, arms.unchanged);
  if (variance === null) return given(null);
  const both = variance + scale * scale;
  const reach = 2 * Math.log(MILLION / alphaPpm) + Math.log(both / variance);
  const half = Math.sqrt(((variance * both) / (scale * scale)) * reach);
  const middle = arms.changed.mean - arms.unchanged.mean;
  return given({ low: middle - half, high: middle + half });
}

function isScale(scale: number): boolean {
  return scale >= 1 / VALUE_MAX && scale <= VALUE_MAX;
}

function varianceOf(x: Moments, y: Moments): number | null {
  if (!(x.count >= SAMPLES_LEAST && y.count >= SAMPLES_LEAST)) return null;
  const variance = x.squares / (x.count - 1) / x.count + y.squares / (y.count - 1) / y.count;
  // Two constant arms have no noise to judge by.
  return variance > 0 && Number.isFinite(variance) ? variance : null;
}
