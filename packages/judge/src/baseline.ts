// SPDX-License-Identifier: Apache-2.0
import type { Counts } from "./counts.ts";
import { normalQuantile } from "./numeric.ts";
import { countRefusal, given, isCount, MILLION, type Outcome, refused } from "./outcome.ts";

/** What the period before the change teaches about two groups of cells that run the same. */
export type Baseline = {
  /** Share of the events that the cells which will change had. */
  readonly share: number;
  /** The true share is outside [low, high] with at most the probability asked for. */
  readonly low: number;
  readonly high: number;
  /** Intra-slot correlation of a beta-binomial: 0 is binomial, an upper bound of what was seen. */
  readonly dispersion: number;
  /** Events of both groups in a slot, on average. */
  readonly eventsPerSlot: number;
  readonly slots: number;
  readonly doubts: readonly Doubt[];
};

/** Why the promised false-halt rate is not claimed. */
export type Doubt =
  /** Fewer than `SLOTS_LEAST` slots with events: the dispersion is a guess. */
  | "little-history"
  /** The share moves between long stretches by more than its noise within slots explains. */
  | "share-drifts"
  /** Traffic is not split as declared. */
  | "split-mismatch"
  /** A replay of the period without a change halted more often than promised. */
  | "replay-broke-it"
  /** Too few replays to say anything. */
  | "replay-too-short"
  /** No replay was made. */
  | "not-replayed"
  /** Holds in the limit of many samples only. */
  | "asymptotic";

const SLOTS_LEAST = 60;
/** Slots in a stretch, over which independent noise must average out. */
const STRETCH = 30;
/** More than this many standard errors is no chance (about one in 30,000, one-sided). */
const DRIFT_Z = 4;
const SLOTS_MAX = 1_000_000;

type Fit = { readonly share: number; readonly dispersion: number; readonly error: number };

/**
 * Learns share and over-dispersion from slots before the change, by the moments of a beta-binomial
 * (Kleinman, JASA 1973). A signal that is nearly always zero, such as errors, has no share to learn:
 * learn that of the requests that could have failed. `missPpm` is the probability with which the share may lie outside the bounds;
 * the false-halt rate of a test that uses them grows by it.
 */
export function learnBaseline(slots: readonly Counts[], missPpm: number): Outcome<Baseline> {
  if (slots.length > SLOTS_MAX)
    return refused("too-many", `${slots.length} slots of history`, `pass at most ${SLOTS_MAX}`);
  if (!Number.isInteger(missPpm) || missPpm < 1 || missPpm > MILLION / 2)
    return refused(
      "out-of-range",
      `\`missPpm\` is ${String(missPpm)}, not a whole number from 1 to ${MILLION / 2}`,
      "use `missPpmOf`",
    );
  const bad = slots.find((s) => !isCount(s.changed) || !isCount(s.unchanged));
  if (bad !== undefined) {
    const which = isCount(bad.changed) ? "unchanged" : "changed";
    return countRefusal(which, bad[which]);
  }
  const used = slots.filter((s) => s.changed + s.unchanged > 0);
  const total = used.reduce((n, s) => n + s.changed + s.unchanged, 0);
  const changed = used.reduce((n, s) => n + s.changed, 0);
  if (used.length < 2 || changed === 0 || changed === total)
    return refused(
      "too-little-history",
      `${changed} of ${total} events in ${used.length} slots say nothing about a share`,
      "take a longer period before the change, or cells that had events",
    );
  return given(described(used, missPpm));
}

function described(used: readonly Counts[], missPpm: number): Baseline {
  const fine = fitted(used);
  const coarse = fitted(stretches(used));
  // Noise that is new in each slot shrinks with the length of the stretch; what is left is drift.
  const drifts = used.length >= 4 * STRETCH && driftsBeyond(fine, coarse);
  const dispersion = Math.min(0.999, Math.max(0, fine.dispersion + 2 * fine.error));
  const total = used.reduce((n, s) => n + s.changed + s.unchanged, 0);
  const squares = used.reduce((n, s) => n + (s.changed + s.unchanged) ** 2, 0);
  const inflation = 1 + (squares / total - 1) * dispersion;
  const { share } = fine;
  const z = -normalQuantile(missPpm / MILLION / 2);
  const wandering = drifts ? coarse.dispersion : 0;
  const error = Math.sqrt(share * (1 - share) * (Math.max(1, inflation) / total + wandering));
  // Agresti-Coull's pull to the middle keeps the bounds honest where few events were seen.
  const centre = (share * total + (z * z) / 2) / (total + z * z);
  const doubts: Doubt[] = [];
  if (used.length < SLOTS_LEAST) doubts.push("little-history");
  if (drifts) doubts.push("share-drifts");
  return {
    share,
    low: Math.max(1e-7, Math.min(share, centre) - z * error),
    high: Math.min(1 - 1e-7, Math.max(share, centre) + z * error),
    dispersion,
    eventsPerSlot: total / used.length,
    slots: used.length,
    doubts,
  };
}

function driftsBeyond(fine: Fit, coarse: Fit): boolean {
  const expected = Math.max(0, fine.dispersion + 2 * fine.error) / STRETCH;
  return coarse.dispersion - expected > DRIFT_Z * Math.max(coarse.error, 1e-12);
}

function stretches(slots: readonly Counts[]): readonly Counts[] {
  const joined: Counts[] = [];
  for (let i = 0; i + STRETCH <= slots.length; i += STRETCH) {
    let [changed, unchanged] = [0, 0];
    for (const slot of slots.slice(i, i + STRETCH)) {
      changed += slot.changed;
      unchanged += slot.unchanged;
    }
    joined.push({ changed, unchanged });
  }
  return joined;
}

/** Share and intra-slot correlation by moments, with the standard error of the latter. */
function fitted(slots: readonly Counts[]): Fit {
  let [changed, total] = [0, 0];
  for (const slot of slots) {
    changed += slot.changed;
    total += slot.changed + slot.unchanged;
  }
  const share = changed / total;
  const variance = share * (1 - share);
  let [excess, pairs, squares, k] = [0, 0, 0, 0];
  for (const slot of slots) {
    const n = slot.changed + slot.unchanged;
    // Weighing a slot by the inverse of its size keeps a busy hour from speaking for all.
    const own = (slot.changed - n * share) ** 2 / (n * variance) - 1;
    excess += own;
    pairs += n - 1;
    squares += own * own;
    k += 1;
  }
  if (pairs <= 0 || !(variance > 0)) return { share, dispersion: 0, error: 0 };
  const error = Math.sqrt(Math.max(0, squares - (excess * excess) / k)) / pairs;
  return { share, dispersion: excess / pairs, error };
}

/** Whether the learned share contradicts the one that the plan declares for the same cells. */
export function splitContradicts(baseline: Baseline, declaredPpm: number): boolean {
  const declared = declaredPpm / MILLION;
  return declared < baseline.low || declared > baseline.high;
}
