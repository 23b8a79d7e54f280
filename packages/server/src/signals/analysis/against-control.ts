// SPDX-License-Identifier: Apache-2.0
/** Counts of changed cells against those of cells that have not changed yet. */
import {
  type Baseline,
  beginComparison,
  type Comparison,
  type ComparisonState,
  compareSlot,
  evidenceOf,
  type Guarantee,
  guaranteeOf,
  learnBaseline,
  missPpmOf,
  type Outcome,
  openComparison,
  type Question,
  type Replay,
  replayWithoutChange,
  type Wait,
  waitOf,
} from "@interlock/judge";
import type { CellCounts } from "@interlock/store";
import { type Asked, LEVELS, NAMED_MOVE_PPM } from "./levels.ts";
import { countsIn, type PastSlot, seriesOf } from "./past.ts";

/** As it is stored: bounded, however long the wave bakes. */
export type ControlState = {
  readonly baseline: Baseline;
  readonly question: Question;
  readonly comparison: ComparisonState;
  readonly guarantee: Guarantee;
};

/** Slots that a replay watches, as long as a short bake; and how much of the past it goes through. */
export const REPLAY = { watch: 60, most: 3_000 } as const;

/** Learns share and noise of the two groups from before, and replays that without a change. */
export function beginAgainstControl(
  asked: Asked,
  past: readonly PastSlot[],
  question: Question,
): Outcome<ControlState> {
  const learned = learnAgainstControl(asked, past, { question });
  if (!learned.ok) return learned;
  const state = learned.value;
  const replay = replayed(asked, past, question);
  return { ok: true, value: { ...state, guarantee: guaranteed(state.baseline, replay) } };
}

/** Shares in a description are estimates of people, and no split of traffic by design. */
export const guaranteed = (baseline: Baseline, replay: Replay | null): Guarantee =>
  guaranteeOf(baseline, { replay, splitMismatch: false });

/** Without a replay. `k`: which of the counts has the share; `noisy`: which may be noisier than that. */
export function learnAgainstControl(
  asked: Asked,
  past: readonly PastSlot[],
  given: { readonly question: Question; readonly k?: number; readonly noisy?: number },
): Outcome<ControlState> {
  const { question, k = 0, noisy = k } = given;
  const slots = past.flatMap(({ cells }) => countsIn(cells, asked, k) ?? []);
  const { haltPpm, promotePpm } = LEVELS;
  // Each signal excludes its harm alone, so that its bounds need not share a level with others.
  const misses = [missPpmOf(haltPpm, asked.together), missPpmOf(promotePpm, 1)] as const;
  const learned = learnBaseline(slots, ...misses);
  if (!learned.ok) return learned;
  const baseline = noisy === k ? learned.value : withNoiseOf(noisy, learned.value, { asked, past });
  const comparison = openComparison(baseline, question);
  if (!comparison.ok) return comparison;
  const state = beginComparison(comparison.value);
  return {
    ok: true,
    value: { baseline, question, comparison: state, guarantee: guaranteed(baseline, null) },
  };
}

/** With fewer events nothing is learned of their noise. */
const NOISY_LEAST = 500;
/** More would leave no slot that says anything. */
const NOISE_MOST = 0.5;

/** What is rarer than that of which the share is learned may come in bursts that the latter does not. */
function withNoiseOf(
  k: number,
  baseline: Baseline,
  { asked, past }: { readonly asked: Asked; readonly past: readonly PastSlot[] },
): Baseline {
  const slots = past.flatMap(({ cells }) => countsIn(cells, asked, k) ?? []);
  const events = slots.reduce((sum, { changed, unchanged }) => sum + changed + unchanged, 0);
  const own = events < NOISY_LEAST ? null : learnBaseline(slots, missPpmOf(LEVELS.haltPpm, 1));
  if (own === null || !own.ok) return baseline;
  const dispersion = Math.min(NOISE_MOST, own.value.dispersion);
  return { ...baseline, dispersion: Math.max(baseline.dispersion, dispersion) };
}

function replayed(
  { changed, control }: Asked,
  past: readonly PastSlot[],
  question: Question,
): Replay | null {
  const recent = past.slice(-REPLAY.most);
  const learnSlots = Math.floor(recent.length / 2);
  if (learnSlots < 2 * REPLAY.watch) return null;
  const series = seriesOf(recent, [...changed, ...control]);
  const replay = replayWithoutChange(series, {
    ...{ question, alphaPpm: LEVELS.haltPpm, learnSlots, watchSlots: REPLAY.watch },
    changedCells: Math.min(changed.length, control.length),
  });
  return replay.ok ? replay.value : null;
}

/** Counts a slot of the two groups; `k`: which of the counts is compared. */
export function addAgainstControl(
  state: ControlState,
  asked: Asked,
  cells: CellCounts,
  k = 0,
): ControlState {
  const slot = countsIn(cells, asked, k);
  const opened = reopened(state);
  if (slot === null || opened === null) return state;
  const next = compareSlot(opened, state.comparison, slot);
  return next.ok ? { ...state, comparison: next.value } : state;
}

/** Evidence for harm and for its absence, in nats. */
export function evidenceAgainstControl(state: ControlState): {
  readonly lnHarm: number;
  readonly lnSafe: number;
} {
  const opened = reopened(state);
  return opened === null ? { lnHarm: 0, lnSafe: 0 } : evidenceOf(opened, state.comparison);
}

/** How long until a decision at the rates of the time before. */
export function waitAgainstControl(state: ControlState, { signal }: Asked): Wait | null {
  const opened = reopened(state);
  if (opened === null) return null;
  const { share, eventsPerSlot } = state.baseline;
  return waitOf(opened, state.comparison, {
    ...{ unit: signal.unit, worse: state.question.worse, slotMs: signal.settings.slotMs },
    expected: { changed: eventsPerSlot * share, unchanged: eventsPerSlot * (1 - share) },
    ...{ movePpm: NAMED_MOVE_PPM, ...LEVELS },
  });
}

const reopened = ({ baseline, question }: ControlState): Comparison | null => {
  const opened = openComparison(baseline, question);
  return opened.ok ? opened.value : null;
};
