// SPDX-License-Identifier: Apache-2.0
/** A CUSUM that knows what a test can know: both rates and the noise. Nothing that halts can do much better. */
import { lnDropRatio } from "@interlock/judge";
import { WORLD } from "./assumptions.ts";
import { meanOf, noiseOf } from "./before.ts";
import { exposedPpm, type Levels, type Past } from "./exposure.ts";
import { RUN_LENGTH } from "./history-watch.ts";
import type { Answer, Watch, WatchMaker } from "./watch.ts";

/** Page's CUSUM of the true likelihood ratio: its run length at ln(RUN_LENGTH) is at least that long. */
export const boundWatch: WatchMaker = (past, levels, sinceS): Watch => {
  const step = stepper(past, levels);
  let [slotAt, orders, errors, samples] = [sinceS, 0, 0, 0];
  let alarmed = false;
  const limit = Math.log(RUN_LENGTH);
  return {
    points: [],
    look: (now_, now): Answer => {
      while (slotAt + WORLD.slotS + WORLD.lagS <= now) {
        const slot = now_.slot(slotAt, WORLD.slotS);
        const by = step(slotAt, slot);
        orders = Math.max(0, orders + by.orders);
        errors = Math.max(0, errors + by.errors);
        alarmed ||= orders >= limit || errors >= limit;
        samples += slot.ordersPlaced;
        slotAt += WORLD.slotS;
      }
      return { outcome: alarmed ? "failed" : "inconclusive", samples, excludesPpm: 1_000_000 };
    },
  };
};

function stepper(past: Past, levels: Levels) {
  const ppm = exposedPpm(levels);
  const noise = noiseOf(levels, ppm);
  const { lostPpm, errorPpm } = past.traffic.incident.harm;
  const always = WORLD.errorPagesPpm;
  return (fromS: number, slot: ReturnType<Past["slot"]>) => {
    const mean = meanOf(past.traffic, fromS, { series: "orders", ppm });
    const pages = (mean * WORLD.cartsPerOrder * always) / 1e6;
    return {
      orders: lnDropRatio(slot.ordersPlaced, mean, { ratio: 1 - lostPpm / 1e6, noise }),
      errors: lnDropRatio(slot.errors, pages, { ratio: (always + errorPpm) / always, noise }),
    };
  };
}
