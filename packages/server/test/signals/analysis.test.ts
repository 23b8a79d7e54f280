// SPDX-License-Identifier: Apache-2.0
import { type Plan, planDigest } from "@interlock/core";
import { lnGoal } from "@interlock/judge";
import { plain, readSlots } from "@interlock/store";
import { describe, expect, it } from "vitest";
import { ENGINES, storeOf } from "../engines.ts";
import {
  CELLS,
  DAY,
  described,
  MINUTE,
  openShop,
  poisson,
  type Rate,
  reopenShop,
  SHOP,
  START,
  signalsOf,
} from "./world.ts";

const engine = ENGINES[0];
if (engine === undefined) throw new Error("there is an embedded engine");
const store = storeOf(engine);

const ORDERS = signalsOf(described());

/** Orders at 100 a minute and cell, of which `left` come in `cells` from the start on. */
const dropping =
  (left: number, cells: readonly string[] = ["eu-1"], mean = 100): Rate =>
  (cell, start) => [
    poisson(mean * (start >= START && cells.includes(cell) ? left : 1), "orders", cell, start),
  ];

const wave = (more: object = {}) => ({
  ...{ rollout: "r1", system: "shop", wave: 0, since: START, began: START, cells: ["eu-1"] },
  ...{ marginPpm: 50_000, asyncFailureMs: 0, ...more },
});

const BAKE = { ms: 0, samples: 100, marginPpm: 50_000 };
const PLAN: Plan = {
  ...{ change: "a".repeat(64), system: "shop", tier: 1, target: "t", keys: ["k"], version: "v2" },
  ...{ lane: "normal", provenRuns: [], microOrdersPerMinute: 300_000_000, asyncFailureMs: 0 },
  cells: CELLS.map((id) => ({
    ...{ id, region: "eu", sharePpm: 333_333, base: "v1", runs: "c1", divisible: false },
  })),
  waves: [
    { name: "one", steps: [{ cell: "eu-1", toPpm: 1_000_000 }], bake: BAKE },
    { name: "two", steps: [{ cell: "eu-2", toPpm: 1_000_000 }], bake: BAKE },
  ],
  detection: { sampleMs: 1_000, lostMicroOrders: 1, worstMs: 1_000, stopMs: 1_000 },
  ...{ speedPpmPerMinute: 1_000_000, signals: ["orders"], freshMs: 180_000, askEveryMs: 60_000 },
  ...{ onFailure: "halt", goodUntil: START + DAY },
  ceiling: { tier: 2, cells: 1, trafficPpm: 10_000 },
  back: { batchPpm: 1_000_000, everyMs: 0, jitterMs: 0 },
};

describe("a wave of which changed cells are compared with unchanged ones", () => {
  const CASES = [
    { left: 0.01, name: "99 % drop", says: "failed", within: 1 },
    { left: 0.7, name: "30 % drop", says: "failed", within: 10 },
  ] as const;
  it.each(CASES)("a $name halts by itself within $within minutes", async ({ left, within }) => {
    const rates = { orders: dropping(left) };
    const shop = await openShop(store(), { signals: ORDERS, rates, pastMs: 6 * 60 * MINUTE });
    const told: unknown[] = [];
    shop.analysis.listen((rollout, verdicts) => told.push({ rollout, verdicts }));
    await shop.analysis.watch(wave());
    await shop.pass(30, () => told.length > 0);
    expect(told[0]).toMatchObject({
      rollout: "r1",
      verdicts: [{ kind: "verdict", id: null, source: "orders", wave: 0, outcome: "failed" }],
    });
    expect((shop.clock.now - START) / MINUTE).toBeLessThanOrEqual(within);
    const [said] = await shop.analysis.analysisOf("r1");
    expect(said).toMatchObject({ kind: "halt", because: [expect.stringMatching(/is harmed/)] });
  });

  it("no drop: it goes on once harm beyond the margin is excluded, and not before", async () => {
    const rates = { orders: dropping(1) };
    const shop = await openShop(store(), { signals: ORDERS, rates, pastMs: 6 * 60 * MINUTE });
    shop.analysis.listen(() => expect.unreachable("nothing is wrong"));
    const first = await shop.analysis.watch(wave());
    expect(first.signals).toMatchObject([{ outcome: "inconclusive", state: "missing" }]);
    await shop.pass(2);
    const early = await shop.analysis.watch(wave());
    expect(early.kind).toBe("not-enough-evidence");
    expect(early.because[0]).toMatch(
      /at \d+ orders a minute a 30 % drop needs about .*: widen the wave or wait/,
    );
    await shop.pass(120);
    const late = await shop.analysis.watch(wave());
    expect(late).toMatchObject({ kind: "promote", signals: [{ outcome: "successful" }] });
    expect(late.signals[0]?.excludesPpm).toBeLessThanOrEqual(50_000);
    expect(late.signals[0]?.safeMilliNats).toBeGreaterThanOrEqual(lnGoal(10_000) * 1_000 - 1);
  });

  it("answers the effect of a rollout with a verdict of each signal, within the plan's margin", async () => {
    const rates = { orders: dropping(1) };
    const shop = await openShop(store(), { signals: ORDERS, rates, pastMs: 6 * 60 * MINUTE });
    const question = { id: "analyse-1", wave: 0, since: START, cells: ["eu-1"] };
    await shop.analysis.ask(PLAN, question);
    await shop.pass(60);
    const [verdict] = await shop.analysis.ask(PLAN, { ...question, id: "analyse-2" });
    expect(verdict).toMatchObject({
      ...{ kind: "verdict", id: "analyse-2", source: "orders", wave: 0, outcome: "successful" },
      observedAt: START + 60 * MINUTE,
    });
    expect(verdict?.samples).toBeGreaterThan(5_000);
    expect(verdict?.excludesPpm).toBeLessThanOrEqual(50_000);
    // The next wave knows when the rollout began, and learns nothing from the waves before.
    await shop.analysis.ask(PLAN, {
      id: "x",
      wave: 1,
      since: START + 30 * MINUTE,
      cells: ["eu-1", "eu-2"],
    });
    const said = await shop.analysis.analysisOf(planDigest(PLAN));
    expect(said.map(({ wave: index, control }) => [index, control])).toEqual([
      [0, ["eu-2", "us-1"]],
      [1, ["us-1"]],
    ]);
  });

  it("a server that was started again goes on where the other one was", async () => {
    const given = { signals: ORDERS, rates: { orders: dropping(0.7) }, pastMs: 6 * 60 * MINUTE };
    const whole = await openShop(store(), given);
    await whole.analysis.watch(wave());
    await whole.pass(4);
    const [expected] = await whole.analysis.analysisOf("r1");
    const parted = await openShop(store(), given);
    await parted.analysis.watch(wave());
    await parted.pass(2);
    const again = reopenShop(store(), { ...given, clock: parted.clock });
    await again.pass(2);
    expect((await again.analysis.analysisOf("r1"))[0]).toEqual(expected);
  });
});

/** The users' counter-examples of https://github.com/spinnaker/kayenta and others: fail, or hold with the reason. */
describe("counter-examples", () => {
  const errors = signalsOf(
    described({
      ...{ name: "errors", measures: "errors", unit: "errors" },
      settings: { metric: "errors", of: "requests", settleMs: 0, errorsPpm: 1_000 },
    }),
  );
  const failing =
    (share: number, before = 0): Rate =>
    (cell, start) => [
      poisson(5_000 * (start >= START && cell === "eu-1" ? share : before), "e", cell, start),
      5_000,
    ];
  const read = async (given: {
    readonly signals: typeof errors;
    readonly rate: Rate;
    readonly minutes: number;
    readonly past?: number;
  }) => {
    const { signals, rate, minutes } = given;
    const rates = Object.fromEntries(signals.map(({ name }) => [name, rate]));
    const pastMs = given.past ?? 4 * 60 * MINUTE;
    const shop = await openShop(store(), { signals, rates, pastMs });
    await shop.analysis.watch(wave());
    await shop.pass(minutes);
    return await shop.analysis.watch(wave());
  };
  const CASES = [
    {
      name: "no traffic in the wave holds (argo-rollouts#1905, flagger#1035)",
      signals: ORDERS,
      rate: (cell: string, start: number) => [cell === "eu-1" ? 0 : poisson(100, cell, start)],
      minutes: 60,
      kind: "inconclusive",
      because: /take a longer period before the change, or cells that had events/,
    },
    {
      name: "a counter of errors that was always zero and stays so goes on (kayenta#426)",
      signals: errors,
      rate: failing(0),
      minutes: 60,
      kind: "promote",
      because: /excludes the harm/,
    },
    {
      name: "a baseline of zero and one per cent of errors fails (kayenta#377, #799)",
      signals: errors,
      rate: failing(0.01),
      minutes: 5,
      kind: "halt",
      because: /`errors` is harmed/,
    },
    {
      name: "errors up by 650 per cent fail (kayenta#633)",
      signals: errors,
      rate: failing(0.015, 0.002),
      minutes: 5,
      kind: "halt",
      because: /`errors` is harmed/,
    },
    {
      name: "five times nearly nothing is no harm (juspay/hyperswitch-helm#308)",
      signals: errors,
      rate: failing(0.000_05, 0.000_01),
      minutes: 60,
      kind: "promote",
      because: /excludes the harm/,
    },
    {
      name: "a source that stopped in the wave holds",
      signals: ORDERS,
      rate: (cell: string, start: number) =>
        start > START + 30 * MINUTE ? null : [poisson(100, "o", cell, start)],
      minutes: 60,
      kind: "inconclusive",
      because: /`orders` is stale/,
    },
    {
      name: "a changed cell that fell silent holds",
      signals: ORDERS,
      rate: (cell: string, start: number) =>
        cell === "eu-1" && start > START ? null : [poisson(100, "o", cell, start)],
      minutes: 20,
      kind: "inconclusive",
      because: /`orders`/,
    },
  ] as const;
  it.each(CASES)("$name", async ({ signals, rate, minutes, kind, because }) => {
    const said = await read({ signals, rate, minutes });
    expect([said.kind, said.because.join("; ")]).toEqual([kind, expect.stringMatching(because)]);
  });
});

describe("the last wave, with no unchanged cell left", () => {
  /** A day's rhythm of half the mean, at 10-minute slots. */
  const slots = signalsOf(
    described({
      settings: { metric: "orders", settleMs: 0, slotMs: 600_000 },
      freshMs: 30 * MINUTE,
    }),
  );
  const daily =
    (left: number): Rate =>
    (cell, start) => {
      const mean = 1_000 * (1 + 0.5 * Math.sin((2 * Math.PI * start) / DAY));
      return [poisson(mean * (start >= START ? left : 1), "h", cell, start)];
    };
  const last = wave({ wave: 2, cells: [...CELLS], marginPpm: 100_000 });

  it("a drop against earlier weeks halts", async () => {
    const rates = { orders: daily(0.5) };
    const shop = await openShop(store(), { signals: slots, rates, pastMs: 30 * DAY });
    const told: string[] = [];
    shop.analysis.listen((rollout) => told.push(rollout));
    await shop.analysis.watch(last);
    await shop.pass(4, () => told.length > 0);
    expect(told).toEqual(["r1"]);
  });

  it("no drop goes on; with one week of the past alone a person has to look", async () => {
    const rates = { orders: daily(1) };
    const shop = await openShop(store(), { signals: slots, rates, pastMs: 30 * DAY });
    await shop.analysis.watch(last);
    await shop.pass(40);
    expect(await shop.analysis.watch(last)).toMatchObject({
      kind: "promote",
      signals: [{ against: "history", outcome: "successful", promised: false }],
    });
    const young = await openShop(store(), { signals: slots, rates, pastMs: 8 * DAY });
    const said = await young.analysis.watch(last);
    expect([said.kind, said.because[0]]).toEqual([
      "inconclusive",
      expect.stringMatching(/fewer than two earlier weeks are known: a person has to look/),
    ]);
  });
});

describe("earlier weeks of few orders", () => {
  const quiet = signalsOf(
    described({ settings: { metric: "orders", settleMs: 0, slotMs: MINUTE } }),
  );
  const rates = { orders: (cell: string, start: number) => [poisson(0.1, "q", cell, start)] };

  it("raise no alarm about traffic that has not changed, and say why nothing can be told", async () => {
    const shop = await openShop(store(), { signals: quiet, rates, pastMs: 30 * DAY });
    const told: string[] = [];
    shop.analysis.listen((rollout) => told.push(rollout));
    const all = wave({ wave: 2, cells: [...CELLS], marginPpm: 100_000 });
    const some = wave({ rollout: "r2", wave: 0, cells: ["eu-1"], marginPpm: 100_000 });
    for (const one of [all, some]) await shop.analysis.watch(one);
    await shop.pass(120);
    const said = await shop.analysis.watch(all);
    expect([told, said.kind, said.because[0]]).toEqual([
      [],
      "inconclusive",
      expect.stringContaining("too few orders to tell a drop from chance by earlier weeks"),
    ]);
  }, 300_000);
});

describe("several rollouts at once", () => {
  const at = (rollout: string, cells: readonly string[]) => wave({ rollout, cells });
  const run = async (rate: Rate, ...all: readonly ReturnType<typeof at>[]) => {
    const rates = { orders: rate };
    const shop = await openShop(store(), { signals: ORDERS, rates, pastMs: 6 * 60 * MINUTE });
    const told = new Set<string>();
    shop.analysis.listen((rollout) => told.add(rollout));
    for (const one of all) await shop.analysis.watch(one);
    await shop.pass(10, () => told.size > 0);
    return { shop, told: [...told].sort() };
  };

  it("only the one whose cells are harmed is halted", async () => {
    const { told, shop } = await run(dropping(0.3), at("bad", ["eu-1"]), at("good", ["us-1"]));
    expect(told).toEqual(["bad"]);
    const [good] = await shop.analysis.analysisOf("good");
    expect(good?.kind).not.toBe("halt");
  });

  it("those that changed the same cells cannot be told apart: both are halted", async () => {
    const { told, shop } = await run(dropping(0.3), at("one", ["eu-1"]), at("two", ["eu-1"]));
    expect(told).toEqual(["one", "two"]);
    const [one] = await shop.analysis.analysisOf("one");
    expect(one?.because[0]).toBe(
      "2 rollouts have changed the same cells and cannot be told apart: all are halted",
    );
    const [two] = await shop.analysis.analysisOf("two");
    expect([one?.because[1], two?.because[1]]).toEqual([
      "to tell them apart, begin this one again not in `eu-2`, as the others are told for theirs",
      "to tell them apart, begin this one again in `eu-2`, as the others are told for theirs",
    ]);
  });

  it("what another rollout has changed is nothing to compare with", async () => {
    const { shop } = await run(dropping(1), at("one", ["eu-1"]), at("two", ["us-1"]));
    const [one] = await shop.analysis.analysisOf("one");
    expect(one?.control).toEqual(["eu-2"]);
    await shop.analysis.ended("two");
    expect((await shop.analysis.watch(at("three", ["eu-2"]))).control).toEqual(["us-1"]);
    expect(SHOP.cells.length).toBe(3);
  });
});

it("reads a day of short slots that it has never seen in one look, and judges by them", async () => {
  const past = { settleMs: 0, slotMs: 10_000, keepDays: 1 };
  const short = { ...past, connection: "env:SHOP", query: "select 1" };
  const signals = signalsOf(described({ kind: "sql", settings: short }));
  const rates = { orders: dropping(0.01) };
  const shop = await openShop(store(), { signals, rates: {}, pastMs: 0 });
  const fresh = reopenShop(store(), { signals, rates, clock: shop.clock });
  await fresh.analysis.tick();
  await fresh.pass(6);
  const said = await fresh.analysis.watch(wave());
  expect(said).toMatchObject({ kind: "halt", signals: [{ promised: true }] });
});

it("slots that the database did not take are read again", async () => {
  const rates = { orders: dropping(1) };
  const shop = await openShop(store(), { signals: ORDERS, rates, pastMs: 10 * MINUTE });
  const { db } = store();
  await shop.pass(2);
  await db.executeQuery(
    plain("alter table signal_slot add constraint stuck check (start < 0) not valid"),
  );
  await expect(shop.pass(1)).rejects.toThrow("stuck");
  await expect(shop.pass(1)).rejects.toThrow("stuck");
  await db.executeQuery(plain("alter table signal_slot drop constraint stuck"));
  await shop.pass(1);
  const slots = await readSlots(db, { signal: "orders", from: START, to: shop.clock.now });
  expect(slots.map(({ start }) => (start - START) / MINUTE)).toEqual([0, 1, 2, 3, 4]);
});
