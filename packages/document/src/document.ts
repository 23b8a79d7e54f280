// SPDX-License-Identifier: Apache-2.0
/** What a change document says, once it has been read. */
import type { Digest } from "@interlock/digest";

/** Kinds of change that have a template. `remedy` stands beside them. */
export const CHANGE_KINDS = [
  "config-push",
  "schema-migration",
  "failover",
  "certificate",
  "capacity",
  "data-fix",
] as const;
export const KINDS = [...CHANGE_KINDS, "other", "remedy"] as const;
export type Kind = (typeof KINDS)[number];

/** What a policy can ask for: `document: { sections: [why, steps] }`. Named as the front matter names them. */
export const SECTIONS = [
  "why",
  "scope",
  "preChecks",
  "steps",
  "signals",
  "rollback",
  "who",
] as const;
export type Section = (typeof SECTIONS)[number];

/** A document that nobody reads to the end is none; each list is as long as a night's work can be. */
export const LIMITS = {
  bytes: 262_144,
  text: 4_000,
  steps: 100,
  arguments: 100,
  argument: 4_000,
  list: 50,
  timeoutMs: 21_600_000,
} as const;

/** A program and its arguments. No shell ever reads it. */
export type Command = {
  readonly argv: readonly string[];
  readonly timeoutMs: number;
};

/** What has to be seen. A machine checks the exit code and the texts, a person the sentence. */
export type Expectation = {
  /** Empty where only the rest counts. */
  readonly says: string;
  readonly exit: number;
  readonly contains: readonly string[];
  readonly lacks: readonly string[];
};

export type Act = {
  readonly says: string;
  /** `null`: done by hand. */
  readonly run: Command | null;
  readonly expect: Expectation | null;
};

export type Step = {
  readonly id: string;
  readonly act: Act;
  readonly verify: Act | null;
  readonly abortIf: string | null;
  readonly undo: Act | null;
  /** Why there is no way back from it; `null` where it says nothing. */
  readonly irreversible: string | null;
  /** Whether running it twice is the same as once; `null` where it does not say. */
  readonly repeatable: boolean | null;
  /** A second person confirms its outcome. */
  readonly second: boolean;
};

export type Signal = {
  readonly name: string;
  readonly where: string;
  readonly normal: string;
  readonly abort: string;
};

/** What the author takes the reach to be; `null` where the document does not say. */
export type DeclaredReach = {
  readonly systems: number | null;
  readonly cells: number | null;
  readonly trafficPpm: number | null;
  readonly ordersPerMinute: number | null;
};

export type Scope = {
  readonly systems: readonly string[];
  readonly environments: readonly string[];
  readonly cells: readonly string[];
  readonly outside: string;
  readonly blast: DeclaredReach;
};

export type Rehearsal = {
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
  readonly where: string;
  readonly by: string;
};

export type Rollback = {
  readonly how: string;
  readonly takesMs: number | null;
  readonly rehearsed: Rehearsal | null;
};

export type Who = {
  readonly operator: string;
  readonly second: string;
  readonly informed: readonly string[];
};

/** What may be filled in when a remedy is run. */
export type Parameter = {
  readonly name: string;
  readonly about: string;
} & (
  | { readonly type: "integer"; readonly min: number; readonly max: number }
  | { readonly type: "choice"; readonly values: readonly string[] }
  | { readonly type: "name"; readonly maxLength: number }
);

/** What makes a document one that a single on-call may run. */
export type RemedyTerms = {
  readonly id: string;
  readonly parameters: readonly Parameter[];
  /** At most so many runs within so long. */
  readonly runs: number;
  readonly withinMs: number;
  /** After this age of the rehearsal nobody may run it any more. */
  readonly rehearsalValidMs: number;
  /** Accounts and teams, of which one is enough. */
  readonly mayRun: readonly string[];
};

export type ChangeDocument = {
  readonly kind: Kind;
  readonly title: string;
  readonly why: string;
  readonly scope: Scope | null;
  readonly preChecks: readonly Act[];
  readonly steps: readonly Step[];
  readonly signals: readonly Signal[];
  readonly rollback: Rollback | null;
  readonly who: Who | null;
  /** `null` for what is no remedy. */
  readonly remedy: RemedyTerms | null;
  /** Markdown after the front matter. */
  readonly body: string;
  readonly digest: Digest;
};
