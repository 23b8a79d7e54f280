// SPDX-License-Identifier: Apache-2.0
import type { Generated } from "kysely";

/** The tables of `sql/000019_rollouts.sql` and `sql/000025_rollout_marks.sql`. */
export type RolloutTables = {
  readonly rollout: RolloutRow;
  readonly rollout_value: { readonly sha256: string; readonly bytes: Buffer };
  readonly rollout_delivery: RolloutDelivery & { readonly rollout: string };
  readonly target_journal: JournalRow;
  readonly solo_exposure: SoloExposureRow;
  readonly proven_value: ProvenValueRow;
  readonly rollout_mark: RolloutMarkRow;
};

/** What a key of a cell held and is to hold, by the SHA-256 of its bytes; `null`: nothing. */
export type RolloutDelivery = {
  readonly cell: string;
  readonly key: string;
  readonly base: string | null;
  readonly next: string | null;
};

type RolloutRow = {
  readonly id: string;
  readonly change: string;
  readonly system: string;
  readonly target: string;
  readonly phase: string;
  readonly state: string;
  readonly revision: number;
  readonly fence: number;
  readonly next_at: number | null;
  readonly lease: number;
  readonly lease_owner: string | null;
  readonly leased_until: Date;
  readonly started_by: string;
  readonly started_at: number;
};

type JournalRow = {
  readonly sequence: Generated<number>;
  readonly change: string;
  readonly rollout: string;
  readonly target: string;
  readonly cell: string;
  readonly key: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly operation: string;
  readonly at: number;
  readonly confirmed_at: number | null;
};

type SoloExposureRow = {
  readonly rollout: string;
  readonly index: number;
  readonly person: string;
  readonly at: number;
  readonly tier: number;
  readonly cells: string[];
  readonly traffic_ppm: number;
};

type ProvenValueRow = {
  readonly target: string;
  readonly cell: string;
  readonly key: string;
  readonly sha256: string;
  readonly runs: string;
  readonly rollout: string;
  readonly entry: string;
};

type RolloutMarkRow = {
  readonly sequence: Generated<number>;
  readonly rollout: string;
  readonly mark: "bad" | "adopted";
  readonly entry: string;
  readonly said_by: string;
  readonly because: string;
};
