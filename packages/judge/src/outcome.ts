// SPDX-License-Identifier: Apache-2.0

/** Why a statistic cannot be had from what was given; a code is never renamed or reused. */
export type RefusalCode =
  | "not-a-count"
  | "not-a-share"
  | "not-a-number"
  | "out-of-range"
  | "too-many"
  | "too-little-history";

export type Refusal = {
  readonly code: RefusalCode;
  /** Lower-case start, no final period; the place is in backticks. */
  readonly message: string;
  readonly help: string;
};

export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: Refusal };

/** What was computed. */
export function given<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

/** What cannot be computed, and what to do about it. */
export function refused(code: RefusalCode, message: string, help: string): Outcome<never> {
  return { ok: false, failure: { code, message, help } };
}

/** Above this the logarithm of a beta function in doubles is no longer good to a thousandth. */
export const COUNT_MAX = 10_000_000_000;

/** Whether `x` is a number of events that the statistics can carry. */
export function isCount(x: number): boolean {
  return Number.isSafeInteger(x) && x >= 0 && x <= COUNT_MAX;
}

/** Refuses what is no count, naming where it stood. */
export function countRefusal(where: string, x: number): Outcome<never> {
  return refused(
    "not-a-count",
    `\`${where}\` is ${String(x)}, not a whole number from 0 to ${COUNT_MAX}`,
    "pass the number of events of the slot, and leave a slot that was not read out",
  );
}

/** One million is the whole. */
export const MILLION = 1_000_000;

/** Whether `ppm` is a whole number of millionths strictly between none and all. */
export function isShare(ppm: number): boolean {
  return Number.isInteger(ppm) && ppm > 0 && ppm < MILLION;
}

/** Refuses what is no share strictly between 0 and 1,000,000 ppm. */
export function shareRefusal(where: string, ppm: number): Outcome<never> {
  return refused(
    "not-a-share",
    `\`${where}\` is ${String(ppm)} ppm, not a whole number between 0 and ${MILLION}, both excluded`,
    "pass a share in parts per million",
  );
}

/** A tenth of a level pays for learned bounds that miss the true share; the test has the rest. */
const TEST_PART = 0.9;

/** ln of the evidence that decides at a level: a little above ln(1/alpha), which keeps the level whole. */
export function lnGoal(alphaPpm: number): number {
  return Math.log(MILLION / (TEST_PART * alphaPpm));
}

/** The `missPpm` to learn a baseline with, when `signals` of them are judged together at one level. */
export function missPpmOf(alphaPpm: number, signals: number): number {
  return Math.max(1, Math.floor(((1 - TEST_PART) * alphaPpm) / Math.max(1, signals) + 1e-9));
}

/** Evidence in thousandths of a nat: the only form in which it leaves for a decision. */
export function milliNats(lnE: number): number {
  return Math.round(Math.max(-1e12, Math.min(1e12, lnE * 1_000)));
}
