// SPDX-License-Identifier: Apache-2.0
import { median } from "./numeric.ts";
import { given, isCount, type Outcome, refused } from "./outcome.ts";

/** Counts of the same slot in past weeks; `null` where nothing was read. */
export type SlotHistory = readonly (number | null)[];

/** What a slot should bring; `null` where too little is known, which never alarms. */
export type Expectation = {
  readonly expected: number | null;
  /** The least that any past week brought: owes nothing to level or median. */
  readonly least: number | null;
};

const WEEKS_LEAST = 2;
const WEEKS_MAX = 520;

/**
 * Expected count of a slot: the median of the same slot in past weeks times the recent level, as in
 * MEDIFF (https://arxiv.org/abs/2008.09245). `alignments` holds the history as local time and as UTC
 * have it where clocks changed in between, else one list; the lower expectation counts, so that
 * traffic which follows either clock raises no alarm.
 */
export function expectedOf(
  alignments: readonly SlotHistory[],
  level: number,
): Outcome<Expectation> {
  if (!Number.isFinite(level) || level < 0)
    return refused("not-a-number", `the level is ${String(level)}`, "use 1 where none is known");
  if (alignments.length > 4 || alignments.some((history) => history.length > WEEKS_MAX))
    return refused("too-many", "too many weeks", `pass at most ${WEEKS_MAX} weeks, 4 alignments`);
  const bad = alignments.flat().find((n) => n !== null && !isCount(n));
  if (bad !== undefined)
    return refused(
      "not-a-count",
      `a past slot is ${String(bad)}`,
      "pass `null` for what is unknown",
    );
  const known = alignments.map((history) => history.filter((n) => n !== null));
  if (known.length === 0 || known.some((weeks) => weeks.length < WEEKS_LEAST))
    return given({ expected: null, least: null });
  return given({
    expected: Math.min(...known.map((weeks) => median(weeks))) * level,
    least: Math.min(...known.flat()),
  });
}

/** One slot of the recent past: what came, and the median of the same slot in past weeks. */
export type Recent = { readonly observed: number | null; readonly median: number | null };

/** A level outside these is no level but an event. */
const LEVEL = { least: 0.25, most: 4 } as const;

/**
 * How busy these hours are against past weeks. Pass slots from *before* the change: a level that
 * follows a drop hides it.
 */
export function recentLevel(slots: readonly Recent[]): number {
  let [observed, expected] = [0, 0];
  for (const slot of slots) {
    if (slot.observed === null || slot.median === null) continue;
    observed += slot.observed;
    expected += slot.median;
  }
  const level = observed / expected;
  if (!Number.isFinite(level)) return 1;
  return Math.min(LEVEL.most, Math.max(LEVEL.least, level));
}

/**
 * Extra variance of counts around what was expected of them, as the reciprocal size of a negative
 * binomial: 0 is Poisson. The moment estimate plus two standard errors, so that it errs on the quiet
 * side. It includes the error of the expectation itself.
 */
export function learnNoise(
  slots: readonly { readonly observed: number; readonly expected: number }[],
): Outcome<number> {
  const used = slots.filter(({ expected }) => expected > 0);
  if (used.some(({ observed, expected }) => !isCount(observed) || !Number.isFinite(expected)))
    return refused("not-a-count", "a past slot is no count", "leave out what was not read");
  if (used.length < 30)
    return refused(
      "too-little-history",
      `${used.length} slots say nothing about noise`,
      "pass at least 30 slots from before the change",
    );
  let [excess, squares, weight] = [0, 0, 0];
  for (const { observed, expected } of used) {
    const own = (observed - expected) ** 2 / expected - 1;
    excess += own;
    squares += own * own;
    weight += expected;
  }
  const error = Math.sqrt(Math.max(0, squares - (excess * excess) / used.length)) / weight;
  return given(Math.max(0, excess / weight + 2 * error));
}
