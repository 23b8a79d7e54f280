// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  lnBeta,
  lnBetaBelow,
  lnGamma,
  lnMeanExp,
  lnNormalCdf,
  lnSumExp,
  median,
  normalQuantile,
} from "../src/numeric.ts";

describe("special functions agree with what is known of them", () => {
  test("the gamma function is the factorial", () => {
    let lnFactorial = 0;
    for (let n = 1; n < 400; n += 1) {
      expect(lnGamma(n)).toBeCloseTo(lnFactorial, 8);
      lnFactorial += Math.log(n);
    }
    expect(lnGamma(0.5)).toBeCloseTo(0.5 * Math.log(Math.PI), 10);
  });

  test("the incomplete beta function is the tail of a binomial (DLMF 8.17.5)", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 999 }),
        (a, b, permille) => {
          const [x, n] = [permille / 1_000, a + b - 1];
          const terms = [];
          for (let k = a; k <= n; k += 1)
            terms.push(
              lnGamma(n + 1) -
                lnGamma(k + 1) -
                lnGamma(n - k + 1) +
                k * Math.log(x) +
                (n - k) * Math.log(1 - x),
            );
          const own = lnBetaBelow(x, a, b) - lnBeta(a, b);
          expect(Math.abs(own - lnSumExp(terms))).toBeLessThan(1e-6);
        },
      ),
    );
  });

  test("far tails stay finite and in order", () => {
    const values = [1e-6, 1e-4, 0.01, 0.1, 0.5].map((x) => lnBetaBelow(x, 5e8, 5e8));
    for (const [i, v] of values.entries()) {
      expect(Number.isFinite(v)).toBe(true);
      if (i > 0) expect(v).toBeGreaterThan(values[i - 1] ?? 0);
    }
  });

  test("the normal distribution at its published quantiles", () => {
    expect(Math.exp(lnNormalCdf(1.959963984540054))).toBeCloseTo(0.975, 9);
    expect(Math.exp(lnNormalCdf(-3.090232306167813))).toBeCloseTo(0.001, 9);
    expect(lnNormalCdf(-40)).toBeCloseTo(-804.608, 2);
    expect(normalQuantile(0.001)).toBeCloseTo(-3.090232306, 6);
    for (const z of [2.9, 2.999, 3.001, 3.1])
      expect(lnNormalCdf(-z)).toBeGreaterThan(lnNormalCdf(-z - 0.01));
  });

  test("sums of exponentials and medians", () => {
    expect(lnMeanExp([0, 0])).toBe(0);
    expect(lnSumExp([-1e9, 1e9])).toBe(1e9);
    expect(lnSumExp([])).toBe(Number.NEGATIVE_INFINITY);
    expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
  });
});
