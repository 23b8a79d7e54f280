// SPDX-License-Identifier: Apache-2.0
/** Where waves and signals do not do well: small drops, and too few orders to see anything by. */
import { interlockDrive } from "./arms.ts";
import { gatesOf, incidentOf } from "./drill.ts";
import type { Incident } from "./incident.ts";
import { runArm } from "./run.ts";
import { spreadOf } from "./spread.ts";
import { drawTraffic } from "./traffic.ts";

export const DROPS_PPM = [990_000, 500_000, 300_000, 100_000, 50_000, 20_000, 10_000, 0] as const;
/** Orders a minute in the region: a day, a night, a small shop. */
export const RATES = [17_700, 1_770, 177] as const;

export type Weakness = {
  readonly ordersPerMinute: number;
  readonly dropPpm: number;
  /** Runs that a signal halted within six hours, of all. */
  readonly halted: number;
  readonly runs: number;
  /** Of all runs; those that never halted count as later than all. */
  readonly secondsToHalt: ReturnType<typeof spreadOf>;
  readonly lostOrders: ReturnType<typeof spreadOf>;
  /** The widest wave that was written before the halt, or at all: median number from 1. */
  readonly waves: number | null;
};

const SIX_HOURS = 6 * 3_600;

/** The rollout as shipped, of a change that costs only orders, for each drop and traffic. */
export async function weaknesses(seed: number, seeds: number): Promise<readonly Weakness[]> {
  const like = incidentOf("march-5");
  if (like === null) throw new Error("invariant broken: the incident is there");
  const gates = await gatesOf(like);
  const cases = RATES.flatMap((rate) => DROPS_PPM.map((drop) => ({ rate, drop })));
  return cases.map(({ rate, drop }) => {
    const harm = { lostPpm: drop, wrongPpm: 0, errorPpm: 0 };
    const incident: Incident = { ...like, ordersPerMinute: rate, harm };
    const drive = { ...interlockDrive(incident, gates), peopleNotice: false };
    const runs = Array.from({ length: seeds }, (_, i) =>
      runArm(drive, drawTraffic(incident, seed + i, SIX_HOURS)),
    );
    return {
      ordersPerMinute: rate,
      dropPpm: drop,
      halted: runs.filter(({ secondsToHalt }) => secondsToHalt !== null).length,
      runs: seeds,
      secondsToHalt: spreadOf(runs.map(({ secondsToHalt }) => secondsToHalt)),
      lostOrders: spreadOf(runs.map(({ lostOrders }) => lostOrders)),
      waves: spreadOf(runs.map(({ waves }) => waves)).median,
    };
  });
}
