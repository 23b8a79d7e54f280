// SPDX-License-Identifier: Apache-2.0
import {
  guaranteeOf,
  learnBaseline,
  missPpmOf,
  replayOf,
  replayWithoutChange,
} from "@interlock/judge";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chance, noise, poisson } from "./chance.ts";
import { got } from "./outcome.ts";

const PLAN = {
  question: { worse: "lower", toleratedPpm: 20_000, excludedPpm: 100_000 },
  alphaPpm: 10_000,
  learnSlots: 240,
  watchSlots: 120,
  changedCells: 1,
} as const;

/** Four cells; each wanders by itself over hours when `drift` is above 0. */
function cells(seed: number, slots: number, drift: number): readonly (readonly number[])[] {
  return Array.from({ length: 4 }, (_, c) => {
    const next = chance(seed + c);
    return Array.from({ length: slots }, (_, i) => {
      const wave = 1 + drift * Math.sin(i / 70 + 1.6 * c);
      return poisson(next, 40 * wave * noise(next, 0.1));
    });
  });
}

describe("a replay without a change", () => {
  test("keeps the promise on calm series, and it may then be claimed", () => {
    const series = cells(1, 1_800, 0);
    const replay = got(replayWithoutChange(series, PLAN));
    expect(replay.runs).toBeGreaterThan(40);
    expect(replay.promise).not.toBe("broken");
    const slots = (series[0] ?? []).map((n, i) => ({ changed: n, unchanged: series[1]?.[i] ?? 0 }));
    const baseline = got(learnBaseline(slots, missPpmOf(10_000, 1)));
    expect(guaranteeOf(baseline, { replay, splitMismatch: false })).toEqual({
      claimed: true,
      doubts: [],
    });
    expect(guaranteeOf(baseline, { replay: null, splitMismatch: true })).toEqual({
      claimed: false,
      doubts: ["split-mismatch", "not-replayed"],
    });
  });

  test("finds the promise broken where cells wander by themselves, and it is not claimed", () => {
    const series = cells(2, 1_800, 0.35);
    const replay = got(replayWithoutChange(series, PLAN));
    expect(replay).toMatchObject({ promise: "broken" });
    expect(replay.lowPpm).toBeGreaterThan(PLAN.alphaPpm);
    const calm = got(
      learnBaseline(
        Array.from({ length: 100 }, () => ({ changed: 40, unchanged: 40 })),
        100,
      ),
    );
    expect(guaranteeOf(calm, { replay, splitMismatch: false })).toEqual({
      claimed: false,
      doubts: ["replay-broke-it"],
    });
  });

  test("one false halt in a replay too short for it takes the claim back", () => {
    const slots = Array.from({ length: 100 }, () => ({ changed: 40, unchanged: 40 }));
    const baseline = got(learnBaseline(slots, 100));
    const claims = [0, 1].map((halts) => {
      const replay = replayOf(96, halts, 1_000);
      return guaranteeOf(baseline, { replay, splitMismatch: false }).claimed;
    });
    expect([claims, replayOf(96, 1, 1_000).promise]).toEqual([[true, false], "not-contradicted"]);
    expect(replayOf(5_000, 4, 1_000).above).toBe(false);
  });

  test("a slot that a cell missed is left out", () => {
    const series = cells(3, 480, 0).map((s, c) =>
      s.map((n, i) => (c === 0 && i % 3 === 0 ? null : n)),
    );
    expect(got(replayWithoutChange(series, PLAN)).promise).not.toBe("broken");
  });

  test("its interval is Clopper and Pearson's", () => {
    // Published example: 0 of 20 gives 0 to 16.84 %; 10 of 100 gives 4.90 to 17.62 %.
    expect(replayOf(20, 0, 1_000)).toMatchObject({
      lowPpm: 0,
      highPpm: 168_433,
      promise: "not-contradicted",
    });
    expect(replayOf(100, 10, 1_000)).toMatchObject({
      lowPpm: 49_005,
      highPpm: 176_223,
      promise: "broken",
    });
    expect(replayOf(100_000, 10, 1_000).promise).toBe("shown");
    expect(replayOf(0, 0, 1_000)).toMatchObject({ lowPpm: 0, highPpm: 1_000_000 });
  });

  test("series and plans that do not fit are refused", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.double(), { maxLength: 6 }), { maxLength: 4 }),
        fc.double(),
        (series, n) => {
          const plan = { ...PLAN, learnSlots: 2, watchSlots: 1, changedCells: n };
          expect(replayWithoutChange(series, plan).ok).toBe(
            n === 1 && series.length > 1 && replayWithoutChange(series, plan).ok,
          );
        },
      ),
    );
    expect(replayWithoutChange([[1, 2], [1]], PLAN)).toMatchObject({
      failure: { code: "out-of-range" },
    });
  });
});
