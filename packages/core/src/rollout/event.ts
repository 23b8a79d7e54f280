// SPDX-License-Identifier: Apache-2.0
import type { Digest } from "@interlock/digest";
import type { Content } from "./effect.ts";
import type { Proven } from "./state.ts";

/** An act of the ledger: the entry's id and its place, which orders acts where clocks cannot. */
export type Recorded = { readonly entry: Digest; readonly index: number };

/** What people ask for; refused with a reason where it is not its time. */
export type Request =
  | ({ readonly kind: "approved"; readonly persons: readonly string[] } & Recorded)
  | { readonly kind: "pause"; readonly by: string }
  | {
      readonly kind: "resume";
      readonly by: string;
      /** After a halt: an approval given after it. */
      readonly approval?: { readonly persons: readonly string[] } & Recorded;
    }
  | { readonly kind: "halt"; readonly by: string; readonly because: string }
  | {
      readonly kind: "go-back";
      readonly by: string;
      /** A proven version; empty: what each cell had before. */
      readonly to: string;
      /** Without waiting for capacity. */
      readonly anyway: boolean;
    }
  /** Two people accept what runs as a state to return to; their entry is durable already. */
  | ({
      readonly kind: "adopted";
      readonly version: string;
      readonly fits: readonly string[];
    } & Pick<Proven, "entry">)
  | {
      readonly kind: "marked-bad";
      readonly version: string;
      readonly by: string;
      readonly because?: string;
    }
  | { readonly kind: "withdraw"; readonly by: string; readonly because: string };

/** `refused`, `conflict` and `away`: it took no effect. `unknown`: nobody can tell. */
export type WriteResult = "yes" | "refused" | "conflict" | "away" | "unknown";

/** What the driver, the ledger, targets and signals report; what is out of date is ignored. */
export type Report =
  | ({ readonly kind: "appended"; readonly id: string } & Recorded)
  | {
      readonly kind: "append-refused";
      readonly id: string;
      readonly because: "solo-ceiling" | "break-glass-over" | "other";
    }
  | {
      readonly kind: "written";
      readonly id: string;
      readonly cell: string;
      readonly result: WriteResult;
    }
  | CellRead
  | Verdict
  | { readonly kind: "signal-stale"; readonly source: string }
  | { readonly kind: "capacity"; readonly id: string; readonly enough: boolean }
  | { readonly kind: "runs"; readonly cell: string; readonly version: string }
  | { readonly kind: "notified"; readonly id: string }
  /** A driver holds the lease from now on; `fence` is larger than any before. */
  | { readonly kind: "leased"; readonly fence: number }
  | { readonly kind: "lease-lost"; readonly fence: number }
  | { readonly kind: "time" };

export type CellRead = {
  readonly kind: "read";
  readonly id: string;
  readonly cell: string;
  /** `null`: the target is away. */
  readonly found: Content | null;
  /** The largest fence that the target has seen for the cell; `null`: it keeps none. */
  readonly fence: number | null;
};

/** `failed`: evidence of harm. `worse`: things are worse than when going back began. */
export type Verdict = {
  readonly kind: "verdict";
  /** Answers this effect; `null` from a signal that speaks by itself. */
  readonly id: string | null;
  readonly source: string;
  readonly wave: number;
  readonly outcome: "successful" | "failed" | "inconclusive" | "worse";
  readonly samples: number;
  /** The largest harm that is not excluded, in millionths of all orders. */
  readonly excludesPpm: number;
  readonly observedAt: number;
  /** Of harm: what it is seen by, for people. */
  readonly because?: string;
};

export type RolloutEvent = Request | Report;
