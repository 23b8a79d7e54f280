// SPDX-License-Identifier: Apache-2.0
import { type Counts, shareAtRatio, type Worse } from "./counts.ts";
import { lnBeta, lnGamma, lnMeanExp } from "./numeric.ts";

/**
 * How much of the tolerated rate is left, for signals that go lower; the inverses for the others. Evidence
 * grows only where the truth is nearer to one of these than to the edge: hence the steps next to 1.
 */
const HARMS: readonly number[] = [
  0.01, 0.1, 0.25, 0.4, 0.5, 0.6, 0.7, 0.8, 0.88, 0.94, 0.97, 0.985,
];
/**
 * Where a harmless share lies, as parts of the way (in logarithms) from the edge back to where it was
 * learned: a bound that is off by chance takes it anywhere between.
 */
const WAYS_BACK: readonly number[] = [0.15, 0.3, 0.5, 0.75, 1];

type Alternative = { readonly a: number; readonly b: number; readonly constant: number };

/** A test of slots whose share is noisier than a binomial: a grid of alternatives, one null. */
export type SlotTest = {
  readonly null: Alternative;
  readonly alternatives: readonly Alternative[];
};

/** ln of the likelihood ratio against each alternative: as long as the grid, however long it runs. */
export type SlotState = readonly number[];

/**
 * Test of "the changed cells' rate is within the margin" where a slot's share is beta-binomial with
 * the intra-slot correlation learned before (Skellam, JRSS B 1948). The family has a monotone
 * likelihood ratio in its mean, so each ratio has mean at most 1 under every tolerated share; their
 * average is an e-process. More correlation assumed than there is costs power, never validity.
 */
export function slotTest(edge: number, worse: Worse, dispersion: number): SlotTest {
  const ratios = HARMS.map((r) => (worse === "lower" ? r : 1 / r));
  return testAgainst(edge, ratios, dispersion);
}

/**
 * The reverse, "at least as bad as `moved` times the rate at `share`": its alternatives are the ways
 * back from there, and it takes few of them, since each costs its part of the bet.
 */
export function slotSafetyTest(share: number, moved: number, dispersion: number): SlotTest {
  const ratios = WAYS_BACK.map((way) => moved ** -way);
  return testAgainst(shareAtRatio(share, moved), ratios, dispersion);
}

function testAgainst(edge: number, ratios: readonly number[], dispersion: number): SlotTest {
  const size = 1 / Math.max(1e-9, dispersion) - 1;
  const shares = ratios.map((ratio) => shareAtRatio(edge, ratio));
  return { null: shaped(edge, size), alternatives: shares.map((share) => shaped(share, size)) };
}

function shaped(share: number, size: number): Alternative {
  const a = Math.max(1e-9, share * size);
  const b = Math.max(1e-9, (1 - share) * size);
  return { a, b, constant: lnBeta(a, b) };
}

/** Nothing seen. */
export function noSlots(test: SlotTest): SlotState {
  return test.alternatives.map(() => 0);
}

/** Adds one slot, which may hold fractions when planning. */
export function addSlot(test: SlotTest, state: SlotState, slot: Counts): SlotState {
  const under = lnLikelihood(test.null, slot);
  return test.alternatives.map((alternative, i) => {
    return (state[i] ?? 0) + lnLikelihood(alternative, slot) - under;
  });
}

// The binomial coefficient and the gamma function of the sum are the same under all of them.
function lnLikelihood({ a, b, constant }: Alternative, slot: Counts): number {
  return lnGamma(a + slot.changed) + lnGamma(b + slot.unchanged) - constant;
}

/** ln E for harm so far. */
export function lnSlots(state: SlotState): number {
  return lnMeanExp(state);
}
