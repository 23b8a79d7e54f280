// SPDX-License-Identifier: Apache-2.0
import type { Description } from "@interlock/controlplane";
import type { Plan, RolloutEffect, Verdict } from "@interlock/core";
import type { Store } from "@interlock/store";
import type { Target } from "@interlock/targets";
import type { IdentitySettings } from "../identity/settings.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { PeopleBook } from "../people/book.ts";
import type { BreakGlasses } from "./break-glass.ts";

type Of<K extends RolloutEffect["kind"]> = Extract<RolloutEffect, { readonly kind: K }>;
export type Write = Of<"write">;
export type Read = Of<"read">;
export type Append = Of<"append">;
export type Analyse = Of<"analyse">;
export type Capacity = Of<"capacity">;
export type Notify = Of<"notify">;

/** Tells whether a wave does harm. A system that it does not know gets `inconclusive`. */
export type Analyst = {
  readonly ask: (plan: Plan, effect: Analyse, about: Asking) => Promise<readonly Verdict[]>;
  /** The rollout writes no more. */
  readonly ended?: (rollout: string) => Promise<void>;
};

/** Whose wave it is, and when its rollout began: what was learned after that is not learned from. */
export type Asking = { readonly rollout: string; readonly began: number };

/** Tells whether cells have room for a restart. */
export type CapacityOf = {
  readonly ask: (plan: Plan, effect: Capacity) => Promise<boolean>;
};

/** A moment between two steps, for tests that kill the process there. */
export type RolloutPoint =
  | "step.saved"
  | "entry.appended"
  | "write.journalled"
  | "write.answered"
  | "read.answered";

/** What a driver had to leave undone. It tries again. */
export type RolloutTrouble = {
  readonly kind: "rollout";
  readonly rollout: string;
  readonly says: string;
};

export type DriverTerms = {
  readonly store: Store;
  readonly ledger: Pick<Ledger, "append">;
  /** By their names in the description of the control plane; `null`: there is none of that name. */
  readonly target: (name: string) => Target | null;
  readonly analysis: Analyst;
  /** Without it nobody is asked, and there is always room. */
  readonly capacity?: CapacityOf;
  /** Without it no emergency rollout goes on. by (fail-closed) */
  readonly breakGlass?: BreakGlasses;
  /** Milliseconds since 1970 UTC. */
  readonly now: () => number;
  /** Milliseconds of a clock that never jumps. */
  readonly monotonic: () => number;
  readonly onTrouble: (trouble: RolloutTrouble) => void;
  readonly onPoint?: (point: RolloutPoint) => void;
  readonly limits?: Partial<DriverLimits>;
};

export type DriverLimits = {
  /** Between two looks; `null`: only when told to look. */
  readonly periodMs: number | null;
  readonly leaseMs: number;
  /** Rollouts that one server drives at a time. */
  readonly rollouts: number;
  /** Claimed in one look, so that two servers share what comes at once. */
  readonly claim: number;
  /** Reads and writes under way at one target. */
  readonly atOnce: number;
  /** Statements besides steps under way in the database: whoever renews leases waits behind no more. */
  readonly storeAtOnce: number;
  /** An answer of a target that takes longer is none. */
  readonly targetMs: number;
  /** How long what was written may take to arrive, where a target tells of that. */
  readonly unsettledMs: number;
  /** The same for analysis and capacity. */
  readonly askMs: number;
};

export const DRIVER_LIMITS: DriverLimits = {
  periodMs: 1_000,
  leaseMs: 15_000,
  rollouts: 5_000,
  claim: 100,
  atOnce: 32,
  storeAtOnce: 5,
  targetMs: 30_000,
  unsettledMs: 15 * 60_000,
  askMs: 30_000,
};

/** What people's part of rollouts needs besides. */
export type RolloutsTerms = Pick<
  DriverTerms,
  "store" | "ledger" | "target" | "now" | "breakGlass"
> & {
  readonly book: PeopleBook;
  /** The description of the control plane that two people signed; `null`: there is none yet. */
  readonly plane: () => Promise<Description | null>;
  /** A content of a change, by its SHA-256. */
  readonly blob: (repository: string, sha256: string) => Promise<Uint8Array | null>;
  readonly asksCapacity: boolean;
  /** Which source speaks for which team. */
  readonly identity: IdentitySettings;
  /** A rollout was acted upon. */
  readonly wake: (rollout: string) => void;
};
