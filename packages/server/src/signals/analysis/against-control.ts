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
const REPLAY = { watch: 60, most: 3_000 } as const;

/** Learns share and noise of the two groups from before; `k`: which of the counts has the share. */
export function beginAgainstControl(
  asked: Asked,
  past: readonly PastSlot[],
  question: Question,
  k = 0,
): Outcome<ControlState> {
  const slots = past.flatMap(({ cells }) => countsIn(cells, asked, k) ?? []);
  const baseline = learnBaseline(slots, missPpmOf(LEVELS.haltPpm, asked.together));
  if (!baseline.ok) return baseline;
  const comparison = openComparison(baseline.value, question);
  if (!comparison.ok) return comparison;
  const guarantee = guaranteeOf(baseline.value, {
    replay: replayed(asked, past, { question, k }),
    // Shares in a description are estimates of people, and no split of traffic by design.
    splitMismatch: false,
  });
  const state = beginComparison(comparison.value);
  return {
    ok: true,
    value: { baseline: baseline.value, question, comparison: state, guarantee },
  };
}

function replayed(
  { changed, control }: Asked,
  past: readonly PastSlot[],
  { question, k }: { readonly question: Question; readonly k: number },
) {
  const recent = past.slice(-REPLAY.most);
  const learnSlots = Math.floor(recent.length / 2);
  if (learnSlots < 2 * REPLAY.watch) return null;
  const series = seriesOf(recent, [...changed, ...control], k);
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
