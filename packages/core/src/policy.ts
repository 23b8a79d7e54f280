// SPDX-License-Identifier: Apache-2.0
import type { IfDown } from "./if-down.ts";
import type { Approvals, From, Keys, Requirement, Via } from "./requirement.ts";

/** `observe` records what it would have decided, `warn` says it, `enforce` holds. */
export const MODES = ["observe", "warn", "enforce"] as const;
export type Mode = (typeof MODES)[number];

/**
 * How much friction a finding costs: `H` denies, `2` and `1` ask for so many owners whose
 * statement names the finding, on top of any baseline; `n` is a notice.
 */
export const SEVERITIES = ["H", "2", "1", "n"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** One rule as data. Expressions are CEL source that the policy loader has type-checked. */
export type Rule = {
  readonly id: string;
  readonly title: string;
  /** Applies when this holds; a rule without it applies to every change (or to every item of `each`). */
  readonly when?: string;
  /** A list to look through, such as `kubernetes` or `change.files`; each match of `where` is a finding. */
  readonly each?: string;
  /** Over `it`, one item of `each`. */
  readonly where?: string;
  /** The finding in one sentence, with `{field}` of the item. */
  readonly says: string;
  /** What the author can do about it. */
  readonly help: string;
  readonly require: readonly Requirement[];
  readonly severity?: Severity;
  /** Its approvals stand in for the policy's `otherwise`. */
  readonly covers: boolean;
  readonly mode?: Mode;
  /** Milliseconds since 1970 UTC; an addendum's rules start and end by themselves. */
  readonly from?: number;
  readonly until?: number;
  readonly motive?: { readonly says: string; readonly links: readonly string[] };
  /** Where it comes from: the policy itself, a pack, an addendum. */
  readonly origin: string;
};

export type Override = {
  readonly rule: string;
  /** Empty: every system. */
  readonly system: string;
  readonly mode: Mode;
  /** Milliseconds since 1970 UTC; from then on it no longer applies. */
  readonly until?: number;
};

export type PolicyFreeze = {
  readonly name: string;
  readonly from: number;
  readonly until?: number;
  readonly systems: readonly string[];
};

/** A recurring window as written; the loader expands it to UTC intervals around a given time. */
export type Calendar = {
  readonly name: string;
  readonly zone: string;
  /** 1 Monday … 7 Sunday, sorted. */
  readonly days: readonly number[];
  /** Minutes since local midnight, half open; an end beyond 1440 is on the next day. */
  readonly fromMinute: number;
  readonly untilMinute: number;
  /** Local dates `YYYY-MM-DD` on which it stays closed, sorted. */
  readonly except: readonly string[];
};

export type Policy = {
  readonly id: string;
  readonly version: number;
  readonly mode: Mode;
  readonly rules: readonly Rule[];
  /** What a change needs that no covering rule covers. */
  readonly otherwise: readonly Requirement[];
  readonly overrides: readonly Override[];
  readonly freezes: readonly PolicyFreeze[];
  readonly calendars: readonly Calendar[];
  /** What a file without an owner means for `approvals from owners`. */
  readonly missingOwner: "hold" | "anyone";
  /** What goes on while something is away; nothing does that it does not name. */
  readonly ifDown?: readonly IfDown[];
};

export const approvals = (
  count: number,
  from: From,
  more: {
    readonly via?: Via;
    readonly distinct?: readonly "teams"[];
    readonly naming?: readonly string[];
    readonly keys?: Keys;
  } = {},
): Approvals => ({
  kind: "approvals",
  count,
  from,
  via: more.via ?? "review",
  distinct: more.distinct ?? [],
  naming: more.naming ?? [],
  ...(more.keys === undefined ? {} : { keys: more.keys }),
});

/** Every change needs something: one owner, unless the policy says otherwise (fail-closed). */
export const DEFAULT_OTHERWISE: readonly Requirement[] = [approvals(1, "owners")];
