// SPDX-License-Identifier: Apache-2.0
import {
  type Comparison,
  type ComparisonState,
  type Expected,
  slotsToHalt,
  slotsToPromote,
} from "./comparison.ts";
import type { Worse } from "./counts.ts";
import { MILLION } from "./outcome.ts";

/** How long until a decision at today's rates, in milliseconds, and the sentence that says so. */
export type Wait = {
  /** Until a harm of the named size would have halted; `null` when it never would. */
  readonly haltMs: number | null;
  /** Until a harmless wave may go on; `null` when it never may. */
  readonly promoteMs: number | null;
  readonly says: string;
};

/** What the sentence is about. */
export type WaitQuestion = {
  /** Plural noun, such as `orders`. */
  readonly unit: string;
  readonly worse: Worse;
  readonly slotMs: number;
  /** What a slot brings in each group while nothing is wrong. */
  readonly expected: Expected;
  /** The move that a person should hear about, such as 300,000 for a drop of 30 %. */
  readonly movePpm: number;
  readonly haltPpm: number;
  readonly promotePpm: number;
};

/**
 * The time to a decision: "at 2 orders a minute a 30 % drop needs about 2.5 h: widen the wave or wait".
 * Figures are for a run in which every slot brings what is expected; half of all runs take longer.
 */
export function waitOf(
  comparison: Comparison,
  state: ComparisonState,
  question: WaitQuestion,
): Wait {
  const { expected, worse, slotMs, haltPpm, promotePpm } = question;
  const move = question.movePpm / MILLION;
  const ratio = worse === "lower" ? Math.max(0, 1 - move) : 1 + move;
  const toHalt = slotsToHalt(comparison, state, { expected, ratio, alphaPpm: haltPpm });
  const toPromote = slotsToPromote(comparison, state, { expected, alphaPpm: promotePpm });
  const haltMs = toHalt === null ? null : toHalt * slotMs;
  const promoteMs = toPromote === null ? null : toPromote * slotMs;
  return { haltMs, promoteMs, says: sentence(question, haltMs, promoteMs) };
}

function sentence(
  { unit, worse, slotMs, expected, movePpm }: WaitQuestion,
  haltMs: number | null,
  promoteMs: number | null,
): string {
  const rate = shownNumber((expected.changed * 60_000) / slotMs);
  const move = `${shownNumber(movePpm / 10_000)} % ${worse === "lower" ? "drop" : "rise"}`;
  if (!(expected.changed > 0))
    return `no ${unit} are expected in the wave: nothing can be learned there, widen the wave`;
  const harm =
    haltMs === null
      ? `a ${move} would never show`
      : `a ${move} needs about ${shownDuration(haltMs)}`;
  const pass =
    promoteMs === null
      ? "and that nothing is wrong would never show"
      : `and going on about ${shownDuration(promoteMs)}`;
  return `at ${rate} ${unit} a minute ${harm}, ${pass}: widen the wave or wait`;
}

/** The next multiple of `unit` at or above `ms`. */
export function roundedUpTo(unit: number, ms: number): number {
  return Math.ceil(ms / unit) * unit;
}

/** Two significant figures in the unit that a person would use. */
export function shownDuration(ms: number): string {
  if (ms < 90_000) return `${shownNumber(ms / 1_000)} s`;
  if (ms < 5_400_000) return `${shownNumber(ms / 60_000)} min`;
  if (ms < 172_800_000) return `${shownNumber(ms / 3_600_000)} h`;
  return `${shownNumber(ms / 86_400_000)} days`;
}

function shownNumber(x: number): string {
  return String(x >= 100 ? Math.round(x) : Number(x.toPrecision(2)));
}
