// SPDX-License-Identifier: Apache-2.0
import type { Baseline } from "./baseline.ts";
import {
  addCounts,
  type Counts,
  type CountTest,
  countTestAt,
  lnHarm as lnCounts,
  NO_COUNTS,
  safetyTestAt,
  shareAtRatio,
  type Worse,
} from "./counts.ts";
import { given, lnGoal, MILLION, type Outcome, refused } from "./outcome.ts";
import {
  addSlot,
  lnSlots,
  noSlots,
  type SlotState,
  type SlotTest,
  slotSafetyTest,
  slotTest,
} from "./slots.ts";

/** What one signal is asked while a wave bakes; integers only, as a plan stores them. */
export type Question = {
  readonly worse: Worse;
  /** A relative move up to this is no harm: halting needs evidence beyond it. */
  readonly toleratedPpm: number;
  /** Going on needs evidence that the relative move is less than this. */
  readonly excludedPpm: number;
};

type Sided =
  | { readonly kind: "counts"; readonly test: CountTest }
  | { readonly kind: "slots"; readonly test: SlotTest };

/** Changed against unchanged cells: one test for harm, one for its absence. */
export type Comparison = { readonly harm: Sided; readonly safe: Sided };

/** Bounded, however long the wave bakes: two integers, and two short lists where noise asks for them. */
export type ComparisonState = {
  readonly counts: Counts;
  readonly slots: number;
  readonly harm: SlotState;
  readonly safe: SlotState;
};

/** Evidence now, in nats. */
export type Evidence = { readonly lnHarm: number; readonly lnSafe: number };

/** Extra variance below this is left to the binomial: its effect is under that of the learned bounds. */
const INFLATION_IGNORED = 0.02;

/**
 * Opens the comparison against the worst share that the baseline allows: the tests hold for every
 * share inside its bounds, and use its over-dispersion where that would matter.
 */
export function openComparison(baseline: Baseline, question: Question): Outcome<Comparison> {
  const { worse, toleratedPpm, excludedPpm } = question;
  const problem = objection(question);
  if (problem !== null) return problem;
  const { dispersion, eventsPerSlot } = baseline;
  const [forHarm, forSafety] =
    worse === "lower" ? [baseline.low, baseline.safeHigh] : [baseline.high, baseline.safeLow];
  const [tolerated, excluded] = [toleratedPpm / MILLION, excludedPpm / MILLION];
  if (dispersion * Math.max(1, eventsPerSlot - 1) <= INFLATION_IGNORED)
    return given({
      harm: { kind: "counts", test: countTestAt(forHarm, worse, tolerated) },
      safe: { kind: "counts", test: safetyTestAt(forSafety, worse, excluded) },
    });
  const moved = (by: number): number => (worse === "lower" ? 1 - by : 1 + by);
  const edge = shareAtRatio(forHarm, moved(tolerated));
  return given({
    harm: { kind: "slots", test: slotTest(edge, worse, dispersion) },
    safe: { kind: "slots", test: slotSafetyTest(forSafety, moved(excluded), dispersion) },
  });
}

function objection({ toleratedPpm, excludedPpm }: Question): Outcome<never> | null {
  const whole = Number.isInteger(toleratedPpm) && Number.isInteger(excludedPpm);
  if (whole && toleratedPpm >= 0 && excludedPpm > toleratedPpm && excludedPpm < MILLION)
    return null;
  return refused(
    "out-of-range",
    `\`toleratedPpm\` ${String(toleratedPpm)} and \`excludedPpm\` ${String(excludedPpm)} are not whole numbers with 0 <= tolerated < excluded < ${MILLION}`,
    "tolerate less than what must be excluded before going on",
  );
}

/** Nothing seen. */
export function beginComparison({ harm, safe }: Comparison): ComparisonState {
  return {
    counts: NO_COUNTS,
    slots: 0,
    harm: harm.kind === "slots" ? noSlots(harm.test) : [],
    safe: safe.kind === "slots" ? noSlots(safe.test) : [],
  };
}

/** Adds one slot; a slot that was not read is left out, never passed as zeros. */
export function compareSlot(
  comparison: Comparison,
  state: ComparisonState,
  slot: Counts,
): Outcome<ComparisonState> {
  const counts = addCounts(state.counts, slot);
  if (!counts.ok) return counts;
  const { harm, safe } = comparison;
  return given({
    counts: counts.value,
    slots: state.slots + 1,
    harm: harm.kind === "slots" ? addSlot(harm.test, state.harm, slot) : [],
    safe: safe.kind === "slots" ? addSlot(safe.test, state.safe, slot) : [],
  });
}

/** Evidence of the state: both start at 0, and each is an e-process under its own null. */
export function evidenceOf({ harm, safe }: Comparison, state: ComparisonState): Evidence {
  return {
    lnHarm: lnSided(harm, state.counts, state.harm),
    lnSafe: lnSided(safe, state.counts, state.safe),
  };
}

function lnSided(sided: Sided, counts: Counts, slots: SlotState): number {
  return sided.kind === "counts" ? lnCounts(sided.test, counts) : lnSlots(slots);
}

/** Rates a slot while nothing is wrong. */
export type Expected = { readonly changed: number; readonly unchanged: number };

const SLOTS_HORIZON = 10_000_000;

/**
 * Slots from now until the evidence for harm suffices if the changed cells' rate is
 * multiplied by `ratio` and every slot brings exactly what is expected, or `null` when it never does.
 * A median run takes about as long.
 */
export function slotsToHalt(
  comparison: Comparison,
  state: ComparisonState,
  wanted: { readonly expected: Expected; readonly ratio: number; readonly alphaPpm: number },
): number | null {
  return slotsUntil(comparison.harm, state, { ...wanted, slots: state.harm });
}

/** As `slotsToHalt`, for the evidence that lets a wave go on when nothing is wrong. */
export function slotsToPromote(
  comparison: Comparison,
  state: ComparisonState,
  wanted: { readonly expected: Expected; readonly alphaPpm: number },
): number | null {
  return slotsUntil(comparison.safe, state, { ...wanted, ratio: 1, slots: state.safe });
}

type Course = {
  readonly expected: Expected;
  readonly ratio: number;
  readonly alphaPpm: number;
  readonly slots: SlotState;
};

function slotsUntil(sided: Sided, state: ComparisonState, course: Course): number | null {
  const goal = lnGoal(course.alphaPpm);
  const changed = course.expected.changed * course.ratio;
  const { unchanged } = course.expected;
  if (!(changed >= 0) || !(unchanged >= 0) || !(goal > 0)) return null;
  const step =
    sided.kind === "slots"
      ? addSlot(
          sided.test,
          course.slots.map(() => 0),
          { changed, unchanged },
        )
      : [];
  const after = (n: number): number =>
    lnSided(
      sided,
      {
        changed: state.counts.changed + n * changed,
        unchanged: state.counts.unchanged + n * unchanged,
      },
      course.slots.map((l, i) => l + n * (step[i] ?? 0)),
    );
  let high = 1;
  if (after(0) >= goal) return 0;
  while (after(high) < goal) {
    high *= 2;
    if (high > SLOTS_HORIZON) return null;
  }
  let low = Math.floor(high / 2);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (after(middle) >= goal) high = middle;
    else low = middle;
  }
  return high;
}
