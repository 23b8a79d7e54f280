// SPDX-License-Identifier: Apache-2.0
import { type Insertable, sql } from "kysely";
import type { Database } from "../driver.ts";
import type { Transaction } from "../transaction.ts";
import type { JobRow } from "./tables.ts";

/** What is to be looked at again on a forge. Ids are the forge's own, which stay when names change. */
export type ForgeSubject = {
  readonly forge: string;
  readonly repository: string;
  /** Such as `pull:7`. */
  readonly subject: string;
};

export type WantedJob = ForgeSubject & {
  /** Canonical JSON; empty: nothing is known besides. */
  readonly hint: string;
  /** Milliseconds since 1970, as all times here. */
  readonly dueAt: number;
};

export type ClaimedJob = ForgeSubject & {
  readonly hint: string;
  readonly wanted: number;
  /** How often it was tried without success. */
  readonly attempts: number;
  readonly lease: string;
};

/** `false` for a delivery that was taken before. */
export async function takeDelivery(
  tx: Transaction,
  delivery: { readonly forge: string; readonly id: string; readonly at: number },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto("forge_delivery")
    .values(delivery)
    .onConflict((same) => same.doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

/** Deliveries older than the forge would ever send again. */
export async function forgetDeliveries(db: Database, before: number): Promise<void> {
  await db.deleteFrom("forge_delivery").where("at", "<", before).execute();
}

/** Asks for a subject to be looked at; what asks twice is looked at once, and not later than asked. */
export async function wantJobs(db: Database, jobs: readonly WantedJob[]): Promise<void> {
  // One statement writes a row once: of a subject that is there several times the last one counts.
  const each = new Map(jobs.map((job) => [`${job.repository} ${job.subject}`, job]));
  const rows = [...each.values()].map(({ dueAt, ...job }) => ({
    ...job,
    ...{ wanted: 1, due_at: dueAt, attempts: 0, lease: null, leased_until: 0 },
  }));
  for (let from = 0; from < rows.length; from += TOGETHER)
    await upsertJobs(db, rows.slice(from, from + TOGETHER));
}

/** A statement has at most 65,535 parameters. */
const TOGETHER = 1_000;

async function upsertJobs(db: Database, rows: readonly Insertable<JobRow>[]): Promise<void> {
  await db
    .insertInto("forge_job")
    .values(rows)
    .onConflict((same) =>
      same.columns(["forge", "repository", "subject"]).doUpdateSet(() => ({
        hint: sql<string>`case when excluded.hint = '' then forge_job.hint else excluded.hint end`,
        wanted: sql<number>`forge_job.wanted + 1`,
        due_at: sql<number>`least(forge_job.due_at, excluded.due_at)`,
        attempts: 0,
      })),
    )
    .execute();
}

/**
 * Takes one job that is due for this long; `null` when none is. Of servers that ask at once each gets
 * another one, and a job whose server died is free again when its lease ends.
 */
export async function claimJob(
  tx: Transaction,
  {
    forge,
    now,
    leaseMs,
    lease,
  }: {
    readonly forge: string;
    readonly now: number;
    readonly leaseMs: number;
    readonly lease: string;
  },
): Promise<ClaimedJob | null> {
  const found = await tx
    .selectFrom("forge_job")
    .select(["forge", "repository", "subject", "hint", "wanted", "attempts"])
    .where("forge", "=", forge)
    .where("due_at", "<=", now)
    .where("leased_until", "<=", now)
    .orderBy("due_at")
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst();
  if (found === undefined) return null;
  const { repository, subject } = found;
  await tx
    .updateTable("forge_job")
    .set({ lease, leased_until: now + leaseMs })
    .where("forge", "=", forge)
    .where("repository", "=", repository)
    .where("subject", "=", subject)
    .execute();
  return { ...found, lease };
}

/** Holds a job for longer; `false` when it is another server's by now, whose work counts. */
export async function renewJob(db: Database, job: ClaimedJob, until: number): Promise<boolean> {
  const { numUpdatedRows } = await ours(db, job).set({ leased_until: until }).executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Gives a job back that was not done, to be tried again then. */
export async function postponeJob(db: Database, job: ClaimedJob, dueAt: number): Promise<void> {
  await ours(db, job)
    .set({ due_at: dueAt, attempts: job.attempts + 1, lease: null, leased_until: 0 })
    .execute();
}

/**
 * Ends a job that was done. It stays when it was asked for meanwhile, and when it is to be looked at
 * again by itself: `again` is that time, or `null`.
 */
export async function finishJob(
  tx: Transaction,
  job: ClaimedJob,
  again: number | null,
): Promise<void> {
  if (again === null)
    await tx
      .deleteFrom("forge_job")
      .where("forge", "=", job.forge)
      .where("repository", "=", job.repository)
      .where("subject", "=", job.subject)
      .where("lease", "=", job.lease)
      .where("wanted", "=", job.wanted)
      .execute();
  else
    await ours(tx, job)
      .where("wanted", "=", job.wanted)
      .set({ due_at: again, attempts: 0, lease: null, leased_until: 0 })
      .execute();
  await ours(tx, job)
    .where("wanted", "!=", job.wanted)
    .set({ attempts: 0, lease: null, leased_until: 0 })
    .execute();
}

const ours = (db: Database, job: ClaimedJob) =>
  db
    .updateTable("forge_job")
    .where("forge", "=", job.forge)
    .where("repository", "=", job.repository)
    .where("subject", "=", job.subject)
    .where("lease", "=", job.lease);
