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
  /** As above, with the probability that going on may be wrong by, which is larger: narrower bounds. */
  readonly safeLow: number;
  readonly safeHigh: number;
  /**
   * Intra-slot correlation of a beta-binomial: 0 is binomial, an upper bound of what was seen. Noise that
   * lasts for several slots counts for as much as it adds to their sum, since tests take slots as independent.
   */
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
/** Bursts that last a few slots show in shorter ones. */
const BURST = 5;
/** The variance of fewer says nothing. */
const SPANS_LEAST = 40;
/** More than this many standard errors is no chance (about one in 30,000, one-sided). */
const DRIFT_Z = 4;
const SLOTS_MAX = 1_000_000;

type Fit = { readonly share: number; readonly dispersion: number; readonly error: number };

/**
 * Learns share and over-dispersion from slots before the change, by the moments of a beta-binomial
 * (Kleinman, JASA 1973). A signal that is nearly always zero, such as errors, has no share to learn:
 * learn that of the requests that could have failed. `missPpm` is the probability with which the share may lie outside the bounds;
 * the false-halt rate of a test that uses them grows by it, as that of going on wrongly by `safeMissPpm`.
 */
export function learnBaseline(
  slots: readonly Counts[],
  missPpm: number,
  safeMissPpm = missPpm,
): Outcome<Baseline> {
  if (slots.length > SLOTS_MAX)
    return refused("too-many", `${slots.length} slots of history`, `pass at most ${SLOTS_MAX}`);
  for (const [name, miss] of Object.entries({ missPpm, safeMissPpm }))
    if (!Number.isInteger(miss) || miss < 1 || miss > MILLION / 2)
      return refused(
        "out-of-range",
        `\`${name}\` is ${String(miss)}, not a whole number from 1 to ${MILLION / 2}`,
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
  return given(described(used, { missPpm, safeMissPpm }));
}

function described(
  used: readonly Counts[],
  { missPpm, safeMissPpm }: { readonly missPpm: number; readonly safeMissPpm: number },
): Baseline {
  const coarse = fitted(stretches(used, STRETCH));
  const fine = fitted(used);
  // Noise that is new in each slot shrinks with the length of the stretch; what is left is drift.
  const drifts = used.length >= 4 * STRETCH && driftsBeyond(fine, coarse);
  const dispersion = dispersionOf(used, { fine, coarse, drifts });
  const { share, weight } = weighted(used, dispersion);
  const wandering = drifts ? coarse.dispersion : 0;
  const error = Math.sqrt(share * (1 - share) * (1 / weight + wandering));
  const bounds = (miss: number): readonly [number, number] => {
    const z = -normalQuantile(miss / MILLION / 2);
    // Agresti-Coull's pull to the middle keeps the bounds honest where few events were seen.
    const centre = (share * weight + (z * z) / 2) / (weight + z * z);
    const low = Math.min(share, centre) - z * error;
    return [Math.max(1e-7, low), Math.min(1 - 1e-7, Math.max(share, centre) + z * error)];
  };
  const [[low, high], [safeLow, safeHigh]] = [bounds(missPpm), bounds(safeMissPpm)];
  const doubts: Doubt[] = [];
  if (used.length < SLOTS_LEAST) doubts.push("little-history");
  if (drifts) doubts.push("share-drifts");
  const total = used.reduce((n, s) => n + s.changed + s.unchanged, 0);
  return {
    ...{ share, low, high, safeLow, safeHigh, dispersion },
    ...{ eventsPerSlot: total / used.length, slots: used.length, doubts },
  };
}

type Fits = { readonly fine: Fit; readonly coarse: Fit; readonly drifts: boolean };

/** What drifts is in the bounds of the share, and not in the noise of a slot as well. */
function dispersionOf(used: readonly Counts[], { fine, coarse, drifts }: Fits): number {
  let most = Math.max(0, fine.dispersion + 2 * fine.error);
  const spans: readonly (readonly [number, Fit])[] = [
    [BURST, fitted(stretches(used, BURST))],
    ...(drifts ? [] : [[STRETCH, coarse] as const]),
  ];
  // A few long stretches say little: only what surely exceeds the noise of single slots counts.
  for (const [length, fit] of spans)
    if (used.length >= SPANS_LEAST * length && length * (fit.dispersion - 2 * fit.error) > most)
      most = length * fit.dispersion;
  return Math.min(0.999, most);
}

/**
 * The share with the weights that a test of such slots gives them: where slots are noisy, a busy one says
 * little more than a quiet one, and where noise moves the sizes of slots both means differ.
 */
function weighted(
  used: readonly Counts[],
  dispersion: number,
): { readonly share: number; readonly weight: number } {
  let [sum, weight] = [0, 0];
  for (const { changed, unchanged } of used) {
    const n = changed + unchanged;
    const own = 1 / (1 + (n - 1) * dispersion);
    sum += changed * own;
    weight += n * own;
  }
  return { share: sum / weight, weight };
}

function driftsBeyond(fine: Fit, coarse: Fit): boolean {
  const expected = Math.max(0, fine.dispersion + 2 * fine.error) / STRETCH;
  return coarse.dispersion - expected > DRIFT_Z * Math.max(coarse.error, 1e-12);
}

function stretches(slots: readonly Counts[], length: number): readonly Counts[] {
  const joined: Counts[] = [];
  for (let i = 0; i + length <= slots.length; i += length) {
    let [changed, unchanged] = [0, 0];
    for (const slot of slots.slice(i, i + length)) {
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
