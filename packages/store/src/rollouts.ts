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

export const ROLLOUT_COLUMNS = [
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
  return (await deliveriesOfAll(db, [rollout])).get(rollout) ?? [];
}

/** By rollout, each in the order of cells and keys; one without any is left out. */
export async function deliveriesOfAll(
  db: Database,
  rollouts: readonly string[],
): Promise<ReadonlyMap<string, readonly RolloutDelivery[]>> {
  const rows = await db
    .selectFrom("rollout_delivery")
    .select(["rollout", "cell", "key", "base", "next"])
    .where("rollout", "=", sql<string>`any(${[...rollouts]}::text[])`)
    .orderBy("cell")
    .orderBy("key")
    .execute();
  const all = new Map<string, RolloutDelivery[]>();
  for (const { rollout, ...one } of rows) {
    const known = all.get(rollout);
    if (known === undefined) all.set(rollout, [one]);
    else known.push(one);
  }
  return all;
}

export async function rolloutById(db: Database, id: string): Promise<StoredRollout | null> {
  const row = await db
    .selectFrom("rollout")
    .select(ROLLOUT_COLUMNS)
    .where("id", "=", id)
    .executeTakeFirst();
  return row ?? null;
}

/** Keeps every other step out until the transaction ends. */
export async function lockRollout(tx: Transaction, id: string): Promise<StoredRollout | null> {
  const row = await tx
    .selectFrom("rollout")
    .select(ROLLOUT_COLUMNS)
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
  return row ?? null;
}

/** The same of several, in one order, so that nobody waits in a ring. */
export async function lockRollouts(
  tx: Transaction,
  ids: readonly string[],
): Promise<readonly StoredRollout[]> {
  return await tx
    .selectFrom("rollout")
    .select(ROLLOUT_COLUMNS)
    .where("id", "=", sql<string>`any(${[...ids]}::text[])`)
    .orderBy("id")
    .forUpdate()
    .execute();
}

/** Every rollout of a change, those begun first first. */
export async function rolloutsOfChange(
  db: Database,
  change: string,
): Promise<readonly StoredRollout[]> {
  return await db
    .selectFrom("rollout")
    .select(ROLLOUT_COLUMNS)
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
  let query = db.selectFrom("rollout").select(ROLLOUT_COLUMNS);
  if (before !== undefined) query = query.where("started_at", "<", before);
  return await query.orderBy("started_at", "desc").orderBy("id").limit(limit).execute();
}

const OPEN = ["proposed", "running", "halted", "going-back"] as const;

/** Rollouts that are not over, at most `limit`; of one system where it is named. */
export async function openRollouts(
  db: Database,
  { system, limit }: { readonly system?: string; readonly limit: number },
): Promise<readonly StoredRollout[]> {
  let query = db
    .selectFrom("rollout")
    .select(ROLLOUT_COLUMNS)
    .where("phase", "in", [...OPEN]);
  if (system !== undefined) query = query.where("system", "=", system);
  return await query.orderBy("id").limit(limit).execute();
}

/**
 * Rollouts that are not over and write to one of these cells, in the same target or of the same system:
 * nothing else can be in the way of another one.
 */
export async function rivalsOf(
  db: Database,
  of: {
    readonly target: string;
    readonly system: string;
    readonly cells: readonly string[];
    /** What the system's cells are called now; a rollout that writes to others is found too. */
    readonly known?: readonly string[] | undefined;
  },
): Promise<readonly StoredRollout[]> {
  const strange =
    of.known === undefined
      ? sql`false`
      : sql`rollout.system = ${of.system} and d.cell <> all(${[...of.known]}::text[])`;
  return await db
    .selectFrom("rollout")
    .select(ROLLOUT_COLUMNS)
    .where("phase", "in", [...OPEN])
    .where((where) => where.or([where("target", "=", of.target), where("system", "=", of.system)]))
    .where(
      sql<boolean>`exists (select from rollout_delivery d
        where d.rollout = rollout.id and (d.cell = any(${[...of.cells]}::text[]) or ${strange}))`,
    )
    .orderBy("id")
    .execute();
}

/** How many are not over, counted to `limit`. */
export async function countOpen(db: Database, limit: number): Promise<number> {
  const { n } = await db
    .selectFrom((from) =>
      from
        .selectFrom("rollout")
        .select("id")
        .where("phase", "in", [...OPEN])
        .limit(limit)
        .as("open"),
    )
    .select((all) => all.fn.countAll<number>().as("n"))
    .executeTakeFirstOrThrow();
  return n;
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

/** A driver's step, under its lease. */
export type DriverStep = RolloutNow & {
  readonly id: string;
  readonly revision: number;
  readonly lease: number;
};

/** As `saveStep`, of many rollouts in one statement, each by itself; gives those that were saved. */
export async function saveSteps(
  db: Database,
  steps: readonly DriverStep[],
): Promise<ReadonlySet<string>> {
  const column = <T>(of: (step: DriverStep) => T): T[] => steps.map(of);
  const { rows } = await sql<{ readonly id: string }>`
    with given as (
      select * from unnest(${column(({ id }) => id)}::text[],
        ${column(({ revision }) => revision)}::bigint[], ${column(({ lease }) => lease)}::bigint[],
        ${column(({ state }) => state)}::text[], ${column(({ phase }) => phase)}::text[],
        ${column(({ fence }) => fence)}::bigint[], ${column(({ nextAt }) => nextAt)}::bigint[])
        as g(id, revision, lease, state, phase, fence, next_at)
    ), held as (
      -- Everybody who takes several rows takes them in this order, so that nobody waits in a ring.
      select r.id from rollout r join given g using (id)
      where r.revision = g.revision and r.lease = g.lease order by r.id for update of r
    )
    update rollout r set state = g.state, phase = g.phase, fence = g.fence, next_at = g.next_at,
      revision = g.revision + 1
    from given g join held using (id)
    where r.id = g.id and r.revision = g.revision and r.lease = g.lease
    returning r.id`.execute(db);
  return new Set(rows.map(({ id }) => id));
}
