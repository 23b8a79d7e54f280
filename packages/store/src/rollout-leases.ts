// SPDX-License-Identifier: Apache-2.0
/** Who drives a rollout: leases in the database's time, which all servers share. */
import { sql } from "kysely";
import type { Database } from "./driver.ts";
import { ROLLOUT_COLUMNS, type StoredRollout } from "./rollouts.ts";
import type { Transaction } from "./transaction.ts";

/** Later than this nothing is ever due: it was written by a clock that is far ahead. */
export const DUE_MOST_MS = 120_000;

const until = (ms: number) => sql<Date>`clock_timestamp() + ${ms} * interval '1 millisecond'`;

/**
 * Takes rollouts that are due and that nobody drives, each with a lease larger than any before. Servers
 * have clocks of their own: what one that is far ahead has put off is due for the others.
 */
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
    .where((where) =>
      where.or([where("next_at", "<=", given.now), where("next_at", ">", given.now + DUE_MOST_MS)]),
    )
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
    .returning(ROLLOUT_COLUMNS)
    .execute();
}

export type HeldRollout = {
  readonly id: string;
  readonly lease: number;
  readonly revision: number;
  /** How long the lease stands from now on, in milliseconds. */
  readonly leftMs: number;
};

/** What an owner holds: one that is not there has another driver, or none. */
export async function heldRollouts(db: Database, owner: string): Promise<readonly HeldRollout[]> {
  return await db
    .selectFrom("rollout")
    .select(["id", "lease", "revision"])
    .select(
      sql<number>`floor(extract(epoch from leased_until - clock_timestamp()) * 1000)::bigint`.as(
        "leftMs",
      ),
    )
    .where("lease_owner", "=", owner)
    .where("leased_until", ">", sql<Date>`clock_timestamp()`)
    .execute();
}

/**
 * Makes what an owner holds stand for longer. One in whose row a step is being made is left for the next
 * time: that step may wait for the ledger, and whoever waits for it would keep the others waiting.
 */
export async function renewRollouts(
  db: Database,
  { owner, leaseMs }: { readonly owner: string; readonly leaseMs: number },
): Promise<void> {
  const held = db
    .selectFrom("rollout")
    .select("id")
    .where("lease_owner", "=", owner)
    // One that ran out may be somebody else's in a moment: whoever held it asks again for all of it.
    .where("leased_until", ">", sql<Date>`clock_timestamp()`)
    .forUpdate()
    .skipLocked();
  await db
    .with("held", () => held)
    .updateTable("rollout")
    .set({ leased_until: until(leaseMs) })
    .where("lease_owner", "=", owner)
    .where("id", "in", (from) => from.selectFrom("held").select("held.id"))
    .execute();
}

/**
 * A larger lease for what is driven already, since another rollout has written to a cell under a larger
 * one. `null`: it is somebody else's by now.
 */
export async function renewLease(
  db: Database,
  { id, lease, leaseMs }: { readonly id: string; readonly lease: number; readonly leaseMs: number },
): Promise<number | null> {
  const row = await db
    .updateTable("rollout")
    .set({ lease: sql<number>`nextval('rollout_lease')`, leased_until: until(leaseMs) })
    .where("id", "=", id)
    .where("lease", "=", lease)
    .where("leased_until", ">", sql<Date>`clock_timestamp()`)
    .returning("lease")
    .executeTakeFirst();
  return row?.lease ?? null;
}

/** Gives leases back with the last step under each; the next driver may come at once. */
export async function releaseRollouts(
  db: Database,
  leases: readonly Pick<StoredRollout, "id" | "lease">[],
): Promise<void> {
  if (leases.length === 0) return;
  await sql`
    with held as (
      select r.id from rollout r
        join unnest(${leases.map(({ id }) => id)}::text[],
          ${leases.map(({ lease }) => lease)}::bigint[]) as g(id, lease) using (id, lease)
      order by r.id for update of r
    )
    update rollout r set lease_owner = null, leased_until = clock_timestamp()
    from held where r.id = held.id`.execute(db);
}
