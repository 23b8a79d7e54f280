// SPDX-License-Identifier: Apache-2.0
/** What was recorded before the change: hours of it for shares and noise, the same hours of past weeks. */
import type { Counts } from "@interlock/judge";
import { WORLD } from "./assumptions.ts";
import { type Chance, chance, gammaFactor, poisson } from "./chance.ts";
import type { Levels } from "./exposure.ts";
import { rateAt, type Traffic } from "./traffic.ts";
import { REGION_CELLS } from "./world.ts";

export type Before = {
  readonly orders: readonly Counts[];
  readonly pages: readonly Counts[];
};

/** The hours before the change, split as these levels split the traffic. */
export function beforeOf(traffic: Traffic, levels: Levels): Before {
  const next = chance(traffic.seed, 23);
  const slots = WORLD.learnS / WORLD.slotS;
  const orders: Counts[] = [];
  const pages: Counts[] = [];
  for (let i = slots; i > 0; i -= 1) {
    const slot = splitSlot(next, rateAt(traffic, -i * WORLD.slotS) * WORLD.slotS, levels);
    orders.push(slot.orders);
    pages.push(slot.pages);
  }
  return { orders, pages };
}

/** As the traffic itself is drawn, ten seconds at once: the noise of a cell averages out over them. */
function splitSlot(next: Chance, expected: number, levels: Levels) {
  const common = expected * gammaFactor(next, WORLD.regionNoise);
  const orders = { changed: 0, unchanged: 0 };
  const pages = { changed: 0, unchanged: 0 };
  for (const [c, { sharePpm }] of REGION_CELLS.entries()) {
    const mean = ((common * sharePpm) / 1e6) * gammaFactor(next, WORLD.cellNoise / WORLD.slotS);
    const part = (levels[c] ?? 0) / 1e6;
    orders.changed += poisson(next, mean * part);
    orders.unchanged += poisson(next, mean * (1 - part));
    pages.changed += poisson(next, mean * WORLD.cartsPerOrder * part);
    pages.unchanged += poisson(next, mean * WORLD.cartsPerOrder * (1 - part));
  }
  return { orders, pages };
}

/** Which series of the changed part: orders placed, or cart pages that did not fail. */
export type Series = "orders" | "served";

const FACTOR: Readonly<Record<Series, number>> = {
  orders: 1,
  served: WORLD.cartsPerOrder * (1 - WORLD.errorPagesPpm / 1e6),
};

/** What a slot of the changed part brings on average while nothing is wrong. */
export function meanOf(traffic: Traffic, fromS: number, asked: { series: Series; ppm: number }) {
  const { series, ppm } = asked;
  return rateAt(traffic, fromS) * WORLD.slotS * (ppm / 1e6) * FACTOR[series];
}

/** The same slot in past weeks. */
export function weeksOf(
  traffic: Traffic,
  fromS: number,
  {
    series,
    levels,
    ppm,
  }: { readonly series: Series; readonly levels: Levels; readonly ppm: number },
): readonly number[] {
  const next = chance(traffic.seed * 4 + (series === "orders" ? 1 : 2), 1_000_003 + fromS);
  const mean = meanOf(traffic, fromS, { series, ppm });
  const noise = noiseOf(levels, ppm);
  return Array.from({ length: WORLD.weeks }, () => poisson(next, mean * gammaFactor(next, noise)));
}

/** Variance of a slot's rate of the changed part, relative to its square. */
export function noiseOf(levels: Levels, ppm: number): number {
  let squares = 0;
  for (const [c, { sharePpm }] of REGION_CELLS.entries())
    squares += ((sharePpm * (levels[c] ?? 0)) / 1e6) ** 2;
  return WORLD.regionNoise + (WORLD.cellNoise / WORLD.slotS) * (squares / (ppm * ppm));
}
