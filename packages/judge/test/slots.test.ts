// SPDX-License-Identifier: Apache-2.0
import {
  beginComparison,
  type Counts,
  type CountTest,
  compareSlot,
  countTest,
  evidenceOf,
  learnBaseline,
  lnGoal,
  lnHarm,
  openComparison,
  type Worse,
} from "@interlock/judge";
import { describe, expect, test } from "vitest";
import { shareAtRatio } from "../src/counts.ts";
import { lnGamma, lnSumExp } from "../src/numeric.ts";
import {
  addSlot,
  lnSlots,
  noSlots,
  type SlotTest,
  slotSafetyTest,
  slotTest,
} from "../src/slots.ts";
import { chance, noise, poisson } from "./chance.ts";
import { got } from "./outcome.ts";

const QUESTION = { worse: "lower", toleratedPpm: 20_000, excludedPpm: 100_000 } as const;
const testOf = (sharePpm: number, worse: Worse): CountTest =>
  got(countTest({ sharePpm, worse, marginPpm: 0 }));

/** Slots of two groups with the given mean of all events, share, and noise of each group. */
function slotsOf(
  seed: number,
  length: number,
  of: { mean: number; share: number; spread: number },
): readonly Counts[] {
  const next = chance(seed);
  return Array.from({ length }, () => ({
    changed: poisson(next, of.mean * of.share * noise(next, of.spread)),
    unchanged: poisson(next, of.mean * (1 - of.share) * noise(next, of.spread)),
  }));
}

/** ln of the mean of the evidence after one slot of `n` events whose share is beta-binomial around `truth`. */
function lnMeanEvidence(
  test: SlotTest,
  { truth, dispersion, n }: { truth: number; dispersion: number; n: number },
): number {
  const size = 1 / dispersion - 1;
  const [a, b] = [truth * size, (1 - truth) * size];
  const lnB = (x: number, y: number) => lnGamma(x) + lnGamma(y) - lnGamma(x + y);
  const terms = Array.from({ length: n + 1 }, (_, x) => {
    const ways = lnGamma(n + 1) - lnGamma(x + 1) - lnGamma(n - x + 1);
    const mass = ways + lnB(a + x, b + n - x) - lnB(a, b);
    return mass + lnSlots(addSlot(test, noSlots(test), { changed: x, unchanged: n - x }));
  });
  return lnSumExp(terms);
}

describe("noise that lasts for several slots", () => {
  /** Noise of the changed group that is the same for `length` slots. */
  const bursts = (seed: number, slots: number, length: number) => {
    const next = chance(seed);
    let factor = 1;
    return Array.from({ length: slots }, (_, i) => {
      if (i % length === 0) factor = noise(next, 0.2);
      return { changed: poisson(next, 100 * factor), unchanged: poisson(next, 900) };
    });
  };

  test("counts for as much as it adds up to, so that runs without harm do not halt", () => {
    const short = got(learnBaseline(bursts(1, 1_440, 1), 100)).dispersion;
    const long = got(learnBaseline(bursts(1, 1_440, 6), 100)).dispersion;
    expect(long).toBeGreaterThan(2 * short);
    const comparison = got(
      openComparison(got(learnBaseline(bursts(2, 1_440, 6), 5_000)), QUESTION),
    );
    let halts = 0;
    for (let run = 0; run < 30; run += 1) {
      let [state, most] = [beginComparison(comparison), 0];
      for (const slot of bursts(100 + run, 360, 6)) {
        state = got(compareSlot(comparison, state, slot));
        most = Math.max(most, evidenceOf(comparison, state).lnHarm);
      }
      if (most >= Math.log(20)) halts += 1;
    }
    expect(halts).toBeLessThanOrEqual(3);
  });

  test("a noisy rest does not move the share that noisy slots are judged by", () => {
    const next = chance(5);
    const slots = Array.from({ length: 2_000 }, () => ({
      changed: poisson(next, 900 * noise(next, 0.3)),
      unchanged: poisson(next, 100 * noise(next, 0.3)),
    }));
    const { low, dispersion } = got(learnBaseline(slots, 100));
    const mean = slots.reduce((sum, s) => sum + s.changed / (s.changed + s.unchanged), 0) / 2_000;
    expect(dispersion).toBeGreaterThan(0.01);
    // The pooled share is above what slots show on average: as a bound it would halt by itself.
    expect(low).toBeLessThan(mean);
  });
});

describe("the evidence of noisy slots", () => {
  test("has mean at most 1 under its null, summed over all outcomes of a slot", () => {
    const [edge, dispersion, n] = [0.4, 0.05, 50];
    for (const worse of ["lower", "higher"] as const)
      for (const truth of worse === "lower" ? [0.4, 0.6] : [0.4, 0.2]) {
        const found = lnMeanEvidence(slotTest(edge, worse, dispersion), { truth, dispersion, n });
        expect(found).toBeLessThan(1e-6);
      }
  });

  test("that nothing is wrong has mean at most 1 where there is the harm it excludes, or more", () => {
    const [share, dispersion, n] = [0.4, 0.05, 50];
    for (const moved of [0.95, 0.5, 1.05, 1.9])
      for (const more of [1, moved > 1 ? 1.3 : 0.7]) {
        const truth = shareAtRatio(share, moved * more);
        const test = slotSafetyTest(share, moved, dispersion);
        expect(lnMeanEvidence(test, { truth, dispersion, n })).toBeLessThan(1e-6);
      }
  });

  test("that nothing is wrong comes on noisy traffic, however near the harm to exclude", () => {
    const question = { worse: "lower", toleratedPpm: 10_000, excludedPpm: 50_000 } as const;
    const waits = [0.05, 0.1].map((spread) => {
      const before = slotsOf(7, 1_440, { mean: 17_700, share: 0.01, spread });
      const comparison = got(openComparison(got(learnBaseline(before, 100, 1_000)), question));
      let [state, slots] = [beginComparison(comparison), 0];
      const after = slotsOf(8, 2_000, { mean: 17_700, share: 0.01, spread });
      while (evidenceOf(comparison, state).lnSafe < lnGoal(10_000) && slots < after.length) {
        state = got(compareSlot(comparison, state, after[slots] ?? { changed: 0, unchanged: 0 }));
        slots += 1;
      }
      return slots;
    });
    expect(waits[0]).toBeLessThan(200);
    expect(waits[1]).toBeLessThan(800);
  });

  test("does not halt on 30 % noise where two integers would", () => {
    const before = slotsOf(21, 600, { mean: 60, share: 0.5, spread: 0.3 });
    const comparison = got(openComparison(got(learnBaseline(before, 5_000)), QUESTION));
    const [runs, goal] = [40, Math.log(20)];
    let [noisy, naive] = [0, 0];
    for (let run = 0; run < runs; run += 1) {
      let [state, mostNoisy, mostNaive] = [beginComparison(comparison), 0, 0];
      for (const slot of slotsOf(1_000 + run, 240, { mean: 60, share: 0.5, spread: 0.3 })) {
        state = got(compareSlot(comparison, state, slot));
        mostNoisy = Math.max(mostNoisy, evidenceOf(comparison, state).lnHarm);
        mostNaive = Math.max(mostNaive, lnHarm(testOf(500_000, "lower"), state.counts));
      }
      if (mostNoisy >= goal) noisy += 1;
      if (mostNaive >= goal) naive += 1;
    }
    expect(noisy).toBeLessThanOrEqual(6);
    expect(naive).toBeGreaterThan(10);
  });
});
