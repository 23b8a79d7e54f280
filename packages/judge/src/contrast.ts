// SPDX-License-Identifier: Apache-2.0
import type { Cell, Fault, Suspect } from "./attribution.ts";
import { shareAtRatio } from "./counts.ts";
import { lnMeanExp } from "./numeric.ts";

/** All that was seen, in bins of one stratum and one stretch of time between the first event and the last. */
export type Seen = {
  readonly faults: readonly Fault[];
  readonly fromMs: number;
  readonly untilMs: number;
  readonly bins: readonly Bin[];
};

/** Cells of one stratum in one stretch of time: whatever else happened then, happened to all of them. */
type Bin = {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly cells: readonly Cell[];
  readonly faults: readonly Fault[];
  readonly total: number;
};

const STRETCHES = { least: 8, most: 96 } as const;
/** Steps of work for all suspects: about a second. */
const WORK_MAX = 40_000_000;

/** Sorts faults and cells into bins, the finer the fewer suspects and cells there are. */
export function seenOf(
  suspects: readonly Suspect[],
  cells: readonly Cell[],
  faults: readonly Fault[],
): Seen {
  let [fromMs, untilMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const include = (ms: number): void => {
    fromMs = Math.min(fromMs, ms);
    untilMs = Math.max(untilMs, ms);
  };
  for (const { atMs } of faults) include(atMs);
  for (const { exposure } of suspects) for (const { sinceMs } of exposure) include(sinceMs);
  const fit = Math.floor(WORK_MAX / Math.max(1, suspects.length * cells.length));
  const stretches = Math.max(STRETCHES.least, Math.min(STRETCHES.most, fit));
  const length = Math.max(1, (untilMs - fromMs) / stretches);
  return { faults, fromMs, untilMs, bins: binsOf(cells, faults, { fromMs, length, stretches }) };
}

function binsOf(
  cells: readonly Cell[],
  faults: readonly Fault[],
  time: { readonly fromMs: number; readonly length: number; readonly stretches: number },
): readonly Bin[] {
  const members = new Map<string, Cell[]>();
  const home = new Map<string, string>();
  for (const cell of cells) {
    const list = members.get(cell.stratum);
    if (list === undefined) members.set(cell.stratum, [cell]);
    else list.push(cell);
    home.set(cell.cell, cell.stratum);
  }
  const found = new Map<
    string,
    { stratum: string; stretch: number; faults: Fault[]; total: number }
  >();
  for (const fault of faults) {
    const stratum = home.get(fault.cell);
    if (stratum === undefined || fault.count === 0) continue;
    const place = Math.floor((fault.atMs - time.fromMs) / time.length);
    const stretch = Math.min(time.stretches - 1, place);
    const key = `${stretch} ${stratum}`;
    const bin = found.get(key) ?? { stratum, stretch, faults: [], total: 0 };
    bin.faults.push(fault);
    bin.total += fault.count;
    found.set(key, bin);
  }
  return [...found.values()].map(({ stratum, stretch, faults: own, total }) => ({
    fromMs: time.fromMs + stretch * time.length,
    untilMs: time.fromMs + (stretch + 1) * time.length,
    cells: members.get(stratum) ?? [],
    faults: own,
    total,
  }));
}

/** How many times the rate of unexposed cells a bad change may bring. */
const RATIOS = [1.5, 2, 3, 5, 10, 30, 100] as const;

type Split = { readonly share: number; readonly hit: number; readonly total: number };

/** Nothing seen, for each ratio. */
export function noRatios(): readonly number[] {
  return RATIOS.map(() => 0);
}

/** Adds `hit` of `total` faults in a part with `share` of the exposure, for each ratio of its rate. */
export function lnRaised(
  lnRatios: readonly number[],
  { share, hit, total }: Split,
): readonly number[] {
  return RATIOS.map((ratio, i) => {
    const raised = shareAtRatio(share, ratio);
    const own = hit * Math.log(raised / share);
    return (lnRatios[i] ?? 0) + own + (total - hit) * Math.log((1 - raised) / (1 - share));
  });
}

/**
 * ln of the Bayes factor of "the rate is some times higher where the change is" against "it makes no
 * difference", given the total of each bin: a binomial likelihood as in Mantel & Haenszel's stratified
 * test, averaged over the ratios. Given the same totals, the factors of all suspects compare. `null`
 * when all or none of the cells were exposed wherever faults were.
 */
export function lnContrast(since: ReadonlyMap<string, number>, { bins }: Seen): number | null {
  let lnRatios: readonly number[] | null = null;
  for (const bin of bins) {
    const share = exposedShare(since, bin);
    if (!(share > 0 && share < 1)) continue;
    let hit = 0;
    for (const { cell, atMs, count } of bin.faults)
      if (atMs >= (since.get(cell) ?? Number.POSITIVE_INFINITY)) hit += count;
    lnRatios = lnRaised(lnRatios ?? noRatios(), { share, hit, total: bin.total });
  }
  return lnRatios === null ? null : lnMeanExp(lnRatios);
}

function exposedShare(since: ReadonlyMap<string, number>, bin: Bin): number {
  let [exposed, all] = [0, 0];
  for (const { cell, exposureCount } of bin.cells) {
    all += exposureCount;
    const start = since.get(cell);
    if (start === undefined) continue;
    const part = (bin.untilMs - start) / (bin.untilMs - bin.fromMs);
    exposed += exposureCount * Math.max(0, Math.min(1, part));
  }
  return all === 0 ? 0 : exposed / all;
}
