// SPDX-License-Identifier: Apache-2.0
/** What the analysis of every wave promises and is asked. */
import type { Guarantee, Wait } from "@interlock/judge";
import type { Signal } from "../settings.ts";

/** One harmless wave in a thousand is ever halted; one in a hundred that harms by its margin is passed. */
export const LEVELS = { haltPpm: 1_000, promotePpm: 10_000 } as const;

/** A change of which a person should hear how long it takes to be seen. */
export const NAMED_MOVE_PPM = 300_000;

export const MILLION = 1_000_000;
export const WEEK_MS = 7 * 86_400_000;
export const WEEKS = 4;

/** One signal of a wave, and who is compared with whom. */
export type Asked = {
  readonly signal: Signal;
  readonly changed: readonly string[];
  /** Empty where every cell has changed. */
  readonly control: readonly string[];
  /** Share of the system's orders that the changed cells have. */
  readonly changedPpm: number;
  /** Harm that has to be excluded: orders lost of all orders of the system, not of those of the changed cells. */
  readonly marginPpm: number;
  /** How many signals are judged together. */
  readonly together: number;
};

/** What one signal says now. */
export type Reading = {
  readonly lnHarm: number;
  readonly lnSafe: number;
  /** Harm that is excluded once `lnSafe` suffices, in millionths of all orders. */
  readonly excludesPpm: number;
  readonly guarantee: Guarantee;
  readonly wait: Wait;
};

export const NO_BASELINE: Guarantee = { claimed: false, doubts: ["not-replayed"] };

/**
 * The relative move of the changed cells that must be excluded: what the margin is of their own orders.
 * Less than a thousandth cannot be seen by anybody; then the wave says that it excludes no more.
 */
export function excludedPpm({ changedPpm, marginPpm }: Asked): number {
  const whole = changedPpm === 0 ? MILLION : Math.floor((marginPpm * MILLION) / changedPpm);
  return Math.min(900_000, Math.max(1_000, whole));
}

/** Of all orders, rounded up. */
export const ofAllPpm = (movePpm: number, { changedPpm }: Asked): number =>
  Math.min(MILLION, Math.ceil((movePpm * changedPpm) / MILLION));
