// SPDX-License-Identifier: Apache-2.0
import {
  addDropSlot,
  type DropState,
  type DropTest,
  dropAlarm,
  dropTest,
  type Expectation,
  expectedOf,
  learnNoise,
  noDrops,
  recentLevel,
  type SlotHistory,
} from "@interlock/judge";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chance, noise, poisson } from "./chance.ts";
import { got } from "./outcome.ts";

const TEST = got(dropTest({ toleratedPpm: 50_000, runLength: 525_600 }, 0.002));
const history = fc.array(fc.option(fc.nat(10_000), { nil: null }), { maxLength: 8 });
const known = (expected: number): Expectation => ({ expected, least: Math.floor(expected * 0.8) });

/** The slot at which a series first alarms, or `null`. */
function firstAlarm(
  drop: DropTest,
  slots: readonly { readonly observed: number | null; readonly expectation: Expectation }[],
): number | null {
  let state: DropState = noDrops(drop);
  for (const [i, slot] of slots.entries()) {
    state = got(addDropSlot(drop, state, slot));
    if (dropAlarm(drop, state).alarm) return i + 1;
  }
  return null;
}

describe("what a slot should bring", () => {
  test("scales with the past and with the level", () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 50 }), (weeks, factor) => {
        const one = got(expectedOf([weeks], 1));
        const scaled = got(expectedOf([weeks.map((n) => (n === null ? null : n * factor))], 1));
        const level = got(expectedOf([weeks], factor));
        if (one.expected === null) expect([scaled.expected, level.expected]).toEqual([null, null]);
        else {
          expect(scaled.expected).toBe(one.expected * factor);
          expect(level.expected).toBe(one.expected * factor);
          expect(scaled.least).toBe((one.least ?? 0) * factor);
        }
      }),
    );
  });

  test("one odd week moves it little, two weeks unknown leave it unknown", () => {
    expect(got(expectedOf([[100, 0, 104, 96]], 1)).expected).toBe(98);
    expect(got(expectedOf([[100, null, null]], 1))).toEqual({ expected: null, least: null });
    expect(got(expectedOf([], 1)).expected).toBeNull();
  });

  test("where clocks changed the lower reading counts", () => {
    const [local, utc]: readonly SlotHistory[] = [
      [400, 410, 390],
      [120, 130, 110],
    ];
    expect(got(expectedOf([local ?? [], utc ?? []], 1))).toEqual({ expected: 120, least: 110 });
  });

  test("the level follows the day, not an event", () => {
    const slots = (ratio: number) => [1, 2, 3].map(() => ({ observed: 100 * ratio, median: 100 }));
    expect(recentLevel(slots(1.2))).toBeCloseTo(1.2);
    expect(recentLevel(slots(0))).toBe(0.25);
    expect(recentLevel([])).toBe(1);
    expect(recentLevel([{ observed: null, median: 100 }, ...slots(1)])).toBe(1);
  });
});

describe("a drop", () => {
  test("an exact seasonal repeat never alarms, nor do gaps", () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat(500), { nil: null }), { maxLength: 60 }), (week) => {
        const slots = week.map((observed) => ({ observed, expectation: known(observed ?? 300) }));
        expect(firstAlarm(TEST, slots)).toBeNull();
        const unknown = week.map(() => ({
          observed: 0,
          expectation: { expected: null, least: null },
        }));
        expect(firstAlarm(TEST, unknown)).toBeNull();
      }),
    );
  });

  test("an hour that a clock change moved does not alarm", () => {
    const day = Array.from({ length: 48 }, (_, i) =>
      Math.round(200 + 150 * Math.sin((2 * Math.PI * i) / 48)),
    );
    const at = (i: number): number => day[((i % 48) + 48) % 48] ?? 0;
    const slots = day.map((_, i) => ({
      // People follow the clock on the wall; the history is an hour (two slots) off in UTC.
      observed: at(i - 2),
      expectation: got(
        expectedOf(
          [
            [at(i), at(i), at(i)],
            [at(i - 2), at(i - 2), at(i - 2)],
          ],
          1,
        ),
      ),
    }));
    expect(firstAlarm(TEST, slots)).toBeNull();
    const naive = slots.map(({ observed }, i) => ({ observed, expectation: known(at(i)) }));
    expect(firstAlarm(TEST, naive)).not.toBeNull();
  });

  test("is found the sooner the larger it is", () => {
    const delays = [0.01, 0.3, 0.5, 0.7, 0.85].map((ratio) =>
      firstAlarm(
        TEST,
        Array.from({ length: 2_000 }, () => ({
          observed: Math.round(60 * ratio),
          expectation: known(60),
        })),
      ),
    );
    expect(delays.every((d) => d !== null)).toBe(true);
    expect(delays).toEqual([...delays].sort((a, b) => (a ?? 0) - (b ?? 0)));
    expect(delays[0]).toBe(1);
  });

  test("false alarms are at least the run length apart, on average", () => {
    const short = got(dropTest({ toleratedPpm: 0, runLength: 200 }, 0.01));
    let total = 0;
    const runs = 30;
    for (let run = 0; run < runs; run += 1) {
      const next = chance(run);
      let [state, slots] = [noDrops(short), 0];
      do {
        const observed = poisson(next, 30 * noise(next, 0.1));
        state = got(
          addDropSlot(short, state, { observed, expectation: { expected: 30, least: null } }),
        );
        slots += 1;
      } while (!dropAlarm(short, state).alarm && slots < 5_000);
      total += slots;
    }
    expect(total / runs).toBeGreaterThan(200);
  });

  test("the floor rule alarms by itself, whatever the model thinks", () => {
    const numb = got(
      dropTest({ toleratedPpm: 900_000, runLength: Number.MAX_SAFE_INTEGER }, 1_000),
    );
    let state = noDrops(numb);
    state = got(
      addDropSlot(numb, state, { observed: 0, expectation: { expected: 40, least: 20 } }),
    );
    expect(dropAlarm(numb, state).by).toEqual([]);
    state = got(
      addDropSlot(numb, state, { observed: 0, expectation: { expected: 40, least: 20 } }),
    );
    expect(dropAlarm(numb, state).by).toEqual(["floor"]);
    state = got(
      addDropSlot(numb, state, { observed: 1, expectation: { expected: 40, least: 20 } }),
    );
    expect(dropAlarm(numb, state).alarm).toBe(false);
  });

  test("noise is learned from the past and makes the detector slower", () => {
    const next = chance(5);
    const past = Array.from({ length: 400 }, () => ({
      observed: poisson(next, 100 * noise(next, 0.2)),
      expected: 100,
    }));
    const learned = got(learnNoise(past));
    expect(learned).toBeGreaterThan(0.03);
    expect(learned).toBeLessThan(0.08);
    expect(learnNoise(past.slice(0, 10))).toMatchObject({
      failure: { code: "too-little-history" },
    });
    const slots = Array.from({ length: 500 }, () => ({ observed: 70, expectation: known(100) }));
    const noisy = got(dropTest({ toleratedPpm: 50_000, runLength: 525_600 }, learned));
    expect(firstAlarm(noisy, slots) ?? 0).toBeGreaterThan(firstAlarm(TEST, slots) ?? 0);
  });

  test("hostile slots are outcomes", () => {
    const anything = fc.oneof(fc.double(), fc.constantFrom(-1, 1e300, Number.NaN, 0.5, 1e16));
    fc.assert(
      fc.property(anything, anything, anything, (observed, expected, level) => {
        const slot = { observed, expectation: { expected, least: 0 } };
        const next = addDropSlot(TEST, noDrops(TEST), slot);
        if (next.ok) expect(Number.isNaN(dropAlarm(TEST, next.value).lnEvidence)).toBe(false);
        const e = expectedOf([[observed, expected]], level);
        if (e.ok) expect(Number.isNaN(e.value.expected)).toBe(false);
        const made = dropTest({ toleratedPpm: observed, runLength: expected }, level);
        if (made.ok) expect(made.value.noise).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
