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
};

export const LEVELS: readonly Traffic[] = [
  { name: "2 a minute in each arm", changed: 2, unchanged: 2, spread: 0 },
  { name: "30 a minute in each arm", changed: 30, unchanged: 30, spread: 0 },
  { name: "1 % wave: 177 of 17,700 a minute", changed: 177, unchanged: 17_523, spread: 0 },
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
  return {
    changed: poisson(next, changed * day * at.ratio * noise(next, spread)),
    unchanged: poisson(next, unchanged * day * noise(next, spread)),
  };
}

/** The day before: nothing has changed yet. */
export function dayBefore(next: Chance, traffic: Traffic): readonly Counts[] {
  return Array.from({ length: DAY }, (_, index) => minute(next, traffic, { index, ratio: 1 }));
}
