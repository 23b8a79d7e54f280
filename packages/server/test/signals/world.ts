// SPDX-License-Identifier: Apache-2.0
/** A shop with cells whose orders, errors and answers are drawn by seed, and the whole analysis over it. */
import type { SignalDescription, SystemDescription } from "@interlock/controlplane";
import {
  type Analysis,
  openAnalysis,
  readSignals,
  type Signal,
  type Slot,
  type Source,
} from "@interlock/server";
import { plain, type Store, saveSlots } from "@interlock/store";

export const MINUTE = 60_000;
export const DAY = 86_400_000;
/** A Monday, at noon. */
export const START = Date.UTC(2026, 2, 2, 12);

export const CELLS = ["eu-1", "eu-2", "us-1"] as const;

export const SHOP: SystemDescription = {
  name: "shop",
  tier: 1,
  ordersPerMinute: 300,
  cells: CELLS.map((id, i) => ({
    ...{ id, region: id.slice(0, 2), runs: "v1" },
    sharePpm: i === 2 ? 333_334 : 333_333,
  })),
  asyncFailureMs: 0,
  lossBudgetOrders: 1_000,
};

export const described = (more: Partial<SignalDescription> = {}): SignalDescription => ({
  ...{ name: "orders", system: "shop", kind: "push", measures: "orders", unit: "orders" },
  settings: { metric: "orders", settleMs: 0 },
  ...{ freshMs: 3 * MINUTE, minimumSamples: 100, weightPpm: 1_000_000 },
  ...more,
});

export function signalsOf(...all: readonly SignalDescription[]): readonly Signal[] {
  const read = readSignals(all);
  if (!read.ok) throw new Error(read.says);
  return read.signals;
}

/** Counts of a cell in the slot that begins at `start`; `null`: not read. */
export type Rate = (cell: string, start: number) => readonly number[] | null;

export const sourceOf = (rate: Rate): Source => ({
  sample: async ({ from, to, slotMs, cells }) => {
    const slots: Slot[] = [];
    for (let start = from; start < to; start += slotMs) {
      const known = cells.flatMap((cell) => {
        const counts = rate(cell, start);
        return counts === null ? [] : [[cell, counts] as const];
      });
      slots.push({ start, cells: Object.fromEntries(known) });
    }
    return { ok: true, slots };
  },
  close: () => Promise.resolve(),
});

/** A number in [0, 1) that depends on its words alone. */
function chance(...words: readonly (string | number)[]): number {
  let h = 2_166_136_261;
  for (const c of words.join(" ")) h = Math.imul(h ^ c.charCodeAt(0), 16_777_619);
  h = Math.imul(h ^ (h >>> 16), 2_246_822_507);
  h = Math.imul(h ^ (h >>> 13), 3_266_489_909);
  return ((h ^ (h >>> 16)) >>> 0) / 4_294_967_296;
}

/** A Poisson number of this mean, the same for the same words. */
export function poisson(mean: number, ...words: readonly (string | number)[]): number {
  if (mean > 60) {
    const [u, v] = [Math.max(1e-12, chance(...words, "u")), chance(...words, "v")];
    const normal = Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
    return Math.max(0, Math.round(mean + normal * Math.sqrt(mean)));
  }
  let [n, p] = [0, 1];
  for (const limit = Math.exp(-mean); ; n += 1) {
    p *= chance(...words, n);
    if (p <= limit) return n;
  }
}

export type Shop = {
  readonly analysis: Analysis;
  readonly clock: { now: number };
  /** Lets time pass in steps of a slot. */
  readonly pass: (slots: number, until?: () => boolean) => Promise<void>;
};

/** Opens the analysis over a store that has seen as much of the past as `days` say. */
export async function openShop(
  store: Store,
  given: {
    readonly signals: readonly Signal[];
    readonly rates: Readonly<Record<string, Rate>>;
    readonly pastMs: number;
    readonly systems?: readonly SystemDescription[];
  },
): Promise<Shop> {
  await store.db.executeQuery(plain("delete from signal_slot"));
  await store.db.executeQuery(plain("delete from analysis"));
  const clock = { now: START };
  const { signals } = given;
  const cells = (given.systems ?? [SHOP]).flatMap((system) => system.cells.map(({ id }) => id));
  await remember(store, given);
  return { ...reopenShop(store, { ...given, clock }), clock };

  async function remember(
    into: Store,
    { rates, pastMs }: { readonly rates: typeof given.rates; readonly pastMs: number },
  ): Promise<void> {
    for (const { name, settings } of signals) {
      const { slotMs } = settings;
      const span = { from: START - pastMs, to: START, slotMs, cells };
      const rate = rates[name];
      if (rate === undefined) continue;
      const sampled = await sourceOf(rate).sample(span);
      if (sampled.ok)
        await saveSlots(
          into.db,
          sampled.slots
            .filter(({ start }) => isRead(START - start))
            .map(({ start, cells }) => ({ signal: name, start, width: slotMs, cells })),
        );
    }
  }
}

/** Of earlier weeks the analysis reads a day before and what comes after; the rest need not be stored. */
function isRead(agoMs: number): boolean {
  const inWeek = agoMs % (7 * DAY);
  return agoMs < 2 * DAY || inWeek < 1.5 * DAY || inWeek > 6.5 * DAY;
}

/** Another server over the same store. */
export function reopenShop(
  store: Store,
  given: {
    readonly signals: readonly Signal[];
    readonly rates: Readonly<Record<string, Rate>>;
    readonly clock: { now: number };
    readonly systems?: readonly SystemDescription[];
  },
): Shop {
  const { signals, rates, clock } = given;
  const analysis = openAnalysis({
    ...{ store, systems: given.systems ?? [SHOP], signals, now: () => clock.now },
    sources: new Map(
      signals.map(({ name }) => [name, sourceOf(rates[name] ?? (() => null))] as const),
    ),
    onSource: () => undefined,
  });
  const slotMs = Math.min(...signals.map(({ settings }) => settings.slotMs));
  return {
    ...{ analysis, clock },
    pass: async (slots, until = () => false) => {
      for (let i = 0; i < slots && !until(); i += 1) {
        clock.now += slotMs;
        await analysis.tick();
      }
    },
  };
}
