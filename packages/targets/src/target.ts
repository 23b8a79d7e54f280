// SPDX-License-Identifier: Apache-2.0
/**
 * What every driver of a control plane does. A target holds the state; we hold the plan, the journal
 * and the permission. A cell is a part of the target that can be written alone.
 */

import type { OtherWriters } from "./others.ts";
import type { LastWriter, WriterAsked } from "./writer.ts";

/** Limits of one cell: what is larger is refused before anything is sent. */
export const BATCH_ITEMS_MAX = 1_000;
export const KEY_BYTES_MAX = 1_024;
export const VALUE_BYTES_MAX = 1 << 20;

/** What a key holds, and the version by which the target tells that nobody wrote it since. */
export type Held = { readonly value: Uint8Array; readonly version: string };

/** `isOver`: the target itself does not expect any more that it will. */
export type Unsettled = { readonly says: string; readonly isOver: boolean };

export type CellRead = {
  /** Every key that was asked for; `null`: it does not exist. */
  readonly items: ReadonlyMap<string, Held | null>;
  /** The largest fence that the target has seen for the cell, 0 before the first; `null`: it keeps none. */
  readonly fence: number | null;
  /** What of it has not reached those who run with it, where the target knows. */
  readonly unsettled?: Unsettled;
};

/** What a target could not do, without an effect on it. */
export type TargetFailure = {
  readonly code: "TARGET_AWAY" | "TARGET_REFUSED" | "TARGET_LIMIT" | "TARGET_DAMAGED";
  readonly message: string;
  readonly help: string;
};

export type Answered<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: TargetFailure };

/** One key: what it is to hold (`null`: nothing), over what it held when it was read (`null`: nothing). */
export type BatchItem = {
  readonly key: string;
  readonly value: Uint8Array | null;
  readonly over: string | null;
};

/**
 * What is written to one cell, all of it or, where `atomic` is false, item by item in this order.
 * INVARIANT (compare-and-swap): no item is written over another version than `over`.
 */
export type Batch = {
  readonly cell: string;
  /** At least one, at most `BATCH_ITEMS_MAX`, no key twice. */
  readonly items: readonly BatchItem[];
  /** A digest; sending it twice is sending it once. */
  readonly idempotencyKey: string;
  /** A target that keeps fences refuses a smaller one than it has seen for the cell. */
  readonly fence: number;
};

/**
 * `unknown`: it may have taken effect, or may yet; reading back tells. Every other outcome but
 * `written` and `already` had no effect, except that of a target that is not atomic: what it
 * wrote before a conflict is named in `done`.
 */
export type WriteOutcome =
  | { readonly kind: "written" }
  /** This idempotency key took effect before. */
  | { readonly kind: "already" }
  /** Others wrote these keys since they were read. */
  | {
      readonly kind: "conflict";
      readonly keys: readonly string[];
      readonly done: readonly string[];
      /** Who they belong to, as the target says it, where that is why. */
      readonly owners?: readonly string[];
    }
  /** Somebody with this larger fence was there. */
  | { readonly kind: "fenced"; readonly fence: number }
  | { readonly kind: "refused"; readonly failure: TargetFailure }
  | { readonly kind: "away"; readonly failure: TargetFailure }
  | { readonly kind: "unknown"; readonly failure: TargetFailure };

/**
 * A key that changed, or `gap`: what happened before is not known, so everything has to be read after
 * it. Watching on from `at` misses nothing; a change may be told twice.
 */
export type Seen =
  | { readonly kind: "changed"; readonly cell: string; readonly key: string; readonly at: string }
  | { readonly kind: "gap"; readonly at: string };

export type Page = { readonly after?: string; readonly limit: number };

export type Listed = {
  /** Sorted. */
  readonly keys: readonly string[];
  /** Where the next page begins; absent at the end. */
  readonly next?: string;
};

export type Health = {
  readonly answers: boolean;
  /** What a person may want to know: the engine's version, or why it does not answer. */
  readonly says: string;
};

export type Target = {
  readonly name: string;
  readonly kind: "etcd" | "files" | "git" | "http" | "kubernetes" | "postgres";
  readonly abilities: {
    /** Whether a batch takes effect whole or not at all. */
    readonly atomic: boolean;
    /** Whether it keeps fences; without, `CellRead.fence` is `null`. */
    readonly fences: boolean;
    /** Whether it remembers idempotency keys, so that a second sending says `already`. */
    readonly remembers: boolean;
  };
  readonly read: (cell: string, keys: readonly string[]) => Promise<Answered<CellRead>>;
  readonly list: (cell: string, page: Page) => Promise<Answered<Listed>>;
  readonly write: (batch: Batch) => Promise<WriteOutcome>;
  /**
   * What changes in all cells from `since` on, until it is aborted; a target that cannot tell polls.
   * From `null`, and from a place that the target does not know any more, it begins with a `gap`. It
   * never throws: while the target is away it waits.
   */
  readonly watch: (since: string | null, signal: AbortSignal) => AsyncIterable<Seen>;
  /**
   * Who wrote what a key holds, of that version alone; `null`: it cannot tell any more, or of this one.
   * Absent where no target of the kind can. It asks for little and gives up soon.
   */
  readonly lastWriter?: (asked: WriterAsked) => Promise<Answered<LastWriter | null>>;
  /** Who else can write to the cells, past this driver; absent where no target of the kind tells anybody. */
  readonly otherWriters?: () => Promise<Answered<OtherWriters>>;
  readonly health: () => Promise<Health>;
  readonly close: () => Promise<void>;
};
