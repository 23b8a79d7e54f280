// SPDX-License-Identifier: Apache-2.0
/** Rollouts as rows: whose turn it is to drive one, and what a step makes of it. */
import { sql } from "kysely";
import type { Database } from "./driver.ts";
import { bytes } from "./ledger.ts";
import type { RolloutDelivery } from "./rollout-tables.ts";
import type { Transaction } from "./transaction.ts";

export type { RolloutDelivery } from "./rollout-tables.ts";

/** What every step changes. `fence`: lease and turn in one number. */
export type RolloutNow = {
  readonly state: string;
  readonly phase: string;
  readonly fence: number;
  /** Milliseconds since 1970; `null`: not before somebody acts. */
  readonly nextAt: number | null;
};

export type StoredRollout = RolloutNow & {
  readonly id: string;
  readonly change: string;
  readonly system: string;
  readonly target: string;
  readonly revision: number;
  /** Grows with every driver that takes it. */
  readonly lease: number;
  readonly leaseOwner: string | null;
  readonly startedBy: string;
  readonly startedAt: number;
};

const COLUMNS = [
  "id",
  "change",
  "system",
  "target",
  "phase",
  "state",
  "revision",
  "fence",
  "lease",
  "next_at as nextAt",
  "lease_owner as leaseOwner",
  "started_by as startedBy",
  "started_at as startedAt",
] as const;

/** A rollout that nobody drives yet, with all that it needs. */
export async function saveRollout(
  tx: Transaction,
  rollout: Omit<StoredRollout, "lease" | "leaseOwner" | "revision">,
  deliveries: readonly RolloutDelivery[],
): Promise<void> {
  const { nextAt, startedBy, startedAt, ...row } = rollout;
  await tx
    .insertInto("rollout")
    .values({
      ...row,
      ...{ next_at: nextAt, started_by: startedBy, started_at: startedAt },
      ...{ revision: 0, lease: 0, lease_owner: null, leased_until: sql<Date>`clock_timestamp()` },
    })
    .execute();
  const column = (of: (one: RolloutDelivery) => string | null) => deliveries.map(of);
  await sql`insert into rollout_delivery (rollout, cell, key, base, next)
    select ${rollout.id}, g.* from unnest(${column(({ cell }) => cell)}::text[],
      ${column(({ key }) => key)}::text[], ${column(({ base }) => base)}::text[],
      ${column(({ next }) => next)}::text[]) as g`.execute(tx);
}

/** Keeps contents under the SHA-256 that they have. */
export async function saveValues(
  db: Database,
  values: readonly { readonly sha256: string; readonly bytes: Uint8Array }[],
): Promise<void> {
  if (values.length === 0) return;
  // In one order, so that two who save the same wait for each other and not in a ring.
  const sorted = [...values].sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
  await sql`insert into rollout_value (sha256, bytes)
    select * from unnest(${sorted.map(({ sha256 }) => sha256)}::text[],
      ${sorted.map((one) => bytes(one.bytes))}::bytea[])
    on conflict do nothing`.execute(db);
}

/** By their SHA-256; those that are not there are left out. */
export async function valuesOf(
  db: Database,
  sha256: readonly string[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  const rows = await db
    .selectFrom("rollout_value")
    .selectAll()
    .where("sha256", "=", sql<string>`any(${[...new Set(sha256)]}::text[])`)
    .execute();
  return new Map(rows.map((row) => [row.sha256, new Uint8Array(row.bytes)]));
}

export async function deliveriesOf(
  db: Database,
  rollout: string,
): Promise<readonly RolloutDelivery[]> {
  return await db
    .selectFrom("rollout_delivery")
    .select(["cell", "key", "base", "next"])
    .where("rollout", "=", rollout)
    .orderBy("cell")
    .orderBy("key")
    .execute();
}

export async function rolloutById(db: Database, id: string): Promise<StoredRollout | null> {
  const row = await db
    .selectFrom("rollout")
    .select(COLUMNS)
    .where("id", "=", id)
    .executeTakeFirst();
  return row ?? null;
}

/** Keeps every other step out until the transaction ends. */
export async function lockRollout(tx: Transaction, id: string): Promise<StoredRollout | null> {
  const row = await tx
    .selectFrom("rollout")
    .select(COLUMNS)
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
  return row ?? null;
}

/** Every rollout of a change, those begun first first. */
export async function rolloutsOfChange(
  db: Database,
  change: string,
): Promise<readonly StoredRollout[]> {
  return await db
    .selectFrom("rollout")
    .select(COLUMNS)
    .where("change", "=", change)
    .orderBy("started_at")
    .orderBy("id")
    .execute();
}

/** Where rollouts stand, by their ids. */
export async function phasesOf(
  db: Database,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await db
    .selectFrom("rollout")
    .select(["id", "phase"])
    .where("id", "=", sql<string>`any(${[...new Set(ids)]}::text[])`)
    .execute();
  return new Map(rows.map(({ id, phase }) => [id, phase]));
}

/** Those begun last first. */
export async function newestRollouts(
  db: Database,
  { before, limit }: { readonly before?: number | undefined; readonly limit: number },
): Promise<readonly StoredRollout[]> {
  let query = db.selectFrom("rollout").select(COLUMNS);
  if (before !== undefined) query = query.where("started_at", "<", before);
  return await query.orderBy("started_at", "desc").orderBy("id").limit(limit).execute();
}

/** Rollouts that are not over, at most `limit`; of one system where it is named. */
export async function openRollouts(
  db: Database,
  { system, limit }: { readonly system?: string; readonly limit: number },
): Promise<readonly StoredRollout[]> {
  let query = db
    .selectFrom("rollout")
    .select(COLUMNS)
    .where("phase", "in", ["proposed", "running", "halted", "going-back"]);
  if (system !== undefined) query = query.where("system", "=", system);
  return await query.orderBy("id").limit(limit).execute();
}

/**
 * INVARIANT (compare-and-swap): a step is saved only over the state that it was made from. `lease`:
 * by a driver, only while it is that one's; the driver finds its own writing in the revision.
 */
export async function saveStep(
  db: Database,
  at: { readonly id: string; readonly revision: number; readonly lease?: number },
  { state, phase, fence, nextAt }: RolloutNow,
): Promise<boolean> {
  let query = db
    .updateTable("rollout")
    .set({ state, phase, fence, next_at: nextAt, revision: at.revision + 1 })
    .where("id", "=", at.id)
    .where("revision", "=", at.revision);
  if (at.lease !== undefined) query = query.where("lease", "=", at.lease);
  return (await query.executeTakeFirst()).numUpdatedRows === 1n;
}

const until = (ms: number) => sql<Date>`clock_timestamp() + ${ms} * interval '1 millisecond'`;

/** Takes rollouts that are due and that nobody drives, each with a lease larger than any before. */
export async function claimRollouts(
  tx: Transaction,
  given: {
    readonly owner: string;
    readonly now: number;
    readonly leaseMs: number;
    readonly limit: number;
    /** Those that this server cannot read. */
    readonly except: readonly string[];
  },
): Promise<readonly StoredRollout[]> {
  const due = await tx
    .selectFrom("rollout")
    .select("id")
    .where("next_at", "<=", given.now)
    .where("id", "<>", sql<string>`all(${[...given.except]}::text[])`)
    .where("leased_until", "<=", sql<Date>`clock_timestamp()`)
    .orderBy("next_at")
    .limit(given.limit)
    .forUpdate()
    .skipLocked()
    .execute();
  if (due.length === 0) return [];
  return await tx
    .updateTable("rollout")
    .set({
      // Larger than that of any rollout before: targets keep one fence for a cell, whoever writes it.
      lease: sql<number>`nextval('rollout_lease')`,
      lease_owner: given.owner,
      leased_until: until(given.leaseMs),
    })
    .where(
      "id",
      "in",
      due.map(({ id }) => id),
    )
    .returning(COLUMNS)
    .execute();
}

/** What is left of what an owner held: one that is not there has another driver, or none. */
export async function renewRollouts(
  db: Database,
  { owner, leaseMs }: { readonly owner: string; readonly leaseMs: number },
): Promise<readonly { readonly id: string; readonly lease: number; readonly revision: number }[]> {
  return await db
    .updateTable("rollout")
    .set({ leased_until: until(leaseMs) })
    .where("lease_owner", "=", owner)
    // One that ran out may be somebody else's in a moment: whoever held it asks again for all of it.
    .where("leased_until", ">", sql<Date>`clock_timestamp()`)
    .returning(["id", "lease", "revision"])
    .execute();
}

/** Gives a lease back with the last step under it; the next driver may come at once. */
export async function releaseRollout(
  db: Database,
  { id, lease }: { readonly id: string; readonly lease: number },
): Promise<void> {
  await db
    .updateTable("rollout")
    .set({ lease_owner: null, leased_until: sql<Date>`clock_timestamp()` })
    .where("id", "=", id)
    .where("lease", "=", lease)
    .execute();
}
