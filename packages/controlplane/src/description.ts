// SPDX-License-Identifier: Apache-2.0
/**
 * The description of a control plane that two people have signed: which targets there are, what their
 * cells are, which configuration lives in them, and by which signals harm is seen.
 */
import type { Json } from "@interlock/digest";

export const TARGET_KINDS = ["etcd", "files", "git", "http", "kubernetes", "postgres"] as const;

/** A control plane that we drive. Its driver reads `settings`; credentials are named, never written here. */
export type TargetDescription = {
  readonly name: string;
  readonly kind: (typeof TARGET_KINDS)[number];
  /** Of the kind, with the place of each cell; what starts with `env:` or `file:` is looked up on the server. */
  readonly settings: Json;
};

/** A share of a divided cell's traffic, between two places on a line of a million. */
export type Part = {
  /** The cell as files, waves and people name it. */
  readonly of: string;
  readonly fromPpm: number;
  readonly toPpm: number;
};

/** A part of a system that can be written alone; of a divided cell, each of its parts is one. */
export type CellDescription = {
  readonly id: string;
  readonly region: string;
  /** Of the system's orders, in parts per million; those of a system add up to a million. */
  readonly sharePpm: number;
  /** The version of the code that reads the configuration there. */
  readonly runs: string;
  readonly part?: Part;
};

export type SystemDescription = {
  readonly name: string;
  readonly tier: 1 | 2 | 3 | 4;
  readonly ordersPerMinute: number;
  readonly cells: readonly CellDescription[];
  /** How long its slowest asynchronous failure takes to show. */
  readonly asyncFailureMs: number;
  /** Orders that a bad change may cost at most, in the plan's own estimate. */
  readonly lossBudgetOrders: number;
  /** How narrow its emergency lane is; absent: it has none. */
  readonly emergency?: EmergencyLane;
};

/** What a change may reach that goes out by break-glass, and how long its waves but the last one bake. */
export type EmergencyLane = {
  readonly keys: number;
  readonly cells: number;
  readonly bakeMs: number;
};

/** Configuration that lives in a target and comes from files of a protected branch. */
export type ConfigSet = {
  readonly name: string;
  readonly system: string;
  readonly target: string;
  readonly owner: string;
  /** As a gate of a Git server names it. */
  readonly repository: string;
  readonly ref: string;
  /**
   * From paths to keys: `config/promise/{key}.json` gives every cell the key `{key}`, and a path
   * with `{cell}` in it that cell alone.
   */
  readonly files: readonly { readonly path: string; readonly key: string }[];
  /** JSON Schema of one value, of the keywords that `value/schema.ts` knows. */
  readonly schema?: Json;
  readonly invariants: readonly Invariant[];
  readonly references: readonly Reference[];
  readonly limits: SetLimits;
  readonly replay?: Replay;
};

/**
 * CEL over `before` and `after`, each a list of `{ key, value }`, and `changes`, a list of
 * `{ key, before, after }` where `before` is absent of a new key and `after` of a removed one. They
 * are lists because the checker knows no indexing: an index that is not there would be an error.
 */
export type Invariant = { readonly id: string; readonly says: string; readonly holds: string };

/** Values that name a key, which has to exist in the same cell. */
export type Reference = {
  /** JSON pointer (RFC 6901) into each value, where `*` is any one step. */
  readonly at: string;
  /** The set whose key is named. */
  readonly to: string;
  /** The key, with `{value}` for what stands at the pointer. */
  readonly key: string;
};

export type SetLimits = {
  readonly keys: number;
  readonly valueBytes: number;
  /** By how much keys, bytes and single values may grow and shrink in one change. */
  readonly growthPpm: number;
  readonly shrinkPpm: number;
};

/** How the program that reads the set is run over recorded inputs. */
export type Replay = {
  readonly by:
    | { readonly kind: "program"; readonly argv: readonly string[] }
    | { readonly kind: "http"; readonly url: string };
  /** Of each answer field by its JSON pointer; what no limit names may change freely. */
  readonly fields: readonly FieldLimits[];
  /** Of all answers: how many may change at all, and how many may newly fail. */
  readonly changedPpm: number;
  readonly newErrorsPpm: number;
};

/** Limits of one field of the answers; shifts are of numbers, new value less old. */
export type FieldLimits = {
  readonly at: string;
  readonly changedPpm?: number;
  readonly meanShift?: number;
  readonly maxShift?: number;
};

export const SIGNAL_KINDS = ["prometheus", "sql", "http", "push"] as const;
export const MEASURES = ["orders", "errors", "latency"] as const;

/** What says whether things go well, for the cells of a system. */
export type SignalDescription = {
  readonly name: string;
  readonly system: string;
  readonly kind: (typeof SIGNAL_KINDS)[number];
  /** `orders`: counts of what must not fall; `errors`: counts of what must not rise; `latency`: values that must not. */
  readonly measures: (typeof MEASURES)[number];
  /** `{cell}` in a query stands for the cell's id. */
  readonly settings: Json;
  readonly unit: string;
  readonly freshMs: number;
  readonly minimumSamples: number;
  /** Its weight among the system's signals, in parts per million. */
  readonly weightPpm: number;
};

export type Description = {
  readonly version: 1;
  readonly targets: readonly TargetDescription[];
  readonly systems: readonly SystemDescription[];
  readonly configSets: readonly ConfigSet[];
  readonly signals: readonly SignalDescription[];
};
