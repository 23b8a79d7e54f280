// SPDX-License-Identifier: Apache-2.0
import {
  admitPlan,
  detectionDelay,
  exposureAt,
  type Loss,
  levelsAfter,
  lossOf,
  type Plan,
  planRollout,
} from "@interlock/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BAKE, cell, MINUTE, PLAN, TERMS, wave } from "./plans.ts";

const WHOLE = 1_000_000;
const CELL = cell("a", { sharePpm: WHOLE });

type Rated = Pick<Plan, "cells" | "waves" | "microOrdersPerMinute" | "detection">;

/** One cell, its share raised wave by wave. */
const ramp = (
  levels: readonly number[],
  { bake = BAKE, rate = PLAN.microOrdersPerMinute, lost = 16_000_000 } = {},
): Rated => ({
  cells: [CELL],
  waves: levels.map((toPpm) => wave({ a: toPpm }, bake)),
  microOrdersPerMinute: rate,
  detection: { ...PLAN.detection, lostMicroOrders: lost },
});

describe("what a bake leaves at risk", () => {
  const cases: readonly (readonly [string, number, Parameters<typeof ramp>[1], number])[] = [
    ["a margin of twice the exposure excludes nothing", 10_000, { rate: 1 }, WHOLE],
    ["a margin is a share of all orders", 100_000, { rate: 1 }, 200_000],
    ["1,770 orders tell a seventh", 10_000, {}, 134_459],
    [
      "four times the time tells half of that",
      10_000,
      { bake: { ...BAKE, ms: 40 * MINUTE } },
      67_230,
    ],
    ["a drop below the margin counts as told by nobody", 10_000, { rate: 2 ** 52 }, 20_000],
    ["fewer orders than a collapse needs tell nothing", 1, {}, WHOLE],
    ["nobody exposed shows nothing", 0, {}, WHOLE],
    ["no time shows nothing", 10_000, { bake: { ...BAKE, ms: 0 } }, WHOLE],
  ];
  it.each(cases)("%s", (_, toPpm, over, left) => {
    expect(lossOf(ramp([toPpm, WHOLE], over)).waves[1]?.atRiskPpm).toBe(left);
  });
});

/** Evidence of a drop in one expected order, as the theory has it: the code has a bound of it. */
const evidence = (drop: number) => (drop >= 1 ? 1 : (1 - drop) * Math.log1p(-drop) + drop);

function leastTold(orders: number, needed: number): number {
  let [low, high] = [0, 1];
  if (orders * evidence(high) < needed) return 1;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (orders * evidence(middle) < needed) low = middle;
    else high = middle;
  }
  return high;
}

/** Orders lost by a plan, from the words of the documents and in fractions. */
function lostByTheory(plan: Rated): number {
  const perMinute = plan.microOrdersPerMinute / WHOLE;
  let [sum, left] = [0, 1];
  for (const [i, { bake }] of plan.waves.entries()) {
    const exposurePpm = exposureAt(plan.cells, levelsAfter(plan, i));
    const share = exposurePpm / WHOLE;
    sum += share * left * (detectionDelay(plan, exposurePpm) / MINUTE) * perMinute;
    const orders = perMinute * share * (bake.ms / MINUTE);
    const told = leastTold(orders, plan.detection.lostMicroOrders / WHOLE);
    const margin = bake.marginPpm / WHOLE;
    left = Math.min(left, margin / share, Math.max(margin, told));
  }
  return sum;
}

/** As if what a bake excludes of all orders were excluded of the exposed ones. */
function lostByMargin(plan: Rated): number {
  const perMinute = plan.microOrdersPerMinute / WHOLE;
  let [sum, left] = [0, 1];
  for (const [i, { bake }] of plan.waves.entries()) {
    const exposurePpm = exposureAt(plan.cells, levelsAfter(plan, i));
    const minutes = detectionDelay(plan, exposurePpm) / MINUTE;
    sum += (exposurePpm / WHOLE) * left * minutes * perMinute;
    left = Math.min(left, bake.marginPpm / WHOLE);
  }
  return sum;
}

const levels = fc
  .uniqueArray(fc.integer({ min: 1, max: WHOLE }), { minLength: 1, maxLength: 6 })
  .map((all) => all.sort((a, b) => a - b));
const bakes = fc.record({
  ms: fc.nat(240 * MINUTE),
  samples: fc.constant(100),
  marginPpm: fc.nat(WHOLE - 1),
});
const rates = fc.oneof(fc.nat(1e12), fc.nat(1e8));
const losts = fc.nat(1e8);
const drawn = fc.record({ levels, bake: bakes, rate: rates, lost: losts });
const micro = (loss: Loss) => loss.microOrders;

describe("orders lost if this is bad", () => {
  it("are never fewer where bakes exclude less, are shorter, or need more to tell a collapse", () => {
    fc.assert(
      fc.property(drawn, bakes, losts, ({ levels, ...given }, other, lost) => {
        const { bake } = given;
        const of = (over: object) => micro(lossOf(ramp(levels, { ...given, ...over })));
        const marginPpm = Math.max(bake.marginPpm, other.marginPpm);
        const ms = Math.min(bake.ms, other.ms);
        expect(of({ bake: { ...bake, marginPpm } })).toBeGreaterThanOrEqual(of({}));
        expect(of({ bake: { ...bake, ms } })).toBeGreaterThanOrEqual(of({}));
        expect(of({ lost: Math.max(lost, given.lost) })).toBeGreaterThanOrEqual(of({}));
      }),
    );
  });

  it("are never a smaller share of a wave where fewer orders were seen before it", () => {
    fc.assert(
      fc.property(drawn, rates, ({ levels, ...given }, other) => {
        const fewer = Math.min(given.rate, other);
        const shares = (rate: number) =>
          lossOf(ramp(levels, { ...given, rate })).waves.map(({ atRiskPpm }) => atRiskPpm);
        const known = shares(given.rate);
        for (const [i, share] of shares(fewer).entries())
          expect(share).toBeGreaterThanOrEqual(known[i] ?? 0);
      }),
    );
  });

  it("are never fewer in a last wave that is wider", () => {
    fc.assert(
      fc.property(drawn, fc.integer({ min: 1, max: WHOLE }), ({ levels, ...given }, more) => {
        const last = levels.at(-1) ?? 0;
        const wider = [...levels.slice(0, -1), Math.max(last, more)];
        expect(micro(lossOf(ramp(wider, given)))).toBeGreaterThanOrEqual(
          micro(lossOf(ramp(levels, given))),
        );
      }),
    );
  });

  it("are at least what theory expects, and what the margins alone would leave", () => {
    fc.assert(
      fc.property(drawn, ({ levels, ...given }) => {
        const plan = ramp(levels, given);
        const orders = micro(lossOf(plan)) / WHOLE;
        const slack = 1e-9 * orders + 1e-6;
        expect(orders + slack).toBeGreaterThanOrEqual(lostByTheory(plan));
        expect(orders + slack).toBeGreaterThanOrEqual(lostByMargin(plan));
      }),
    );
  });

  it("are within the budget of every plan that is made or admitted, by theory too", () => {
    const { waves: _, ...request } = PLAN;
    let made = 0;
    fc.assert(
      fc.property(drawn, fc.nat(30_000), ({ levels, bake, rate, lost }, budget) => {
        const { waves, ...rated } = ramp([...new Set([...levels, WHOLE])], { bake, rate, lost });
        const plan = { ...request, ...rated, asyncFailureMs: 0 };
        const terms = { ...TERMS, budgetMicroOrders: budget * WHOLE };
        const grow = { bake, growth: 10 };
        const admitted = admitPlan({ ...plan, waves }, terms, grow);
        const planned = planRollout({ plan, ...grow }, terms);
        const through = [
          ...(admitted.ok ? [{ ...plan, waves }] : admitted.fits === null ? [] : [admitted.fits]),
          ...(planned.ok ? [planned.plan] : []),
        ];
        made += through.length;
        for (const one of through)
          expect(lostByTheory(one)).toBeLessThanOrEqual(budget * (1 + 1e-9) + 1e-6);
      }),
    );
    expect(made).toBeGreaterThan(0); // else the law says nothing
  });
});
