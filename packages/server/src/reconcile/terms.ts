// SPDX-License-Identifier: Apache-2.0
import type { Description } from "@interlock/controlplane";
import type { Store } from "@interlock/store";
import type { Target } from "@interlock/targets";
import type { Ledger } from "../ledger/ledger.ts";

export type ReconcileTerms = {
  readonly store: Store;
  readonly ledger: Pick<Ledger, "append">;
  /** The description of the control plane in force; `null`: there is none. */
  readonly plane: () => Promise<Description | null>;
  readonly target: (name: string) => Target | null;
  /** Milliseconds since 1970 UTC. */
  readonly now: () => number;
  /** Told once of what keeps a cell from being looked at; `null`: it is looked at again. */
  readonly onTrouble: (part: string, says: string | null) => void;
  readonly limits?: Partial<ReconcileLimits>;
};

export type ReconcileLimits = {
  /** Between two rounds; `null`: only when told to look. */
  readonly periodMs: number | null;
  /** A cell is read whole this often, whatever its target tells of changes. */
  readonly everyMs: number;
  /** And where it does tell, no more often than this. */
  readonly gapMs: number;
  /** Between two reads of one target. */
  readonly paceMs: number;
  readonly leaseMs: number;
  /** An answer of a target that takes longer is none. */
  readonly targetMs: number;
  /** How long a write may stay without a proof of its fate before a difference counts in spite of it. */
  readonly settleMs: number;
  /** Keys of one read; each may be as large as a value may be. */
  readonly readKeys: number;
  /** Keys of one cell; of what is beyond nothing is known, and that is said. */
  readonly keys: number;
  /** New entries of one look at a cell; the rest comes with the next ones. */
  readonly found: number;
  /** Of these, how many the target is asked about who wrote them, and how long all of that may take. */
  readonly writers: number;
  readonly writersMs: number;
  /** Strangers of one cell that are told one by one. */
  readonly strangers: number;
};

export const RECONCILE_LIMITS: ReconcileLimits = {
  periodMs: 5_000,
  everyMs: 30_000,
  gapMs: 10_000,
  paceMs: 20,
  leaseMs: 60_000,
  targetMs: 30_000,
  settleMs: 10 * 60_000,
  readKeys: 100,
  keys: 20_000,
  found: 200,
  writers: 20,
  writersMs: 15_000,
  strangers: 100,
};
