// SPDX-License-Identifier: Apache-2.0
/** What every source of a signal can do. */

/** Slots of one width, all of them whole, in milliseconds since 1970 UTC: [from, to). */
export type Span = {
  readonly from: number;
  readonly to: number;
  readonly slotMs: number;
  readonly cells: readonly string[];
};

/** Counts of a slot: of orders one, of errors theirs and the requests', of latencies one a bucket. */
export type Counted = readonly number[];

/** A cell that is not there was not read: nobody knows what it did, and it is never taken for zero. */
export type Slot = {
  readonly start: number;
  readonly cells: Readonly<Record<string, Counted>>;
};

export type Sampled =
  | { readonly ok: true; readonly slots: readonly Slot[] }
  | { readonly ok: false; readonly says: string };

/** Where the counts of one signal come from. Never throws for what the network or the other side does. */
export type Source = {
  readonly sample: (span: Span) => Promise<Sampled>;
  readonly close: () => Promise<void>;
};

/** Slots of one question: a source that is behind catches up in several. */
export const SLOTS_MAX = 1_000;

export const failedToSample = (says: string): { readonly ok: false; readonly says: string } => ({
  ok: false,
  says,
});

/** A whole number of events within what the statistics carry, or `null`. */
export function countOf(value: unknown): number | null {
  const n = typeof value === "string" && value !== "" ? Number(value) : value;
  if (typeof n !== "number" || !Number.isFinite(n) || n < 0 || n > 1e10) return null;
  return Math.round(n);
}

/** Gives what a secret's name stands for; `null`: there is none. */
export type Secrets = (name: string) => string | null;
