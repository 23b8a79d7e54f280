// SPDX-License-Identifier: Apache-2.0
import {
  addHistogram,
  addMoments,
  addValues,
  type Grid,
  type Histogram,
  lnMeanHarm,
  meanDifference,
  NO_MOMENTS,
  noValues,
  quantileBounds,
  quantileEvidence,
  quantileGrid,
} from "@interlock/judge";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Chance, chance, normal } from "./chance.ts";
import { got } from "./outcome.ts";

const GRID: Grid = got(quantileGrid(10, 2_000, 50_000));
const P95 = { quantilePpm: 950_000, toleratedSteps: 1, excludedSteps: 4 };

/** Log-normal latencies in milliseconds with the given median. */
const latencies = (next: Chance, count: number, median: number): readonly number[] =>
  Array.from({ length: count }, () => median * Math.exp(0.4 * normal(next)));

const seen = (next: Chance, count: number, median: number): Histogram =>
  got(addValues(GRID, noValues(GRID), latencies(next, count, median)));

describe("bounds of a quantile", () => {
  test("hold the true one at every look in at least 1 - alpha of runs", () => {
    let missed = 0;
    for (let run = 0; run < 40; run += 1) {
      const next = chance(run);
      let state = noValues(GRID);
      for (let look = 0; look < 20; look += 1) {
        state = got(addValues(GRID, state, latencies(next, 40, 100)));
        const { low, high } = got(
          quantileBounds(GRID, state, { quantilePpm: 500_000, alphaPpm: 50_000 }),
        );
        if ((low ?? 0) >= 100 || (high ?? 1e9) < 100) {
          missed += 1;
          break;
        }
      }
    }
    expect(missed).toBeLessThanOrEqual(6);
  });

  test("narrow to about one step of the grid", () => {
    const state = seen(chance(4), 60_000, 100);
    const { low, high } = got(
      quantileBounds(GRID, state, { quantilePpm: 500_000, alphaPpm: 1_000 }),
    );
    expect((high ?? 0) / (low ?? 1)).toBeLessThan(1.05 ** 3.01);
    expect(
      got(quantileBounds(GRID, noValues(GRID), { quantilePpm: 500_000, alphaPpm: 1_000 })),
    ).toEqual({
      low: null,
      high: null,
    });
  });
});

describe("evidence from two latency distributions", () => {
  test("starts at 1 or less, and stays small for two arms alike", () => {
    const start = got(quantileEvidence(noValues(GRID), noValues(GRID), P95));
    expect(start).toEqual({ lnHarm: 0, lnSafe: 0 });
    let crossed = 0;
    for (let run = 0; run < 12; run += 1) {
      const next = chance(500 + run);
      let [changed, unchanged] = [noValues(GRID), noValues(GRID)];
      for (let look = 0; look < 8; look += 1) {
        changed = got(addHistogram(changed, seen(next, 60, 100)));
        unchanged = got(addHistogram(unchanged, seen(next, 60, 100)));
        const { lnHarm } = got(quantileEvidence(changed, unchanged, { ...P95, toleratedSteps: 0 }));
        if (lnHarm >= Math.log(20)) crossed += 1;
      }
    }
    expect(crossed).toBe(0);
  });

  test("finds a slower arm, and shows that an equal one is not much slower", () => {
    const next = chance(9);
    const base = seen(next, 8_000, 100);
    const slower = got(quantileEvidence(seen(next, 8_000, 130), base, P95));
    const equal = got(quantileEvidence(seen(next, 8_000, 100), base, P95));
    expect(slower.lnHarm).toBeGreaterThan(Math.log(1_000));
    expect(slower.lnSafe).toBeLessThan(0.1);
    expect(equal.lnSafe).toBeGreaterThan(Math.log(1_000));
    expect(equal.lnHarm).toBeLessThan(0.1);
  });

  test("hostile values are outcomes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double()),
        fc.double(),
        fc.double(),
        fc.double(),
        (values, low, high, step) => {
          const grid = quantileGrid(low, high, step);
          const state = addValues(GRID, noValues(GRID), values);
          const bad = values.some((v) => !(v >= 0) || v === Number.POSITIVE_INFINITY);
          expect(state.ok).toBe(!bad);
          if (grid.ok) expect(grid.value.thresholds.length).toBeLessThanOrEqual(2_048);
          expect(addHistogram(noValues(GRID), values).ok).toBe(false);
        },
      ),
    );
  });
});

describe("means", () => {
  const arm = (seed: number, mean: number, count: number) => {
    const next = chance(seed);
    return got(
      addMoments(
        NO_MOMENTS,
        Array.from({ length: count }, () => mean + 10 * normal(next)),
      ),
    );
  };
  const higher = { worse: "higher", scale: 2 } as const;

  test("a worse mean is found, a better one never", () => {
    const arms = { changed: arm(1, 103, 4_000), unchanged: arm(2, 100, 4_000) };
    expect(got(lnMeanHarm(arms, higher, 0))).toBeGreaterThan(Math.log(1_000));
    expect(got(lnMeanHarm(arms, { ...higher, worse: "lower" }, 0))).toBeLessThan(0);
    expect(got(lnMeanHarm(arms, higher, 5))).toBeLessThan(0);
    const { low, high } = got(meanDifference(arms, { scale: 2, alphaPpm: 1_000 })) ?? {
      low: 0,
      high: 0,
    };
    expect(low).toBeGreaterThan(1);
    expect(high).toBeLessThan(5);
  });

  test("crosses 1/alpha in at most alpha of null paths", () => {
    let crossed = 0;
    for (let run = 0; run < 200; run += 1) {
      const next = chance(9_000 + run);
      let [changed, unchanged] = [NO_MOMENTS, NO_MOMENTS];
      for (let look = 0; look < 40; look += 1) {
        const values = () => Array.from({ length: 20 }, () => 10 * normal(next));
        changed = got(addMoments(changed, values()));
        unchanged = got(addMoments(unchanged, values()));
        if (got(lnMeanHarm({ changed, unchanged }, higher, 0)) < Math.log(20)) continue;
        crossed += 1;
        break;
      }
    }
    expect(crossed).toBeLessThanOrEqual(19);
  });

  test("few or constant samples say nothing, and hostile ones are refused", () => {
    const few = { changed: arm(1, 500, 29), unchanged: arm(2, 100, 29) };
    expect(got(lnMeanHarm(few, higher, 0))).toBe(0);
    expect(got(meanDifference(few, { scale: 1, alphaPpm: 1_000 }))).toBeNull();
    const constant = got(
      addMoments(
        NO_MOMENTS,
        Array.from({ length: 50 }, () => 5),
      ),
    );
    expect(got(lnMeanHarm({ changed: constant, unchanged: constant }, higher, 0))).toBe(0);
    fc.assert(
      fc.property(fc.array(fc.double(), { minLength: 1 }), fc.double(), (values, margin) => {
        const more = addMoments(NO_MOMENTS, values);
        const evidence = lnMeanHarm(
          { changed: arm(1, 0, 40), unchanged: arm(2, 0, 40) },
          higher,
          margin,
        );
        if (more.ok) expect(Number.isFinite(more.value.squares)).toBe(true);
        if (evidence.ok) expect(Number.isNaN(evidence.value)).toBe(false);
      }),
    );
  });
});
