// SPDX-License-Identifier: Apache-2.0
import type { Json } from "@interlock/digest";

/** What came of one input. */
export type ReplayAnswer =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly error: string };

/** How one field of the answers differs between old and new values. */
export type FieldShift = {
  /** JSON pointer. */
  readonly at: string;
  /** Inputs that were answered under both and have it in one of the answers at least. */
  readonly seen: number;
  readonly changed: number;
  readonly changedPpm: number;
  /** Of numbers alone, new less old; `null`: it was never a number under both. */
  readonly meanShift: number | null;
  /** The largest move in either direction. */
  readonly maxShift: number | null;
};

export type ReplayBreach = {
  readonly code:
    | "NO_ANSWERS"
    | "ANSWERS_MISSING"
    | "NEW_ERRORS"
    | "ANSWERS_CHANGED"
    | "FIELD_CHANGED"
    | "FIELD_MEAN"
    | "FIELD_MAX"
    | "FIELD_UNSEEN";
  readonly at: string | null;
  readonly message: string;
};

export type ReplayExample = {
  /** Index of the input, from 0. */
  readonly input: number;
  readonly before: ReplayAnswer;
  readonly after: ReplayAnswer;
};

export type ReplayComparison = {
  /** No limit is passed. */
  readonly ok: boolean;
  readonly inputs: number;
  readonly changed: number;
  readonly changedPpm: number;
  /** Answered under old values and not under new ones. */
  readonly newErrors: number;
  readonly newErrorsPpm: number;
  readonly oldErrors: number;
  /** Those that limits name first, then those that changed most. */
  readonly fields: readonly FieldShift[];
  readonly breaches: readonly ReplayBreach[];
  /** The first that differ. */
  readonly examples: readonly ReplayExample[];
};
