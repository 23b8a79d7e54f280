// SPDX-License-Identifier: Apache-2.0
/**
 * The description of a control plane that two people have signed: which targets there are, what their
 * cells are, which configuration lives in them, and by which signals harm is seen.
 */
import type { Json } from "@interlock/digest";

/** A control plane that we drive. Its driver reads `settings`; credentials are named, never written here. */
export type TargetDescription = {
  readonly name: string;
  readonly kind: "etcd" | "files" | "git" | "http" | "kubernetes" | "postgres";
  /** Of the kind, with the place of each cell; what starts with `env:` or `file:` is looked up on the server. */
  readonly settings: Json;
};

/** A part of a system that can be written alone. */
export type CellDescription = {
  readonly id: string;
  readonly region: string;
  /** Of the system's orders, in parts per million; those of a system add up to a million. */
  readonly sharePpm: number;
  /** The version of the code that reads the configuration there. */
  readonly runs: string;
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
  readonly schema?: Json;
  /** CEL over `before` and `after`, each a map from keys to values. */
  readonly invariants: readonly {
    readonly id: string;
    readonly says: string;
    readonly holds: string;
  }[];
  readonly limits: {
    readonly keys: number;
    readonly valueBytes: number;
    readonly growthPpm: number;
  };
};

/** What says whether things go well, for the cells of a system. */
export type SignalDescription = {
  readonly name: string;
  readonly system: string;
  readonly kind: "prometheus" | "sql" | "http" | "push";
  /** `orders`: counts of what must not fall; `errors`: counts of what must not rise; `latency`: values that must not. */
  readonly measures: "orders" | "errors" | "latency";
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
