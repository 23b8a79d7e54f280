// SPDX-License-Identifier: Apache-2.0

/** Chance that is the same again for the same seed. */
export type Dice = {
  /** At least 0, below 1. */
  readonly random: () => number;
  /** A whole number from 0, below `n`. */
  readonly below: (n: number) => number;
  readonly among: <T>(list: readonly T[]) => T;
  /** True as often as `share` says, between 0 and 1. */
  readonly chance: (share: number) => boolean;
  /** So many digits. */
  readonly hex: (digits: number) => string;
};

/** The generator mulberry32, which is public domain: small, and good enough to pick faults. */
export function diceOf(seed: number): Dice {
  let state = seed >>> 0;
  const random = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n: number): number => Math.floor(random() * n);
  return {
    random,
    below,
    among: (list) => {
      const one = list[below(list.length)];
      if (one === undefined) throw new Error("nothing to pick from");
      return one;
    },
    chance: (share) => random() < share,
    hex: (digits) => Array.from({ length: digits }, () => below(16).toString(16)).join(""),
  };
}
