// SPDX-License-Identifier: Apache-2.0
/** What would have happened in every cell and second, and what becomes of it where the change is. */
import { HORIZON_S, WORLD } from "./assumptions.ts";
import { chance, gammaFactor, negativeBinomial } from "./chance.ts";
import type { Incident } from "./incident.ts";
import { REGION_CELLS, rhythm, scaleAt } from "./world.ts";

const MILLION = 1_000_000;
const WHOLE = 4_294_967_296;

/** Events of one second in one cell, of which a share has the new version. */
export type Tally = {
  /** In the part with the new version, and in the rest: what came, and what of it was seen. */
  ordersPlaced: number;
  restPlaced: number;
  pages: number;
  restPages: number;
  errors: number;
  restErrors: number;
  lost: number;
  wrong: number;
  /** Error pages of the change, beyond those that are always there. */
  extraErrors: number;
};

/** One seed's traffic. By second and cell, at `second x cells + cell`; the same for every arm. */
export type Traffic = {
  readonly incident: Incident;
  readonly seed: number;
  readonly scale: number;
  readonly seconds: number;
  readonly orders: Uint16Array;
  readonly pages: Uint16Array;
  /** What a cell loses in a second that has the new version whole. */
  readonly lost: Uint16Array;
  readonly wrong: Uint16Array;
  readonly failed: Uint16Array;
  /** Error pages without the change. */
  readonly always: Uint16Array;
};

/** Every column of a traffic, at one place. */
type Column = "orders" | "pages" | "lost" | "wrong" | "failed" | "always";

/** Expected orders a second of the whole region at `second` after the first write. */
export function rateAt({ incident, scale }: Pick<Traffic, "incident" | "scale">, second: number) {
  return (rhythm(incident.startS + second) * scale) / 60;
}

/** Draws the traffic of a seed. Events are thinned one by one, so that arms differ by their acts alone. */
export function drawTraffic(incident: Incident, seed: number, seconds = HORIZON_S): Traffic {
  const cells = REGION_CELLS.length;
  const column = () => new Uint16Array(seconds * cells);
  const traffic: Traffic = {
    incident,
    seed,
    seconds,
    scale: scaleAt(incident.startS, incident.ordersPerMinute),
    orders: column(),
    pages: column(),
    lost: column(),
    wrong: column(),
    failed: column(),
    always: column(),
  };
  const next = chance(seed, 11);
  const limit = limits(incident);
  let common = 1;
  for (let t = 0; t < seconds; t += 1) {
    if (t % WORLD.slotS === 0) common = gammaFactor(next, WORLD.regionNoise);
    const rate = rateAt(traffic, t) * common;
    for (let c = 0; c < cells; c += 1) {
      const mean = (rate * (REGION_CELLS[c]?.sharePpm ?? 0)) / MILLION;
      const noisy = mean * gammaFactor(next, WORLD.cellNoise);
      traffic.orders[t * cells + c] = negativeBinomial(next, noisy, 0);
      traffic.pages[t * cells + c] = negativeBinomial(next, noisy * WORLD.cartsPerOrder, 0);
      thinWhole(traffic, t * cells + c, limit);
    }
  }
  return traffic;
}

const limits = ({ harm }: Incident) => ({
  lost: (harm.lostPpm / MILLION) * WHOLE,
  wrong: (harm.wrongPpm / MILLION) * WHOLE,
  failed: (harm.errorPpm / MILLION) * WHOLE,
  always: WHOLE - (WORLD.errorPagesPpm / MILLION) * WHOLE,
});

/**
 * A number of 32 bits from a place: the same event meets the same fate in every arm, whichever arm is
 * run first. The finalizer of MurmurHash3 (public domain, Austin Appleby).
 */
function fate(base: number, index: number): number {
  let h = (base + Math.imul(index, 0x9e3779b9)) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

const orderBase = (seed: number, place: number): number =>
  fate(Math.imul(seed, 0x2545f491) ^ 0x51ed270b, place);
const pageBase = (seed: number, place: number): number =>
  fate(Math.imul(seed, 0x2545f491) ^ 0x3c6ef372, place);

function thinWhole(traffic: Traffic, place: number, limit: ReturnType<typeof limits>): void {
  const orders = traffic.orders[place] ?? 0;
  const pages = traffic.pages[place] ?? 0;
  let [base, lost, wrong, failed, always] = [orderBase(traffic.seed, place), 0, 0, 0, 0];
  for (let i = 0; i < orders; i += 1) if (fate(base, i) < limit.lost) lost += 1;
  base = pageBase(traffic.seed, place);
  for (let i = 0; i < pages; i += 1) {
    const u = fate(base, i);
    if (u < limit.wrong) wrong += 1;
    if (u < limit.failed) failed += 1;
    else if (u >= limit.always) always += 1;
  }
  traffic.lost[place] = lost;
  traffic.wrong[place] = wrong;
  traffic.failed[place] = failed;
  traffic.always[place] = always;
}

/** A second of a cell of which `ppm` has the new version: which events those are is the seed's choice. */
export function tallyAt(traffic: Traffic, place: number, ppm: number): Tally {
  if (ppm > 0 && ppm < MILLION) return tallyPart(traffic, place, ppm);
  return tallyOf((column) => traffic[column][place] ?? 0, ppm);
}

/** A second of the whole region that has the new version everywhere or nowhere. */
export function wholeAt(traffic: Traffic, second: number, ppm: number): Tally {
  const cells = REGION_CELLS.length;
  return tallyOf((column) => {
    let sum = 0;
    const values = traffic[column];
    for (let at = second * cells; at < (second + 1) * cells; at += 1) sum += values[at] ?? 0;
    return sum;
  }, ppm);
}

function tallyOf(of: (column: Column) => number, ppm: number): Tally {
  if (ppm === 0)
    return {
      ...NOTHING,
      restPlaced: of("orders"),
      restPages: of("pages"),
      restErrors: of("always"),
    };
  const [lost, failed] = [of("lost"), of("failed")];
  return {
    ...NOTHING,
    ordersPlaced: of("orders") - lost,
    pages: of("pages"),
    errors: of("always") + failed,
    lost,
    wrong: of("wrong"),
    extraErrors: failed,
  };
}

export const NOTHING: Tally = {
  ordersPlaced: 0,
  restPlaced: 0,
  pages: 0,
  restPages: 0,
  errors: 0,
  restErrors: 0,
  lost: 0,
  wrong: 0,
  extraErrors: 0,
};

function tallyPart(traffic: Traffic, place: number, ppm: number): Tally {
  const limit = limits(traffic.incident);
  const share = (ppm / MILLION) * WHOLE;
  const sum = { ...NOTHING };
  const orders = traffic.orders[place] ?? 0;
  let base = orderBase(traffic.seed, place);
  for (let i = 0; i < orders; i += 1) {
    if (fate(base ^ ROUTE, i) >= share) sum.restPlaced += 1;
    else if (fate(base, i) < limit.lost) sum.lost += 1;
    else sum.ordersPlaced += 1;
  }
  const pages = traffic.pages[place] ?? 0;
  base = pageBase(traffic.seed, place);
  for (let i = 0; i < pages; i += 1) {
    const u = fate(base, i);
    const routed = fate(base ^ ROUTE, i) < share;
    const always = u >= limit.always;
    if (!routed) {
      sum.restPages += 1;
      if (always) sum.restErrors += 1;
      continue;
    }
    sum.pages += 1;
    if (u < limit.wrong) sum.wrong += 1;
    if (u < limit.failed) sum.extraErrors += 1;
    if (u < limit.failed || always) sum.errors += 1;
  }
  return sum;
}

/** Which version an event gets owes nothing to what becomes of it there. */
const ROUTE = 0x6a09e667;
