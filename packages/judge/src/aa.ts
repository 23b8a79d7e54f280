// SPDX-License-Identifier: Apache-2.0
import { type Baseline, type Doubt, learnBaseline } from "./baseline.ts";
import {
  beginComparison,
  compareSlot,
  evidenceOf,
  openComparison,
  type Question,
} from "./comparison.ts";
import type { Counts } from "./counts.ts";
import { bisected, lnBeta, lnBetaBelow } from "./numeric.ts";
import {
  given,
  isShare,
  lnGoal,
  MILLION,
  missPpmOf,
  type Outcome,
  refused,
  shareRefusal,
} from "./outcome.ts";

/** Cells by slots of counts from a time without a change; `null` where a cell was not read. */
export type CellSeries = readonly (readonly (number | null)[])[];

export type ReplayPlan = {
  readonly question: Question;
  readonly alphaPpm: number;
  /** Slots from which a baseline is learned, and slots for which it is then used, as in a rollout. */
  readonly learnSlots: number;
  readonly watchSlots: number;
  /** How many cells pretend to have changed. */
  readonly changedCells: number;
};

/** What a replay without any change found: each halt in it is a false one. */
export type Replay = {
  readonly runs: number;
  readonly falseHalts: number;
  /** The false-halt rate, and bounds that hold it with 95 % confidence; all in parts per million. */
  readonly ratePpm: number;
  readonly lowPpm: number;
  readonly highPpm: number;
  /**
   * `broken`: the rate is above the promised one beyond chance. `shown`: it is surely at most that.
   * `not-contradicted`: the replay is too short to tell.
   */
  readonly promise: "shown" | "not-contradicted" | "broken";
  /** More of the runs halted than promised, if only by chance. */
  readonly above: boolean;
};

const CELLS_MAX = 1_000;
const RUNS_MAX = 100_000;

/**
 * Replays the user's own series through the very test of a rollout: in every stretch of the past,
 * groups of neighbouring cells pretend in turn to be the changed ones. Stretches do not overlap, so
 * runs are as independent as the data is; groups within one stretch share its noise.
 */
export function replayWithoutChange(cells: CellSeries, plan: ReplayPlan): Outcome<Replay> {
  const problem = objection(cells, plan);
  if (problem !== null) return problem;
  const length = cells[0]?.length ?? 0;
  const { learnSlots, watchSlots, changedCells } = plan;
  let [runs, falseHalts] = [0, 0];
  for (let start = 0; start + learnSlots + watchSlots <= length; start += watchSlots) {
    for (let first = 0; first + changedCells <= cells.length; first += changedCells) {
      const slots = slotsOf(cells, { start, first, plan });
      const halted = halts(slots, plan);
      if (!halted.ok) {
        // A stretch in which nothing happened teaches nothing, and a rollout would not start there.
        if (halted.failure.code === "too-little-history") continue;
        return halted;
      }
      runs += 1;
      if (halted.value) falseHalts += 1;
      if (runs >= RUNS_MAX) return given(replayOf(runs, falseHalts, plan.alphaPpm));
    }
  }
  return given(replayOf(runs, falseHalts, plan.alphaPpm));
}

function slotsOf(
  cells: CellSeries,
  at: { readonly start: number; readonly first: number; readonly plan: ReplayPlan },
): readonly (Counts | null)[] {
  const { start, first, plan } = at;
  return Array.from({ length: plan.learnSlots + plan.watchSlots }, (_, i) => {
    let [changed, unchanged] = [0, 0];
    for (const [c, series] of cells.entries()) {
      const count = series[start + i] ?? null;
      // A slot that misses a cell would look like a drop of its group.
      if (count === null) return null;
      if (c >= first && c < first + plan.changedCells) changed += count;
      else unchanged += count;
    }
    return { changed, unchanged };
  });
}

function halts(slots: readonly (Counts | null)[], plan: ReplayPlan): Outcome<boolean> {
  const before = slots.slice(0, plan.learnSlots).filter((slot) => slot !== null);
  const baseline = learnBaseline(before, missPpmOf(plan.alphaPpm, 1));
  if (!baseline.ok) return baseline;
  const comparison = openComparison(baseline.value, plan.question);
  if (!comparison.ok) return comparison;
  const goal = lnGoal(plan.alphaPpm);
  let state = beginComparison(comparison.value);
  for (const slot of slots.slice(plan.learnSlots)) {
    if (slot === null) continue;
    const next = compareSlot(comparison.value, state, slot);
    if (!next.ok) return next;
    state = next.value;
    if (evidenceOf(comparison.value, state).lnHarm >= goal) return given(true);
  }
  return given(false);
}

function objection(cells: CellSeries, plan: ReplayPlan): Outcome<never> | null {
  if (!isShare(plan.alphaPpm)) return shareRefusal("alphaPpm", plan.alphaPpm);
  const { learnSlots, watchSlots, changedCells } = plan;
  const whole = [learnSlots, watchSlots, changedCells].every((n) => Number.isInteger(n) && n > 0);
  const length = cells[0]?.length ?? 0;
  if (!whole || changedCells >= cells.length || cells.some((series) => series.length !== length))
    return refused(
      "out-of-range",
      "the replay's cells or slots do not fit together",
      "pass series of one length, more cells than change, and whole numbers of slots above 0",
    );
  if (cells.length > CELLS_MAX)
    return refused("too-many", `${cells.length} cells`, `pass at most ${CELLS_MAX}`);
  return null;
}

/** The rate with its exact interval (Clopper & Pearson, Biometrika 1934) and what it says of the promise. */
export function replayOf(runs: number, falseHalts: number, alphaPpm: number): Replay {
  const ppm = (share: number): number => Math.round(share * MILLION);
  const low = falseHalts === 0 ? 0 : betaQuantile(0.025, falseHalts, runs - falseHalts + 1);
  const high = falseHalts === runs ? 1 : betaQuantile(0.975, falseHalts + 1, runs - falseHalts);
  const promised = alphaPpm / MILLION;
  const promise = low > promised ? "broken" : high <= promised ? "shown" : "not-contradicted";
  return {
    runs,
    falseHalts,
    ratePpm: runs === 0 ? 0 : ppm(falseHalts / runs),
    lowPpm: ppm(low),
    highPpm: ppm(high),
    promise,
    above: falseHalts > promised * runs,
  };
}

function betaQuantile(p: number, a: number, b: number): number {
  const goal = Math.log(p) + lnBeta(a, b);
  return bisected((x) => lnBetaBelow(x, a, b) - goal, 0, 1);
}

/** Whether the false-halt rate is promised for a rollout, and if not, why not. */
export type Guarantee =
  | { readonly claimed: true; readonly doubts: readonly [] }
  | { readonly claimed: false; readonly doubts: readonly Doubt[] };

/**
 * A guarantee is claimed only where history, split and a replay leave no doubt. A short replay hardly ever
 * shows that a promise is broken: one false halt more than promised is doubt enough.
 */
export function guaranteeOf(
  baseline: Baseline,
  found: { readonly replay: Replay | null; readonly splitMismatch: boolean },
): Guarantee {
  const doubts: Doubt[] = [...baseline.doubts];
  if (found.splitMismatch) doubts.push("split-mismatch");
  if (found.replay === null) doubts.push("not-replayed");
  else if (found.replay.above) doubts.push("replay-broke-it");
  else if (found.replay.runs < REPLAYS_LEAST) doubts.push("replay-too-short");
  return doubts.length === 0 ? { claimed: true, doubts: [] } : { claimed: false, doubts };
}

/** With fewer, even a test that halts one time in ten would often show nothing. */
const REPLAYS_LEAST = 30;
