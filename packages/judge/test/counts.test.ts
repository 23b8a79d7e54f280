// SPDX-License-Identifier: Apache-2.0
import {
  beginComparison,
  type Counts,
  type CountTest,
  compareSlot,
  countTest,
  evidenceOf,
  learnBaseline,
  lnHarm,
  lnMisSplit,
  NO_COUNTS,
  openComparison,
  slotsToHalt,
  splitContradicts,
  type Worse,
} from "@interlock/judge";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lnEvidenceBelow, shareTest } from "../src/counts.ts";
import { lnGamma, lnSumExp } from "../src/numeric.ts";
import { chance, noise, poisson } from "./chance.ts";
import { got } from "./outcome.ts";

const testOf = (sharePpm: number, worse: Worse, marginPpm = 0): CountTest =>
  got(countTest({ sharePpm, worse, marginPpm }));
const counts = fc.record({ changed: fc.nat(5_000), unchanged: fc.nat(5_000) });
const shares = fc.integer({ min: 1_000, max: 999_000 });

describe("the evidence of two counts", () => {
  test("starts at 1", () => {
    fc.assert(
      fc.property(shares, fc.nat(500_000), (share, margin) => {
        expect(lnHarm(testOf(share, "lower", margin), NO_COUNTS)).toBe(0);
        expect(lnHarm(testOf(share, "higher", margin), NO_COUNTS)).toBe(0);
      }),
    );
  });

  test("has mean at most 1 under every tolerated share, summed over all outcomes", () => {
    for (const edge of [0.01, 0.3, 0.5, 0.9])
      for (const truth of [edge, (1 + edge) / 2, 0.95]) {
        const [n, terms] = [120, [] as number[]];
        for (let a = 0; a <= n; a += 1)
          terms.push(
            lnEvidenceBelow(shareTest(edge), a, n - a) +
              lnGamma(n + 1) -
              lnGamma(a + 1) -
              lnGamma(n - a + 1) +
              a * Math.log(truth) +
              (n - a) * Math.log(1 - truth),
          );
        if (truth < edge) continue;
        expect(lnSumExp(terms)).toBeLessThan(1e-6);
        if (truth === edge) expect(lnSumExp(terms)).toBeGreaterThan(-1e-6);
      }
  });

  test("crosses 1/alpha in at most alpha of null paths, looked at after every event", () => {
    const [alpha, paths] = [0.05, 300];
    const next = chance(11);
    const test = testOf(300_000, "lower");
    let crossed = 0;
    for (let path = 0; path < paths; path += 1) {
      let [changed, unchanged] = [0, 0];
      for (let i = 0; i < 300; i += 1) {
        if (next() < 0.3) changed += 1;
        else unchanged += 1;
        if (lnHarm(test, { changed, unchanged }) >= Math.log(1 / alpha)) {
          crossed += 1;
          break;
        }
      }
    }
    // Three standard errors above 5 % of 300.
    expect(crossed).toBeLessThanOrEqual(26);
  });

  test("swapping the arms mirrors the verdict", () => {
    fc.assert(
      fc.property(shares, counts, (share, c) => {
        const swapped = { changed: c.unchanged, unchanged: c.changed };
        expect(lnHarm(testOf(share, "lower"), c)).toBeCloseTo(
          lnHarm(testOf(1_000_000 - share, "higher"), swapped),
          6,
        );
      }),
    );
  });

  test("knows only totals: neither the order of slots nor their length changes it", () => {
    fc.assert(
      fc.property(fc.array(counts, { maxLength: 6 }), (slots) => {
        const baseline = got(learnBaseline(EVEN, 100));
        const comparison = got(openComparison(baseline, QUESTION));
        const run = (list: readonly Counts[]) =>
          list.reduce(
            (s, slot) => got(compareSlot(comparison, s, slot)),
            beginComparison(comparison),
          );
        const whole = slots.reduce(
          (s, { changed, unchanged }) => ({
            changed: s.changed + changed,
            unchanged: s.unchanged + unchanged,
          }),
          NO_COUNTS,
        );
        const a = evidenceOf(comparison, run(slots));
        expect(evidenceOf(comparison, run([...slots].reverse()))).toEqual(a);
        expect(evidenceOf(comparison, run([whole]))).toEqual(a);
      }),
    );
  });

  test("is monotone: one event less in changed cells never weakens the evidence of a drop", () => {
    fc.assert(
      fc.property(shares, counts, (share, { changed, unchanged }) => {
        const lower = testOf(share, "lower");
        const fewer = lnHarm(lower, { changed, unchanged: unchanged + 1 });
        const more = lnHarm(lower, { changed: changed + 1, unchanged });
        expect(fewer).toBeGreaterThan(more - 1e-6);
      }),
    );
  });

  test("a wider margin never strengthens the evidence where rates are equal or better", () => {
    for (const margin of [0, 20_000, 100_000, 400_000])
      expect(
        lnHarm(testOf(500_000, "lower", margin), { changed: 1_000, unchanged: 1_000 }),
      ).toBeLessThan(0);
  });
});

const EVEN: readonly Counts[] = Array.from({ length: 400 }, (_, i) => ({
  changed: 30 + (i % 3),
  unchanged: 30 + ((i + 1) % 3),
}));
const QUESTION = { worse: "lower", toleratedPpm: 20_000, excludedPpm: 100_000 } as const;

/** Slots of two groups with the given mean of all events, share, and noise of each group. */
function slotsOf(
  seed: number,
  length: number,
  of: { mean: number; share: number; spread: number },
) {
  const next = chance(seed);
  return Array.from({ length }, () => ({
    changed: poisson(next, of.mean * of.share * noise(next, of.spread)),
    unchanged: poisson(next, of.mean * (1 - of.share) * noise(next, of.spread)),
  }));
}

describe("what the period before teaches", () => {
  test("the share with bounds that hold it, and no dispersion where there is none", () => {
    let inside = 0;
    for (let seed = 0; seed < 60; seed += 1) {
      const learned = got(
        learnBaseline(slotsOf(seed, 300, { mean: 60, share: 0.49, spread: 0 }), 50_000),
      );
      if (learned.low <= 0.49 && learned.high >= 0.49) inside += 1;
      expect(learned.dispersion).toBeLessThan(0.01);
    }
    expect(inside).toBeGreaterThanOrEqual(52);
  });

  test("over-dispersion of 30 % a minute in both arms is seen", () => {
    const learned = got(learnBaseline(slotsOf(3, 600, { mean: 60, share: 0.5, spread: 0.3 }), 100));
    // Var of the share from noise alone is about (0.3^2 * 2) / 16 of 0.25.
    expect(learned.dispersion).toBeGreaterThan(0.03);
    expect(learned.dispersion).toBeLessThan(0.08);
    expect(learned.doubts).toEqual([]);
  });

  test("a share that wanders over hours is doubted, and the bounds widen", () => {
    const calm = slotsOf(5, 600, { mean: 60, share: 0.5, spread: 0 });
    const wandering = calm.map((_, i) => {
      const next = chance(i + 1_000);
      const share = 0.5 + 0.1 * Math.sin(i / 60);
      return { changed: poisson(next, 60 * share), unchanged: poisson(next, 60 * (1 - share)) };
    });
    const [a, b] = [got(learnBaseline(calm, 100)), got(learnBaseline(wandering, 100))];
    expect(a.doubts).toEqual([]);
    expect(b.doubts).toContain("share-drifts");
    expect(b.high - b.low).toBeGreaterThan(3 * (a.high - a.low));
  });

  test("a declared split that is not the true one is found", () => {
    const learned = got(
      learnBaseline(slotsOf(6, 1_440, { mean: 60, share: 0.48, spread: 0 }), 1_000),
    );
    expect(splitContradicts(learned, 500_000)).toBe(true);
    expect(splitContradicts(learned, 480_000)).toBe(false);
    expect(got(lnMisSplit(500_000, { changed: 48_000, unchanged: 52_000 }))).toBeGreaterThan(20);
    expect(got(lnMisSplit(500_000, { changed: 50_010, unchanged: 49_990 }))).toBeLessThan(0);
  });

  test("the trap: a true share of 0.49 where 0.50 is assumed halts; the learned one does not", () => {
    const next = chance(77);
    const learned = got(
      learnBaseline(slotsOf(9, 1_440, { mean: 60, share: 0.49, spread: 0 }), 100),
    );
    const comparison = got(openComparison(learned, { ...QUESTION, toleratedPpm: 0 }));
    const assumed = testOf(500_000, "lower");
    let [state, naive, wise] = [beginComparison(comparison), 0, 0];
    for (let i = 0; i < 1_440; i += 1) {
      const slot = { changed: poisson(next, 29.4), unchanged: poisson(next, 30.6) };
      state = got(compareSlot(comparison, state, slot));
      naive = Math.max(naive, lnHarm(assumed, state.counts));
      wise = Math.max(wise, evidenceOf(comparison, state).lnHarm);
    }
    expect(naive).toBeGreaterThan(Math.log(20));
    expect(wise).toBeLessThan(Math.log(20));
  });

  test("too little history is refused, not guessed", () => {
    const refused = learnBaseline(
      [
        { changed: 0, unchanged: 500 },
        { changed: 0, unchanged: 2 },
      ],
      100,
    );
    expect(refused).toMatchObject({ ok: false, failure: { code: "too-little-history" } });
  });
});

describe("how long until there is enough", () => {
  const comparison = got(
    openComparison(got(learnBaseline(EVEN, 100)), { ...QUESTION, toleratedPpm: 0 }),
  );

  test("falls with the size of the drop and with traffic", () => {
    const slots = [0.01, 0.3, 0.5, 0.7, 0.9].map((ratio) =>
      slotsToHalt(comparison, beginComparison(comparison), {
        expected: { changed: 30, unchanged: 30 },
        ratio,
        alphaPpm: 1_000,
      }),
    );
    expect(slots).toEqual([...slots].sort((a, b) => (a ?? 0) - (b ?? 0)));
    expect(slots[0]).toBeLessThanOrEqual(2);
    expect(slots[3]).toBeLessThanOrEqual(16);
  });

  test("is none when nothing can be learned", () => {
    const wanted = { expected: { changed: 0, unchanged: 0 }, ratio: 0.5, alphaPpm: 1_000 };
    expect(slotsToHalt(comparison, beginComparison(comparison), wanted)).toBeNull();
  });
});

describe("hostile numbers are outcomes", () => {
  const anything = fc.oneof(
    fc.double(),
    fc.integer(),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1, 0, 1e15, 0.5),
  );

  test("no count, share or margin throws or gives NaN", () => {
    fc.assert(
      fc.property(anything, anything, anything, anything, (share, margin, changed, unchanged) => {
        const made = countTest({ sharePpm: share, worse: "lower", marginPpm: margin });
        const split = lnMisSplit(share, { changed, unchanged });
        if (split.ok) expect(Number.isNaN(split.value)).toBe(false);
        const learned = learnBaseline(
          [
            { changed, unchanged },
            { changed: 1, unchanged: 1 },
          ],
          margin,
        );
        if (learned.ok) expect(learned.value.low).toBeLessThanOrEqual(learned.value.high);
        if (!made.ok) return;
        const baseline = got(learnBaseline(EVEN, 100));
        const comparison = got(openComparison(baseline, QUESTION));
        const next = compareSlot(comparison, beginComparison(comparison), { changed, unchanged });
        if (!next.ok) return;
        expect(Number.isNaN(lnHarm(made.value, next.value.counts))).toBe(false);
        expect(Number.isNaN(evidenceOf(comparison, next.value).lnHarm)).toBe(false);
      }),
    );
  });

  test("each is refused with its own code", () => {
    const comparison = got(openComparison(got(learnBaseline(EVEN, 100)), QUESTION));
    for (const changed of [Number.NaN, -1, 0.5, 1e11, Number.POSITIVE_INFINITY])
      expect(
        compareSlot(comparison, beginComparison(comparison), { changed, unchanged: 1 }),
      ).toMatchObject({
        ok: false,
        failure: { code: "not-a-count" },
      });
    expect(countTest({ sharePpm: 0, worse: "lower", marginPpm: 0 })).toMatchObject({
      failure: { code: "not-a-share" },
    });
    const wrong = { ...QUESTION, excludedPpm: 10_000 };
    expect(openComparison(got(learnBaseline(EVEN, 100)), wrong)).toMatchObject({
      failure: { code: "out-of-range" },
    });
  });
});
