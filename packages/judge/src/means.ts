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

// The square of a sum of this many of them is still finite.
const VALUE_MAX = 1e100;
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
  if (!Number.isFinite(scale) || scale <= 0 || !Number.isFinite(margin))
    return refused("out-of-range", "scale or margin is no finite number", "pass a scale above 0");
  const variance = varianceOf(arms.changed, arms.unchanged);
  if (variance === null) return given(0);
  const moved = (arms.changed.mean - arms.unchanged.mean) * (worse === "lower" ? -1 : 1) - margin;
  const prior = scale * scale;
  const both = variance + prior;
  return given(
    Math.LN2 +
      0.5 * Math.log(variance / both) +
      (prior * moved * moved) / (2 * variance * both) +
      lnNormalCdf((scale * moved) / Math.sqrt(variance * both)),
  );
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
  if (!Number.isFinite(scale) || scale <= 0)
    return refused("out-of-range", `\`scale\` is ${String(scale)}`, "pass a scale above 0");
  const variance = varianceOf(arms.changed, arms.unchanged);
  if (variance === null) return given(null);
  const both = variance + scale * scale;
  const reach = 2 * Math.log(MILLION / alphaPpm) + Math.log(both / variance);
  const half = Math.sqrt(((variance * both) / (scale * scale)) * reach);
  const middle = arms.changed.mean - arms.unchanged.mean;
  return given({ low: middle - half, high: middle + half });
}

function varianceOf(x: Moments, y: Moments): number | null {
  if (!(x.count >= SAMPLES_LEAST && y.count >= SAMPLES_LEAST)) return null;
  const variance = x.squares / (x.count - 1) / x.count + y.squares / (y.count - 1) / y.count;
  // Two constant arms have no noise to judge by.
  return variance > 0 && Number.isFinite(variance) ? variance : null;
}
