// SPDX-License-Identifier: Apache-2.0
import type { Counts } from "@interlock/judge";
import { type Chance, noise, poisson } from "../../test/chance.ts";

/** Events a minute in each group while nothing is wrong, and how they scatter. */
export type Traffic = {
  readonly name: string;
  readonly changed: number;
  readonly unchanged: number;
  /** Relative noise of each group in each minute beyond Poisson. */
  readonly spread: number;
  /** That of the unchanged group where it is another; and noise that both groups share. */
  readonly restSpread?: number;
  readonly common?: number;
};

export const LEVELS: readonly Traffic[] = [
  { name: "2 a minute in each arm", changed: 2, unchanged: 2, spread: 0 },
  { name: "30 a minute in each arm", changed: 30, unchanged: 30, spread: 0 },
  { name: "1 % wave: 177 of 17,700 a minute", changed: 177, unchanged: 17_523, spread: 0 },
];

/**
 * The noise of the drills (packages/drill): the variance of a cell is 0.02 of its square a second, that of
 * a region 0.0009 in ten; a wave of 1 % is in one cell, the rest in twelve. Over a minute these remain.
 */
const DRILL_NOISE = {
  spread: Math.sqrt(0.02 / 60),
  restSpread: Math.sqrt(0.02 / 60 / 11),
  common: Math.sqrt(0.0009 / 6),
} as const;

/** Waves of 1 % in the drills' traffic: a day, a night, a small shop. */
export const DRILL_LEVELS: readonly Traffic[] = [
  { name: "1 % wave: 1.77 of 177 a minute", changed: 1.77, unchanged: 175.23, ...DRILL_NOISE },
  { name: "1 % wave: 17.7 of 1,770 a minute", changed: 17.7, unchanged: 1_752.3, ...DRILL_NOISE },
  { name: "1 % wave: 177 of 17,700 a minute", changed: 177, unchanged: 17_523, ...DRILL_NOISE },
];

const DAY = 1_440;

/** One minute: both groups follow the same day, the changed one at `ratio` times its rate. */
export function minute(
  next: Chance,
  traffic: Traffic,
  at: { index: number; ratio: number },
): Counts {
  const day = 1 + 0.5 * Math.sin((2 * Math.PI * at.index) / DAY);
  const { changed, unchanged, spread } = traffic;
  const all = day * noise(next, traffic.common ?? 0);
  return {
    changed: poisson(next, changed * all * at.ratio * noise(next, spread)),
    unchanged: poisson(next, unchanged * all * noise(next, traffic.restSpread ?? spread)),
  };
}

/** The day before: nothing has changed yet. */
export function dayBefore(next: Chance, traffic: Traffic): readonly Counts[] {
  return Array.from({ length: DAY }, (_, index) => minute(next, traffic, { index, ratio: 1 }));
}
