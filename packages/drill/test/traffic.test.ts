// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chance, gammaFactor, negativeBinomial, poisson } from "../src/chance.ts";
import { incidentOf } from "../src/drill.ts";
import { drawTraffic, tallyAt, wholeAt } from "../src/traffic.ts";
import { REGION_CELLS, reachedFrom, retailCatalog } from "../src/world.ts";

const moments = (draw: () => number, n = 20_000) => {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < n; i += 1) {
    const x = draw();
    sum += x;
    squares += x * x;
  }
  const mean = sum / n;
  return { mean, variance: squares / n - mean * mean };
};

describe("randomness", () => {
  // Five standard errors of the mean; an eighth of the variance, which is over ten of its own.
  it.each([
    [3, 0],
    [25, 0],
    [400, 0],
    [30, 0.02],
    [120, 0.1],
  ])("draws counts of mean %d and dispersion %d", (mean, dispersion) => {
    const next = chance(5, mean);
    const seen = moments(() => negativeBinomial(next, mean, dispersion));
    const variance = mean + dispersion * mean * mean;
    expect(Math.abs(seen.mean - mean)).toBeLessThan(5 * Math.sqrt(variance / 20_000));
    expect(Math.abs(seen.variance / variance - 1)).toBeLessThan(0.125);
  });

  it("keeps the seeds and their streams apart, and each the same", () => {
    const first = (seed: number, stream: number) => chance(seed, stream)();
    expect(first(1, 1)).toBe(first(1, 1));
    expect(new Set([first(1, 1), first(2, 1), first(1, 2)]).size).toBe(3);
    expect(gammaFactor(chance(1, 1), 0)).toBe(1);
    expect(poisson(chance(1, 1), 0)).toBe(0);
  });
});

const incident = incidentOf("march-5");
if (incident === null) throw new Error("the incident is there");
const traffic = drawTraffic(incident, 3, 120);

describe("traffic", () => {
  it("splits every event once: no order and no page is lost between two versions", () => {
    const place = fc.nat({ max: 120 * REGION_CELLS.length - 1 });
    fc.assert(
      fc.property(place, fc.nat({ max: 1_000_000 }), (at, ppm) => {
        const one = tallyAt(traffic, at, ppm);
        expect(one.ordersPlaced + one.lost + one.restPlaced).toBe(traffic.orders[at]);
        expect(one.pages + one.restPages).toBe(traffic.pages[at]);
        expect(one.errors + one.restErrors - one.extraErrors).toBeLessThanOrEqual(
          traffic.always[at] ?? 0,
        );
      }),
    );
  });

  it("loses no more where fewer have the change: arms differ by their acts alone", () => {
    const place = fc.nat({ max: 120 * REGION_CELLS.length - 1 });
    const share = fc.nat({ max: 1_000_000 });
    fc.assert(
      fc.property(place, share, share, (at, a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)];
        expect(tallyAt(traffic, at, less).lost).toBeLessThanOrEqual(
          tallyAt(traffic, at, more).lost,
        );
        expect(tallyAt(traffic, at, less).wrong).toBeLessThanOrEqual(
          tallyAt(traffic, at, more).wrong,
        );
      }),
    );
  });

  it("adds up over cells, and is the same for the same seed", () => {
    const sum = REGION_CELLS.reduce(
      (n, _, c) => n + tallyAt(traffic, 7 * REGION_CELLS.length + c, 1_000_000).lost,
      0,
    );
    expect(wholeAt(traffic, 7, 1_000_000).lost).toBe(sum);
    expect(drawTraffic(incident, 3, 5).orders).toEqual(
      traffic.orders.slice(0, 5 * REGION_CELLS.length),
    );
  });
});

describe("the retailer", () => {
  it("has the reported number of Tier-1 systems and one hundred per cent of a region's orders", () => {
    expect(new Set(retailCatalog().systems).size).toBe(335);
    expect(REGION_CELLS.reduce((sum, { sharePpm }) => sum + sharePpm, 0)).toBe(1_000_000);
    expect(reachedFrom("orders")).toBeGreaterThan(reachedFrom("storefront"));
  });
});
