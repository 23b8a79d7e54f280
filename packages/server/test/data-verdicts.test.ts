// SPDX-License-Identifier: Apache-2.0
/** What the analysis lets begin of a data run, over orders that fall in the watched cell or do not. */
import { digestOf } from "@interlock/digest";
import { openHearing, type Signal } from "@interlock/server";
import { plain, saveSlots } from "@interlock/store";
import { ENGINES, type EngineUnderTest } from "@interlock/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endDataRun } from "../src/data/runs.ts";
import { dataRunId } from "../src/data/story.ts";
import { verdictRoutes } from "../src/data/verdicts.ts";
import { type Prepared, prepare, type Unsalted } from "../src/ledger/record.ts";
import type { PeopleBook } from "../src/people/book.ts";
import type { SignalsNow } from "../src/signals/opening.ts";
import {
  CELLS,
  described,
  MINUTE,
  poisson,
  reopenShop,
  SHOP,
  START,
  signalsOf,
  sourceOf,
} from "./signals/world.ts";
import { appendAll, openWorld, type World } from "./world.ts";

const HEX = digestOf("interlock/test/v1", 1);
const ORDERS = signalsOf(described());
const engine = embedded();

function embedded(): EngineUnderTest {
  const [engine] = ENGINES;
  if (engine === undefined) throw new Error("there is an embedded engine");
  return engine;
}

type Open = Pick<SignalsNow, "signals" | "analysis">;
const site: { world?: World; book?: PeopleBook; open: Open } = {
  open: { signals: [], analysis: null },
};

beforeAll(async () => {
  site.world = await openWorld(engine, {
    more: (app, { store, book, now, authenticate }) => {
      site.book = book;
      verdictRoutes(app, authenticate, {
        ...{ store, book, now },
        signals: () => ({
          ...{ store, now, ...site.open, trouble: new Map() },
          cellsOf: (system) => (system === SHOP.name ? CELLS : []),
          asyncFailureMsOf: () => 0,
        }),
      });
    },
  });
});
afterAll(async () => await site.world?.close());

/** Minutes since the run began between which `eu-1` loses half of its orders. */
type Harm = readonly [from: number, to: number];
type Given = {
  readonly harm?: Harm | null;
  /** A minute and cell. */
  readonly orders?: number;
  readonly signals?: readonly Signal[];
};
let runs = 0;

/** A run that begins at `START`, with six hours of orders before it. */
async function stand({ harm = null, orders = 1_000, signals = ORDERS }: Given = {}) {
  const { world } = site;
  if (world === undefined) throw new Error("there is a world");
  runs += 1;
  const run = dataRunId(`change ${runs}`, HEX);
  const isHarmed = (cell: string, start: number) =>
    harm !== null &&
    cell === "eu-1" &&
    start >= START + harm[0] * MINUTE &&
    start < START + harm[1] * MINUTE;
  const rate = (cell: string, start: number) => [
    poisson(isHarmed(cell, start) ? orders / 2 : orders, cell, start),
  ];
  const { store, clock } = world;
  for (const table of ["signal_slot", "analysis"])
    await store.db.executeQuery(plain(`delete from ${table}`));
  clock.now = START;
  const keepOrders = async (from: number, to: number) => {
    const sampled = await sourceOf(rate).sample({ from, to, slotMs: MINUTE, cells: CELLS });
    if (!sampled.ok) throw new Error("orders are drawn");
    await saveSlots(
      store.db,
      sampled.slots.map((slot) => ({ signal: "orders", width: MINUTE, ...slot })),
    );
  };
  await keepOrders(START - 6 * 60 * MINUTE, START);
  const shop = reopenShop(store, { signals, rates: { orders: rate }, clock });
  site.open = { signals, analysis: shop.analysis };
  const entries: Prepared[] = [];
  const add = async (entry: Pick<Unsalted, "kind"> & { readonly body: object }) => {
    const previous = entries.at(-1)?.id;
    const body = previous === undefined ? entry.body : { ...entry.body, previous };
    entries.push(prepare({ ...entry, body, at: clock.now, subject: run } as Unsalted));
    await appendAll(world.store, world.ledger, entries.slice(-1));
  };
  const started = { change: "change", decision: HEX, digest: HEX, fix: HEX, path: "fix.sql" };
  await add({ kind: "data-started", body: { ...started, way: "fix", by: "ana" } });
  return {
    ...{ run, add, keepOrders, clock, pass: shop.pass },
    ends: (wave: number) => {
      const end = { by: "ana", outcome: "stopped", batches: 1, rows: wave };
      return add({ kind: "data-finished", body: { ...end, wave } });
    },
    asked: async (wave: number, more: object = {}) => {
      const body = { system: "shop", cells: ["eu-1"], wave, ...more };
      const url = `/api/v1/data-runs/${run}/verdicts`;
      return (await world.call("ana", "POST", url, body)).body;
    },
  };
}

describe("between the waves", () => {
  it.each<Given & { of: string; after: number; says: object }>([
    { of: "orders as ever", after: 60, says: { result: "successful" } },
    {
      of: "orders that fall once it is whole",
      harm: [12, 99],
      after: 20,
      says: { result: "failed" },
    },
    {
      of: "orders that fell while it was written",
      harm: [1, 9],
      after: 2,
      says: { result: "failed" },
    },
    {
      of: "few orders",
      orders: 30,
      after: 3,
      says: { result: "inconclusive", waitMs: expect.any(Number) },
    },
  ])("$of (watched-waves)", async ({ harm = null, orders, after, says }) => {
    const { asked, ends, pass } = await stand({
      harm,
      ...(orders === undefined ? {} : { orders }),
    });
    expect((await asked(1))["result"]).not.toBe("failed");
    await pass(10);
    await ends(2);
    await pass(after);
    const said = await asked(2);
    expect(said).toMatchObject({ ...says, wave: 2, because: [expect.any(String)] });
    // Asked again it says the same: nothing is forgotten by asking.
    expect(await asked(2)).toEqual(said);
  });

  it("each wave is judged on its own time: harm of the one before it was seen there", async () => {
    const { asked, ends, pass } = await stand({ harm: [70, 999] });
    await asked(1);
    await pass(5);
    await ends(2);
    await pass(60);
    expect((await asked(2))["result"]).toBe("successful");
    await pass(5);
    await ends(3);
    await pass(10);
    expect(await asked(3)).toMatchObject({ result: "failed", wave: 3 });
  });

  it("what harms these cells already keeps the first wave from beginning", async () => {
    const { asked, pass } = await stand({ harm: [-20, 10] });
    expect(await asked(1)).toMatchObject({ result: "failed", wave: 1 });
    await pass(60);
    expect((await asked(1))["result"]).not.toBe("failed");
  });

  it("after a halt the time since it counts (halt-wins)", async () => {
    const { add, asked, clock, ends, pass } = await stand({ harm: [12, 30] });
    await asked(1);
    await pass(10);
    await ends(2);
    await pass(20);
    expect((await asked(2))["result"]).toBe("failed");
    const halt = { by: "bo", role: "bo", because: "orders fall", halted: clock.now };
    await add({ kind: "data-halted", body: halt });
    expect((await asked(2))["result"]).toBe("inconclusive");
    await pass(60);
    expect((await asked(2))["result"]).toBe("successful");
  });

  it("who comes back after days is told of all of them", async () => {
    const { asked, clock, ends, keepOrders } = await stand({ harm: [3 * 24 * 60, 9 * 24 * 60] });
    await asked(1);
    await ends(2);
    const to = START + 6 * 24 * 60 * MINUTE;
    await keepOrders(START, to);
    clock.now = to;
    expect(await asked(2)).toMatchObject({ result: "failed" });
  });

  it("what is not known holds: no source answers (fail-closed)", async () => {
    const { asked, clock, ends, pass } = await stand();
    await asked(1);
    await ends(2);
    await pass(60);
    clock.now += 60 * MINUTE;
    expect(await asked(2)).toMatchObject({
      result: "inconclusive",
      because: [expect.stringMatching(/orders/)],
    });
  });

  it("a run that stopped for another reason where its wave ends says afterwards that the next one waits", async () => {
    const { asked, pass, run } = await stand();
    const { world, book } = site;
    if (world === undefined || book === undefined) throw new Error("there is a world");
    const { store, ledger, clock } = world;
    const terms = {
      ...{ store, ledger, book, hearing: openHearing(() => undefined), now: () => clock.now },
    };
    const nothing = { unwound: null, touched: null, halted: null, verdict: null };
    const ends = async (wave: number | null) => {
      const end = { run, outcome: "stopped", rows: 4, batches: 2, wave } as const;
      const ended = await endDataRun(terms, "ana", { ...end, ...nothing });
      return ended.ok ? ended.value.ends.length : ended.failure;
    };
    // In the same words it is recorded once.
    expect([await ends(null), await ends(null), await ends(2), await ends(2)]).toEqual([
      1, 1, 2, 2,
    ]);
    await pass(60);
    expect(await asked(2)).toMatchObject({ result: "successful" });
  });

  it("what is not there is refused, with what to do", async () => {
    const { asked } = await stand();
    const cases = [
      [{ system: "shed" }, "no system `shed`"],
      [{ cells: ["eu-1", "mars"] }, "no cell `mars`"],
      [{}, "does not say that wave 2 comes next"],
    ] as const;
    for (const [more, says] of cases)
      expect(await asked(2, more)).toMatchObject({
        detail: expect.stringContaining(says),
        help: expect.stringMatching(/control-plane show|without `--wave`/),
      });
  });

  it("a system without signals is refused", async () => {
    const { asked } = await stand({ signals: [] });
    expect(await asked(1)).toMatchObject({ detail: "no signal of `shop` is described" });
  });
});
