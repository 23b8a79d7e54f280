// SPDX-License-Identifier: Apache-2.0
/** A shop of a few cells: reads its configuration where it lives, takes orders, loses them when it is bad. */
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { type Chance, chance, poisson } from "../chance.ts";
import type { Closing } from "./children.ts";
import type { Place } from "./place.ts";
import { LIVE_CELLS, type Outcome, type Scenario } from "./scenario.ts";

/** What a cell has seen since the shop opened. */
export type CellSeen = {
  readonly cell: string;
  readonly orders: number;
  readonly requests: number;
  /** Requests that ended in an error page or a wrong promise. */
  readonly errors: number;
  /** Orders that would have been placed with the configuration that is right. */
  readonly lost: number;
  /** Whether it ever read another configuration than the right one. */
  readonly changed: boolean;
  /** Milliseconds since 1970 UTC of the first read of each, `null`: it never happened. */
  readonly badAt: number | null;
  readonly goodAgainAt: number | null;
};

export type Shop = {
  readonly seen: () => readonly CellSeen[];
  /** Of its metrics, for Prometheus. */
  readonly url: string;
};

export type ShopTerms = {
  readonly scenario: Scenario;
  readonly place: Place;
  readonly ordersPerMinute: number;
  readonly seed: number;
};

const TICK_MS = 100;
const READ_MS = 500;
const CARTS_PER_ORDER = 3;
/** Requests that fail while nothing is wrong. */
const USUAL_ERRORS = 0.001;

type Cell = { -readonly [K in keyof CellSeen]: CellSeen[K] } & {
  readonly share: number;
  outcome: Outcome;
};

/** Opens the shop; it closes with the drill. */
export async function openShop(terms: ShopTerms, ends: Closing): Promise<Shop> {
  const right = terms.scenario.outcomeOf(terms.scenario.before);
  const cells: readonly Cell[] = LIVE_CELLS.map(({ id, sharePpm }) => ({
    ...{ cell: id, share: sharePpm / 1_000_000, outcome: right },
    ...{ orders: 0, requests: 0, errors: 0, lost: 0 },
    ...{ changed: false, badAt: null, goodAgainAt: null },
  }));
  const over = new AbortController();
  const selling = sell(cells, terms, over.signal);
  const reading = readAgain(cells, terms, over.signal);
  const metrics = createServer((_request, response) => {
    response.setHeader("content-type", "text/plain; version=0.0.4");
    response.end(exposition(cells));
  });
  metrics.listen(0, "127.0.0.1");
  await once(metrics, "listening");
  ends.add(async () => {
    over.abort();
    metrics.close();
    metrics.closeAllConnections();
    await Promise.all([selling, reading]);
  });
  const address = metrics.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/metrics`,
    seen: () => cells.map(({ share: _, outcome: __, ...seen }) => seen),
  };
}

async function sell(
  cells: readonly Cell[],
  { ordersPerMinute, seed }: ShopTerms,
  over: AbortSignal,
): Promise<void> {
  const next = chance(seed, 0);
  for (let last = Date.now(); await waited(TICK_MS, over); ) {
    const now = Date.now();
    // A clock that was set back makes no customers.
    const minutes = Math.max(0, now - last) / 60_000;
    last = now;
    for (const cell of cells) sellIn(cell, ordersPerMinute * cell.share * minutes, next);
  }
}

function sellIn(cell: Cell, orders: number, next: Chance): void {
  const { placed, wrong } = cell.outcome;
  const requests = poisson(next, orders * CARTS_PER_ORDER);
  cell.orders += poisson(next, orders * placed);
  cell.lost += poisson(next, orders * (1 - placed));
  cell.requests += requests;
  cell.errors += Math.min(requests, poisson(next, requests * Math.max(wrong, USUAL_ERRORS)));
}

async function readAgain(
  cells: readonly Cell[],
  { scenario, place }: ShopTerms,
  over: AbortSignal,
): Promise<void> {
  while (await waited(READ_MS, over))
    for (const cell of cells) {
      const text = await place.read(cell.cell, scenario.key).catch(() => null);
      // As real ones do: what cannot be read leaves in force what was read before.
      if (text === null) continue;
      cell.outcome = scenario.outcomeOf(text);
      const good = text === scenario.before;
      if (!good) cell.badAt ??= Date.now();
      if (!good) cell.changed = true;
      if (good && cell.badAt !== null) cell.goodAgainAt ??= Date.now();
    }
}

const COUNTERS = ["orders", "requests", "errors"] as const;

/** The text format of Prometheus: https://prometheus.io/docs/instrumenting/exposition_formats/. */
function exposition(cells: readonly CellSeen[]): string {
  return COUNTERS.map((name) => {
    const lines = cells.map((one) => `${name}_total{cell="${one.cell}"} ${one[name]}\n`);
    return `# TYPE ${name}_total counter\n${lines.join("")}`;
  }).join("");
}

/** One push: every counter of every cell, with the time of now. */
export function openMetrics(seen: readonly CellSeen[], now: number): string {
  const at = (now / 1_000).toFixed(3);
  const families = COUNTERS.map((name) => {
    const lines = seen.map((one) => `${name}_total{cell="${one.cell}"} ${one[name]} ${at}\n`);
    return `# TYPE ${name} counter\n${lines.join("")}`;
  });
  return `${families.join("")}# EOF\n`;
}

/** Resolves after a while; `false`: it is over. */
export async function waited(ms: number, over: AbortSignal): Promise<boolean> {
  try {
    await pause(ms, undefined, { signal: over });
    return true;
  } catch {
    // Nothing else than the end interrupts a pause.
    return false;
  }
}
