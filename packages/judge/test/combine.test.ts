// SPDX-License-Identifier: Apache-2.0
import { culprits, lnCombined, type Weighed } from "@interlock/judge";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { got } from "./outcome.ts";

const signals = fc.uniqueArray(
  fc.record({
    id: fc.stringMatching(/^[a-z]{1,4}$/),
    lnE: fc.double({ min: -50, max: 50, noNaN: true }),
    weight: fc.integer({ min: 1, max: 10_000 }),
  }),
  { selector: ({ id }) => id, maxLength: 12 },
);
const ALPHA = 10_000;

describe("many signals, one threshold", () => {
  test("the combined evidence lies between the least and the most", () => {
    fc.assert(
      fc.property(signals, (list) => {
        const combined = got(lnCombined(list));
        const values = list.length === 0 ? [0] : list.map(({ lnE }) => lnE);
        expect(combined).toBeGreaterThanOrEqual(Math.min(...values) - 1e-9);
        expect(combined).toBeLessThanOrEqual(Math.max(...values) + 1e-9);
      }),
    );
  });

  test("adding a signal that shows nothing never halts alone", () => {
    fc.assert(
      fc.property(signals, (list) => {
        const before = got(lnCombined(list));
        const silent: Weighed = { id: "silent", lnE: 0, weight: 5 };
        expect(got(lnCombined([...list, silent]))).toBeLessThanOrEqual(Math.max(0, before) + 1e-9);
      }),
    );
  });

  test("the order of signals changes nothing", () => {
    fc.assert(
      fc.property(signals, (list) => {
        const reversed = [...list].reverse();
        expect(got(lnCombined(reversed))).toBeCloseTo(got(lnCombined(list)), 9);
        expect(got(culprits(reversed, ALPHA))).toEqual(got(culprits(list, ALPHA)));
      }),
    );
  });

  test("every culprit has the evidence that e-BH asks for, and more evidence never frees one", () => {
    fc.assert(
      fc.property(signals, fc.nat(11), (list, at) => {
        const found = got(culprits(list, ALPHA));
        const total = list.reduce((sum, { weight }) => sum + weight, 0);
        for (const { id, lnE, weight } of list)
          if (found.includes(id))
            expect(lnE + Math.log((weight * list.length) / total)).toBeGreaterThanOrEqual(
              Math.log((list.length * 1e6) / (found.length * ALPHA)) - 1e-9,
            );
        const more = list.map((s, i) => (i === at ? { ...s, lnE: s.lnE + 5 } : s));
        for (const id of found) expect(got(culprits(more, ALPHA))).toContain(id);
      }),
    );
  });

  test("hostile evidence is refused", () => {
    for (const lnE of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(lnCombined([{ id: "a", lnE, weight: 1 }])).toMatchObject({
        failure: { code: "not-a-number" },
      });
    for (const weight of [0, -1, 0.5, Number.NaN])
      expect(lnCombined([{ id: "a", lnE: 0, weight }])).toMatchObject({
        failure: { code: "out-of-range" },
      });
    expect(culprits([], 0)).toMatchObject({ failure: { code: "out-of-range" } });
    expect(got(lnCombined([{ id: "a", lnE: Number.NEGATIVE_INFINITY, weight: 1 }]))).toBe(
      Number.NEGATIVE_INFINITY,
    );
  });
});
