// SPDX-License-Identifier: Apache-2.0
import { NOTHING, type Tally, type Traffic, tallyAt, wholeAt } from "./traffic.ts";
import { REGION_CELLS } from "./world.ts";

/** By cell of the region, in its order: millionths of its traffic that have the new version. */
export type Levels = readonly number[];

/** The share of the region's orders at these levels, in millionths. */
export function exposedPpm(levels: Levels): number {
  let sum = 0;
  for (const [i, { sharePpm }] of REGION_CELLS.entries())
    sum += (sharePpm * (levels[i] ?? 0)) / 1e6;
  return Math.round(sum);
}

/** What happened in the region in each second so far; it is written once and read by every signal. */
export class Past {
  readonly traffic: Traffic;
  private readonly tallies: Tally[] = [];

  constructor(traffic: Traffic) {
    this.traffic = traffic;
  }

  get seconds(): number {
    return this.tallies.length;
  }

  /** Lets the next second pass with these levels. */
  pass(levels: Levels): Tally {
    const second = this.tallies.length;
    const first = levels[0] ?? 0;
    const even = (first === 0 || first === 1_000_000) && levels.every((ppm) => ppm === first);
    const tally = even ? wholeAt(this.traffic, second, first) : this.uneven(second, levels);
    this.tallies.push(tally);
    return tally;
  }

  private uneven(second: number, levels: Levels): Tally {
    const cells = REGION_CELLS.length;
    const sum = { ...NOTHING };
    for (let c = 0; c < cells; c += 1) {
      const one = tallyAt(this.traffic, second * cells + c, levels[c] ?? 0);
      sum.ordersPlaced += one.ordersPlaced;
      sum.restPlaced += one.restPlaced;
      sum.pages += one.pages;
      sum.restPages += one.restPages;
      sum.errors += one.errors;
      sum.restErrors += one.restErrors;
      sum.lost += one.lost;
      sum.wrong += one.wrong;
      sum.extraErrors += one.extraErrors;
    }
    return sum;
  }

  /** Everything from second `from`, `length` of them. */
  slot(from: number, length: number): Tally {
    const sum = { ...NOTHING };
    for (let t = from; t < from + length; t += 1) {
      const one = this.tallies[t];
      if (one === undefined) throw new Error("invariant broken: a slot is read before it is over");
      sum.ordersPlaced += one.ordersPlaced;
      sum.restPlaced += one.restPlaced;
      sum.pages += one.pages;
      sum.restPages += one.restPages;
      sum.errors += one.errors;
      sum.restErrors += one.restErrors;
    }
    return sum;
  }
}
