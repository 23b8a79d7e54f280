// SPDX-License-Identifier: Apache-2.0
import {
  admitPlan,
  type Bake,
  type Cell,
  checkPlan,
  conflictsAmong,
  detectionDelay,
  exposureAt,
  levelsAfter,
  lossOf,
  NO_EMERGENCY,
  type Pending,
  type Plan,
  type PlanProblem,
  planRollout,
  type SoloExposure,
  withinCeiling,
} from "@interlock/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BAKE, cell, digest, MINUTE, PLAN, T0, TERMS, wave } from "./plans.ts";

const { waves: _, ...REQUEST } = PLAN;
const orders = (count: number) => count * 1_000_000;

describe("orders lost if this is bad", () => {
  it("one per cent of 17,700 orders a minute for four minutes are 708", () => {
    const detection = {
      sampleMs: 3 * MINUTE,
      lostMicroOrders: 0,
      worstMs: 15 * MINUTE,
      stopMs: MINUTE,
    };
    const loss = lossOf({ ...PLAN, detection, waves: [wave({ a: 40_000 })] });
    expect(loss).toMatchObject({ firstMicroOrders: orders(708), microOrders: orders(708) });
  });

  it("each wave risks what the bakes before it could not have told", () => {
    const { waves } = lossOf(PLAN);
    expect(waves.map(({ atRiskPpm }) => atRiskPpm)).toEqual([1_000_000, 134_459, 26_892]);
    expect(waves.at(-1)?.exposurePpm).toBe(1_000_000);
  });

  it("fewer orders take longer to tell, up to the worst delay", () => {
    expect(detectionDelay(PLAN, 10_000)).toBeGreaterThan(detectionDelay(PLAN, 100_000));
    expect(detectionDelay(PLAN, 0)).toBe(16 * MINUTE);
  });

  it("more exposure, slower detection or more orders never cost less", () => {
    const ppm = fc.nat(1_000_000);
    fc.assert(
      fc.property(ppm, ppm, fc.nat(1e12), fc.nat(1e7), (a, b, rate, lost) => {
        const detection = { ...PLAN.detection, lostMicroOrders: lost };
        const at = (toPpm: number, more = 0) =>
          lossOf({
            cells: [cell("a", { sharePpm: 1_000_000 })],
            waves: [wave({ a: toPpm })],
            microOrdersPerMinute: rate + more,
            detection: { ...detection, stopMs: detection.stopMs + more },
          }).microOrders;
        expect(at(Math.min(a, b))).toBeLessThanOrEqual(at(Math.max(a, b)));
        expect(at(a)).toBeLessThanOrEqual(at(a, 60_000));
      }),
    );
  });
});

describe("a plan", () => {
  it("over budget is refused with the smallest plan that fits", () => {
    const bold: Plan = { ...PLAN, waves: [wave({ a: 1_000_000 })] };
    const terms = { ...TERMS, budgetMicroOrders: orders(3_000) };
    const refused = admitPlan(bold, terms, { bake: BAKE, growth: 25 });
    expect(refused).toMatchObject({ ok: false, failure: { code: "ROLLOUT_OVER_BUDGET" } });
    const fits = refused.ok ? null : refused.fits;
    expect(fits).not.toBeNull();
    if (fits !== null) expect(lossOf(fits).microOrders).toBeLessThanOrEqual(orders(3_000));
    expect(fits === null ? 0 : exposureAt(fits.cells, levelsAfter(fits, 0))).toBe(10_000);
  });

  it("bakes longer only where no other waves fit", () => {
    const bakeMs = (budget: number) => {
      const terms = { ...TERMS, budgetMicroOrders: orders(budget) };
      const planned = planRollout({ plan: REQUEST, bake: BAKE, growth: 25 }, terms);
      return planned.ok ? planned.plan.waves.map(({ bake }) => bake.ms / MINUTE) : null;
    };
    expect([3_000, 2_000, 1_500, 1_000].map(bakeMs)).toEqual([
      [10, 10, 10],
      [20, 20, 10],
      [40, 40, 10],
      null,
    ]);
  });

  it("that no cells can fit is refused with the nearest one", () => {
    const planned = planRollout(
      { plan: REQUEST, bake: BAKE, growth: 10 },
      { ...TERMS, budgetMicroOrders: 1 },
    );
    expect(planned).toMatchObject({ ok: false, failure: { code: "ROLLOUT_OVER_BUDGET" } });
  });

  const staged = [{ kind: "staged", cells: 1, trafficPpm: 10_000, bakeMs: 30 * MINUTE }] as const;
  const whole = wave({ b: 1_000_000, c: 1_000_000, d: 1_000_000 });
  const cases: readonly (readonly [PlanProblem["code"], Partial<Plan>, Partial<typeof TERMS>?])[] =
    [
      ["no-waves", { waves: [] }],
      ["cells-not-sorted", { cells: [cell("b"), cell("a")] }],
      ["cell-unknown", { waves: [wave({ z: 10 })] }],
      [
        "cell-twice",
        {
          waves: [
            {
              ...wave({}),
              steps: [
                { cell: "a", toPpm: 1 },
                { cell: "a", toPpm: 2 },
              ],
            },
          ],
        },
      ],
      ["step-back", { waves: [wave({ a: 20 }), wave({ a: 10 })] }],
      ["not-divisible", { cells: [cell("a", { divisible: false })], waves: [wave({ a: 10 })] }],
      ["first-wave-too-wide", { waves: [wave({ a: 1_000_000 })] }, { staged }],
      ["bake-too-short", { waves: [wave({ a: 10 })] }, { staged }],
      ["bake-too-short", { asyncFailureMs: 11 * MINUTE }],
      ["bake-without-evidence", { waves: [wave({ a: 10 }, { ...BAKE, samples: 0 })] }],
      ["pair-not-staged", { waves: [whole] }],
      ["emergency-without-entry", { lane: "emergency" }],
      ["emergency-too-wide", { lane: "emergency", emergency: digest("e"), keys: ["cart/"] }],
      [
        "emergency-too-wide",
        { lane: "emergency", emergency: digest("e"), provenRuns: ["code-7"], waves: [whole] },
      ],
      [
        "bake-too-short",
        {
          lane: "emergency",
          emergency: digest("e"),
          asyncFailureMs: 0,
          waves: [wave({ a: 10 }, { ...BAKE, ms: 0 })],
        },
      ],
      [
        "emergency-too-wide",
        { lane: "emergency", emergency: digest("e"), keys: ["a", "b", "c", "d"] },
      ],
      [
        "emergency-too-wide",
        { lane: "emergency", emergency: digest("e") },
        { emergency: { ...TERMS.emergency, cells: 1 } },
      ],
      [
        "emergency-too-wide",
        { lane: "emergency", emergency: digest("e") },
        { emergency: NO_EMERGENCY },
      ],
      ["over-budget", {}, { budgetMicroOrders: 1 }],
    ];
  const described = cases.map(([code, over, terms]) => ({ code, over, terms: terms ?? {} }));
  it.each(described)("with `$code` does not go out", ({ code, over, terms }) => {
    const found = checkPlan({ ...PLAN, ...over }, { ...TERMS, ...terms }).map((one) => one.code);
    expect(found).toContain(code);
  });

  const QUICK = { ...BAKE, ms: 5 * MINUTE };
  const HOUR = { ...BAKE, ms: 60 * MINUTE };
  const slow = {
    ...TERMS,
    staged: [{ kind: "staged", cells: 4, trafficPpm: 1_000_000, bakeMs: 60 * MINUTE }],
  } as const;
  const lanes: readonly (readonly [string, Plan["lane"], readonly Bake[], readonly string[]])[] = [
    ["bakes shorter between its waves", "emergency", [QUICK, QUICK, HOUR], []],
    ["bakes whole before it is proven", "emergency", [QUICK, QUICK, QUICK], ["2 3600000"]],
    [
      "bakes as its lane says at least",
      "emergency",
      [{ ...QUICK, ms: 1 }, QUICK, HOUR],
      ["0 300000"],
    ],
    ["shortens nothing elsewhere", "normal", [QUICK, HOUR, HOUR], ["0 3600000"]],
    ["needs evidence all the same", "emergency", [QUICK, { ...QUICK, samples: 0 }, HOUR], ["1 0"]],
  ];
  it.each(lanes)("of an emergency %s (whole-bake)", (_, lane, bakes, expected) => {
    const waves = PLAN.waves.map((one, i) => ({ ...one, bake: bakes[i] ?? BAKE }));
    const plan: Plan = { ...PLAN, lane, emergency: digest("e"), waves };
    expect(checkPlan(plan, slow).map(({ wave, about }) => `${wave} ${about}`)).toEqual(expected);
  });

  it("with a proven pair may begin wider", () => {
    expect(checkPlan({ ...PLAN, provenRuns: ["code-7"], waves: [whole] }, TERMS)).toEqual([]);
  });

  it("that is made fits its terms, ends everywhere, and begins with one cell of each new pair", () => {
    const cells = fc
      .array(
        fc.record({
          sharePpm: fc.integer({ min: 1, max: 100_000 }),
          divisible: fc.boolean(),
          runs: fc.constantFrom("x", "y"),
        }),
        { minLength: 1, maxLength: 8 },
      )
      .map((list): readonly Cell[] => list.map((one, i) => cell(`c${i}`, one)));
    fc.assert(
      fc.property(
        cells,
        fc.integer({ min: 2, max: 20 }),
        fc.nat(100_000),
        (cells, growth, budget) => {
          const terms = { ...TERMS, budgetMicroOrders: orders(budget) };
          const planned = planRollout({ plan: { ...REQUEST, cells }, bake: BAKE, growth }, terms);
          const { plan } = planned.ok ? planned : planned.nearest;
          const problems = checkPlan(plan, terms).map(({ code }) => code);
          expect(problems).toEqual(planned.ok ? [] : ["over-budget"]);
          const levels = levelsAfter(plan, plan.waves.length - 1);
          expect(cells.every(({ id }) => levels.get(id) === 1_000_000)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("a plan of an emergency", () => {
  const cells = fc
    .array(
      fc.record({
        sharePpm: fc.integer({ min: 0, max: 100_000 }),
        divisible: fc.boolean(),
        runs: fc.constantFrom("x", "y"),
      }),
      { minLength: 1, maxLength: 8 },
    )
    .map((list): readonly Cell[] => list.map((one, i) => cell(`c${i}`, one)));
  const lane = fc.record({ keys: fc.nat(4), cells: fc.nat(9), bakeMs: fc.nat(20 * MINUTE) });
  const staged = (ms: number) => [
    { kind: "staged", cells: 8, trafficPpm: 1_000_000, bakeMs: ms } as const,
  ];

  it("begins with one cell, never passes its terms, and is proven by a whole bake (still-staged)", () => {
    fc.assert(
      fc.property(cells, lane, fc.nat(60 * MINUTE), fc.nat(4), (all, emergency, ms, extra) => {
        const whole = { ...BAKE, ms: Math.max(PLAN.asyncFailureMs, ms) };
        const bake = { ...BAKE, ms: Math.max(PLAN.asyncFailureMs, emergency.bakeMs) };
        const lastBake = { ...BAKE, ms: Math.max(whole.ms, bake.ms) };
        const keys = Array.from({ length: extra + 1 }, (_, i) => `key-${i}`);
        const plan = { ...REQUEST, lane: "emergency", emergency: digest("e"), keys } as const;
        const terms = { ...TERMS, staged: staged(whole.ms), emergency };
        const made = planRollout(
          { plan: { ...plan, cells: all }, bake, lastBake, growth: 5 },
          terms,
        );
        const narrow = all.length <= emergency.cells && keys.length <= emergency.keys;
        expect(made.ok).toBe(narrow);
        const { waves } = made.ok ? made.plan : made.nearest.plan;
        expect(waves[0]?.steps).toHaveLength(1);
        expect(waves.at(-1)?.bake.ms).toBeGreaterThanOrEqual(whole.ms);
        expect(waves.every((one) => one.bake.ms >= PLAN.asyncFailureMs)).toBe(true);
        const { emergency: _entry, ...without } = plan;
        const nameless = { plan: { ...without, cells: all }, bake, lastBake, growth: 5 };
        expect(planRollout(nameless, terms).ok).toBe(false);
      }),
      { numRuns: 100 },
    );
  });
});

describe("the ceiling of one person", () => {
  const ceiling = { tier: 2, cells: 1, trafficPpm: 10_000 };
  const asked: SoloExposure = {
    person: "ana",
    at: T0,
    tier: 3,
    cells: ["cart/a"],
    trafficPpm: 6_000,
  };
  const DAY = 24 * 60 * MINUTE;
  const cases: readonly (readonly [
    string,
    readonly SoloExposure[],
    Partial<SoloExposure>,
    boolean,
  ])[] = [
    ["is theirs alone", [{ ...asked, person: "bo" }], {}, true],
    ["is summed over the day", [{ ...asked, at: T0 - DAY + 1 }], {}, false],
    ["is free again after a day", [{ ...asked, at: T0 - DAY }], {}, true],
    ["is not opened by a clock set back", [{ ...asked, at: T0 + DAY }], {}, false],
    ["counts cells of all systems", [{ ...asked, cells: ["pay/a"], trafficPpm: 1 }], {}, false],
    ["counts a cell once", [{ ...asked, trafficPpm: 4_000 }], {}, true],
    ["has nothing of Tier 1", [], { tier: 1 }, false],
  ];
  it.each(cases)("%s", (_name, earlier, over, allowed) => {
    expect(withinCeiling(ceiling, earlier, { ...asked, ...over })).toBe(allowed);
  });
});

describe("changes under way", () => {
  const pending = (rollout: string, over: Partial<Pending> = {}): Pending => ({
    rollout,
    target: "etcd",
    keys: ["cart/promise"],
    cells: ["a", "b"],
    system: "cart",
    ...over,
  });
  const cases: readonly (readonly [string, Partial<Pending>, readonly unknown[]])[] = [
    ["write the same key", {}, [{ kind: "keys", keys: ["cart/promise"], cells: ["a", "b"] }]],
    [
      "write beneath a folder of the other",
      { keys: ["cart/"] },
      [{ kind: "keys", keys: ["cart/promise"] }],
    ],
    [
      "bring two halves of one system to one cell",
      { target: "git", keys: ["app"], cells: ["b"] },
      [{ kind: "pair", cells: ["b"] }],
    ],
    ["share no cell", { cells: ["c"] }, []],
    ["share a beginning of a name only", { keys: ["cart/prom"], system: "pay" }, []],
  ];
  it.each(cases)("conflict where they %s, whatever the order", (_, over, expected) => {
    const both = [pending("r1"), pending("r2", over)];
    expect(conflictsAmong(both)).toMatchObject(expected);
    expect(conflictsAmong([...both].reverse())).toEqual(conflictsAmong(both));
  });
});
