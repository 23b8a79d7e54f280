// SPDX-License-Identifier: Apache-2.0
/** Traffic that nobody harms, as shops really have it: in every cell and minute of weeks. */
import { type Chance, chance, factor, lasting, poisson } from "./chance.ts";

export const MINUTE = 60_000;
export const DAY = 86_400_000;
export const WEEK = 7 * DAY;
/** A Monday, at noon: the change. */
export const START = Date.UTC(2026, 2, 2, 12);
export const CELLS: readonly string[] = Array.from({ length: 8 }, (_, i) => `c${i + 1}`);
/** Latency: share of answers in each bucket; the last has no upper edge. */
export const EDGES: readonly number[] = [0.05, 0.1, 0.2, 0.4, 0.8, 1.6];
const BUCKETS: readonly number[] = [0.3, 0.3, 0.2, 0.12, 0.05, 0.02, 0.01];
const REQUESTS_PER_ORDER = 20;

/** How traffic scatters; everything about it was so before the change as well. */
export type Scenario = {
  readonly name: string;
  /** Relative noise of each cell in each minute, and how much of it the next minute keeps. */
  readonly cell?: number;
  readonly cellKeeps?: number;
  /** Noise that all cells share. */
  readonly all?: number;
  readonly allKeeps?: number;
  /** Hours by which the days of the first and the last cell differ. */
  readonly zonesH?: number;
  /** True share of the first cell, of that declared. */
  readonly split?: number;
  /** Share of cells that miss a slot, and of slots that miss every cell. */
  readonly gaps?: number;
  /** This week against earlier ones. */
  readonly week?: number;
  /** What is left of the orders of all cells from half an hour after the change on. */
  readonly ebb?: number;
  /** Once an hour and cell on average, for five minutes: errors among all requests. */
  readonly errorBursts?: number;
  /** A cell, once in three hours on average, has so many times its orders for five minutes. */
  readonly rushes?: number;
  /** Another rollout that harms nothing runs at the same time. */
  readonly other?: boolean;
};

export const SCENARIOS: readonly Scenario[] = [
  { name: "Poisson" },
  { name: "10 % noise a minute and cell, 5 % common", cell: 0.1, all: 0.05 },
  { name: "30 % noise a minute and cell", cell: 0.3 },
  { name: "noise that lasts: 15 % a cell, 80 % kept each minute", cell: 0.15, cellKeeps: 0.8 },
  { name: "common noise that lasts: 15 %, 95 % kept", all: 0.15, allKeeps: 0.95 },
  { name: "rushes: a cell at three times its orders for minutes", rushes: 3 },
  { name: "split not as declared: 0.5 of it", split: 0.5, cell: 0.05 },
  { name: "days of cells up to 8 h apart", zonesH: 8 },
  { name: "missing: 3 % of cells, 1 % of slots", gaps: 0.03 },
  { name: "15 % fewer orders than in earlier weeks", week: 0.85, all: 0.05 },
  { name: "30 % fewer orders everywhere from half an hour after the change", ebb: 0.7 },
  { name: "bursts of 2 % errors in single cells", errorBursts: 0.02 },
  { name: "another rollout at once, 10 % noise", cell: 0.1, other: true },
];

export type Counts = Record<string, readonly number[]>;
export type Kind = "orders" | "errors" | "latency";
export type Slot = { readonly start: number; readonly cells: Counts };

/** Draws slots of all signals in `[from, to)`; what lasts goes on between calls only within one. */
export function drawn(
  scenario: Scenario,
  given: { readonly seed: number; readonly perMinute: number; readonly kinds: readonly Kind[] },
  span: { readonly from: number; readonly to: number },
): Readonly<Record<Kind, readonly Slot[]>> {
  const next = chance(given.seed ^ Math.floor(span.from / MINUTE));
  const noises = CELLS.map(() => lasting(next, scenario.cellKeeps ?? 0));
  const common = lasting(next, scenario.allKeeps ?? 0);
  const rushing = CELLS.map(() => 0);
  const failing = CELLS.map(() => 0);
  const slots: Record<Kind, Slot[]> = { orders: [], errors: [], latency: [] };
  for (let start = span.from; start < span.to; start += MINUTE) {
    const tide = start < START - 2 * DAY ? 1 : (scenario.week ?? 1);
    const ebb = start < START + 30 * MINUTE ? 1 : (scenario.ebb ?? 1);
    const all = factor(common(), scenario.all ?? 0) * tide * ebb;
    const cells: Record<Kind, Counts> = { orders: {}, errors: {}, latency: {} };
    const lost = (scenario.gaps ?? 0) > 0 && next() < (scenario.gaps ?? 0) / 3;
    for (const [c, cell] of CELLS.entries()) {
      const rush = lasts(next, rushing, {
        c,
        perMinute: scenario.rushes === undefined ? 0 : 1 / 180,
      });
      const burst = lasts(next, failing, {
        c,
        perMinute: scenario.errorBursts === undefined ? 0 : 1 / 60,
      });
      const noise = factor((noises[c] ?? (() => 0))(), scenario.cell ?? 0);
      const mean =
        meanOf(scenario, c, start) *
        given.perMinute *
        all *
        noise *
        (rush ? (scenario.rushes ?? 1) : 1);
      const missed = lost || ((scenario.gaps ?? 0) > 0 && next() < (scenario.gaps ?? 0));
      const counts = countsOf(next, mean, {
        kinds: given.kinds,
        errors: burst ? (scenario.errorBursts ?? 0) : 0.001,
      });
      if (missed) continue;
      for (const kind of given.kinds) cells[kind][cell] = counts[kind];
    }
    for (const kind of given.kinds)
      if (Object.keys(cells[kind]).length > 0) slots[kind].push({ start, cells: cells[kind] });
  }
  return slots;
}

/** Whether what lasts five minutes is on in this one. */
function lasts(
  next: Chance,
  left: number[],
  { c, perMinute }: { readonly c: number; readonly perMinute: number },
): boolean {
  if (perMinute > 0 && next() < perMinute) left[c] = 5;
  const on = (left[c] ?? 0) > 0;
  left[c] = (left[c] ?? 0) - 1;
  return on;
}

/** Share of all orders that come in a cell: half of the mean by day and night. */
function meanOf({ zonesH = 0, split = 1 }: Scenario, c: number, start: number): number {
  const shift = (zonesH * 3_600_000 * c) / (CELLS.length - 1);
  const day = 1 + 0.5 * Math.sin((2 * Math.PI * (start - START + shift)) / DAY);
  return (day * (c === 0 ? split : 1)) / CELLS.length;
}

function countsOf(
  next: Chance,
  mean: number,
  { kinds, errors }: { readonly kinds: readonly Kind[]; readonly errors: number },
): Record<Kind, readonly number[]> {
  const orders = [poisson(next, mean)];
  const asked = mean * REQUESTS_PER_ORDER;
  const failed = kinds.includes("errors") ? poisson(next, asked * errors) : 0;
  const served = kinds.includes("errors") ? poisson(next, asked * (1 - errors)) : 0;
  const latency = kinds.includes("latency")
    ? BUCKETS.map((share) => poisson(next, mean * share))
    : [];
  return { orders, errors: [failed, failed + served], latency };
}
