// SPDX-License-Identifier: Apache-2.0
/** Harm to a share of a cell: told by the part's own figures, lost in those of the cell. */
import type { SystemDescription } from "@interlock/controlplane";
import { describe, expect, it } from "vitest";
import { ENGINES, storeOf } from "../engines.ts";
import {
  described,
  MINUTE,
  openShop,
  poisson,
  type Rate,
  SHOP,
  START,
  signalsOf,
} from "./world.ts";

const engine = ENGINES[0];
if (engine === undefined) throw new Error("there is an embedded engine");
const store = storeOf(engine);

const ORDERS = signalsOf(described());
const [CELL] = SHOP.cells;
if (CELL === undefined) throw new Error("there is a cell");
const cell = (id: string, sharePpm: number) => ({ ...CELL, id, sharePpm });
const part = (id: string, fromPpm: number, toPpm: number) => ({
  ...cell(id, toPpm - fromPpm),
  part: { of: "na", fromPpm, toPpm },
});

/** One cell for all orders, a twentieth of which is a part of its own; and the same with nothing divided. */
const DIVIDED: SystemDescription = {
  ...SHOP,
  cells: [part("na.1", 0, 50_000), part("na.2", 50_000, 1_000_000)],
};
const WHOLE: SystemDescription = { ...SHOP, cells: [cell("na", 500_000), cell("eu", 500_000)] };

/** A thousand orders a minute in each whole cell, which go up and down together. */
const swing = (start: number): number => 1 + 0.2 * Math.sin(start / (7 * MINUTE));
const orders = (left: number, of: "na.1" | "na.2" | "eu", start: number): number => {
  const mean = { "na.1": 50, "na.2": 950, eu: 1_000 }[of];
  const now = start >= START && of === "na.1" ? left : 1;
  return poisson(mean * swing(start) * now, "orders", of, start);
};
const byPart =
  (left: number): Rate =>
  (id, start) =>
    id === "na.1" || id === "na.2" ? [orders(left, id, start)] : null;
const byCell =
  (left: number): Rate =>
  (id, start) => {
    if (id === "eu") return [orders(left, "eu", start)];
    return id === "na" ? [orders(left, "na.1", start) + orders(left, "na.2", start)] : null;
  };

const wave = (changed: string) => ({
  ...{ rollout: "r1", system: "shop", wave: 0, since: START, began: START, cells: [changed] },
  // Of all orders: a tenth of those that the part has.
  ...{ marginPpm: 5_000, asyncFailureMs: 0 },
});

/** Minutes until harm is told, or `null` where none is within so many. */
async function toldAfter(
  given: { readonly system: SystemDescription; readonly rate: Rate; readonly changed: string },
  minutes: number,
): Promise<number | null> {
  const shop = await openShop(store(), {
    ...{ signals: ORDERS, rates: { orders: given.rate }, systems: [given.system] },
    pastMs: 12 * 60 * MINUTE,
  });
  let told = false;
  shop.analysis.listen(() => {
    told = true;
  });
  await shop.analysis.watch(wave(given.changed));
  await shop.pass(minutes, () => told);
  return told ? (shop.clock.now - START) / MINUTE : null;
}

describe("a wave that is a twentieth of a cell", () => {
  const CASES = [
    { left: 0.01, within: 2 },
    { left: 0.5, within: 15 },
  ] as const;
  it.each(CASES)(
    "is halted where $left of its orders are left, within $within minutes",
    async ({ left, within }) => {
      const told = await toldAfter(
        { system: DIVIDED, rate: byPart(left), changed: "na.1" },
        2 * within,
      );
      expect(told).not.toBeNull();
      expect(told).toBeLessThanOrEqual(within);
    },
  );

  it("is not told by what the whole cell brings, of which half of it is little", async () => {
    const given = { system: WHOLE, rate: byCell(0.5), changed: "na" };
    expect(await toldAfter(given, 30)).toBeNull();
  });

  it("goes on where it does no harm, though all orders go up and down", async () => {
    const shop = await openShop(store(), {
      ...{ signals: ORDERS, rates: { orders: byPart(1) }, systems: [DIVIDED] },
      pastMs: 12 * 60 * MINUTE,
    });
    shop.analysis.listen(() => expect.unreachable("nothing is wrong"));
    await shop.analysis.watch(wave("na.1"));
    await shop.pass(10);
    const early = await shop.analysis.watch(wave("na.1"));
    expect(early.kind).toBe("not-enough-evidence");
    expect(early.because[0]).toMatch(/at \d+ orders a minute .*: widen the wave or wait/);
    await shop.pass(300);
    expect(await shop.analysis.watch(wave("na.1"))).toMatchObject({ kind: "promote" });
  });

  it("does not go on where its signal has no figures of the part", async () => {
    const shop = await openShop(store(), {
      ...{ signals: ORDERS, rates: { orders: byCell(1) }, systems: [DIVIDED] },
      pastMs: 12 * 60 * MINUTE,
    });
    await shop.analysis.watch(wave("na.1"));
    await shop.pass(30);
    const said = await shop.analysis.watch(wave("na.1"));
    expect(said.signals).toMatchObject([{ outcome: "inconclusive" }]);
  });
});
