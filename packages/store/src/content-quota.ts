// SPDX-License-Identifier: Apache-2.0
import { sql } from "kysely";
import type { Database } from "./driver.ts";
import type { Transaction } from "./transaction.ts";

/** Stands for all repositories together. */
const ALL = "";
const DAY_MS = 86_400_000;

/** Bytes after something was added. */
export type ContentUsage = {
  readonly repository: number;
  readonly total: number;
  /** By the sender, on this day (UTC). */
  readonly sent: number;
};

/**
 * Locks the contents of a repository until the transaction ends: what is held now is held when it
 * commits. Taken before anything is read that decides what to store or to remove.
 */
export async function lockContents(tx: Transaction, repository: string): Promise<void> {
  await tx
    .insertInto("content_usage")
    .values({ repository, bytes: 0 })
    .onConflict((same) => same.column("repository").doNothing())
    .execute();
  await tx
    .selectFrom("content_usage")
    .select("bytes")
    .where("repository", "=", repository)
    .forUpdate()
    .execute();
}

/** Counts bytes that a sender adds, or takes away (below zero); after it, until the end, everybody who adds anywhere waits. */
export async function chargeContents(
  tx: Transaction,
  given: { readonly repository: string; readonly sender: string; readonly bytes: number },
  now: number,
): Promise<ContentUsage> {
  const { repository, sender, bytes } = given;
  const sent = await tx
    .insertInto("content_sent")
    .values({ sender, day: Math.floor(now / DAY_MS), bytes: Math.max(0, bytes) })
    .onConflict((same) =>
      same.columns(["sender", "day"]).doUpdateSet(({ eb, ref }) => ({
        bytes: eb("content_sent.bytes", "+", ref("excluded.bytes")),
      })),
    )
    .returning("bytes")
    .executeTakeFirstOrThrow();
  return {
    repository: await addUsage(tx, repository, bytes),
    total: await addUsage(tx, ALL, bytes),
    sent: sent.bytes,
  };
}

/** Never below zero: a program from before counts nothing of what it stores. */
async function addUsage(tx: Transaction, repository: string, bytes: number): Promise<number> {
  const { rows } = await sql<{ readonly bytes: number }>`
    insert into content_usage (repository, bytes) values (${repository}, greatest(0, ${bytes}::bigint))
    on conflict (repository) do update set bytes = greatest(0, content_usage.bytes + ${bytes}::bigint)
    returning bytes`.execute(tx);
  return rows[0]?.bytes ?? 0;
}

/** Bytes of contents that all repositories have here. */
export async function contentsHeldBytes(db: Database): Promise<number> {
  const row = await db
    .selectFrom("content_usage")
    .select("bytes")
    .where("repository", "=", ALL)
    .executeTakeFirst();
  return row?.bytes ?? 0;
}

/** When the contents of a change were removed; `null`: they are here, or never were. */
export async function contentsGone(db: Database, digest: string): Promise<number | null> {
  const row = await db
    .selectFrom("content_gone")
    .select("at")
    .where("digest", "=", digest)
    .executeTakeFirst();
  return row?.at ?? null;
}

/** Lists which contents the changes of a repository are made of, where that was not done yet. */
export async function listContents(tx: Transaction, repository: string): Promise<void> {
  await sql`
    insert into content_use (digest, repository, sha256)
    select distinct c.digest, c.repository, side.sha256
    from change_contents c,
      jsonb_array_elements(c.input::jsonb -> 'entries') entry,
      lateral (values (entry ->> 'oldContent'), (entry ->> 'newContent')) side (sha256)
    where c.repository = ${repository} and not c.listed and side.sha256 ~ '^[0-9a-f]{64}$'
    on conflict do nothing`.execute(tx);
  await tx
    .updateTable("change_contents")
    .set({ listed: true })
    .where("repository", "=", repository)
    .where("listed", "=", false)
    .execute();
}

/** A repository with contents of which nobody asked the gate since `before`, or `null`. */
export async function staleContents(db: Database, before: number): Promise<string | null> {
  const row = await stale(db, before).select("c.repository").limit(1).executeTakeFirst();
  return row?.repository ?? null;
}

const stale = (db: Database, before: number) =>
  db
    .selectFrom("change_contents as c")
    .where("c.stored_at", "<", before)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("change")
            .select("change.id")
            .whereRef("change.digest", "=", "c.digest")
            .where("change.judged_at", ">=", before),
        ),
      ),
    );

export type ContentsRemoved = { readonly changes: number; readonly bytes: number };

/**
 * Removes the contents of some changes of a repository that were judged last before a time, and those
 * of their contents that no other change uses. The change, its digest and the ledger stay.
 */
export async function removeContents(
  tx: Transaction,
  given: {
    readonly repository: string;
    readonly before: number;
    readonly limit: number;
    readonly at: number;
  },
): Promise<ContentsRemoved> {
  const { repository, before, limit, at } = given;
  await lockContents(tx, repository);
  await listContents(tx, repository);
  const found = await stale(tx, before)
    .select("c.digest")
    .where("c.repository", "=", repository)
    .orderBy("c.digest")
    .limit(limit)
    .execute();
  const digests = found.map(({ digest }) => digest);
  if (digests.length === 0) return { changes: 0, bytes: 0 };
  const inputs = await tx
    .deleteFrom("change_contents")
    .where("digest", "in", digests)
    .returning(sql<number>`octet_length(input)::bigint + octet_length(left_out)`.as("bytes"))
    .execute();
  const uses = await tx
    .deleteFrom("content_use")
    .where("digest", "in", digests)
    .returning("sha256")
    .execute();
  const unused = [...new Set(uses.map(({ sha256 }) => sha256))];
  const { rows: blobs } = await sql<{ readonly bytes: number }>`
    delete from content_blob b
    where b.repository = ${repository} and b.sha256 = any(${unused}::text[])
      and not exists (
        select 1 from content_use u where u.repository = b.repository and u.sha256 = b.sha256)
    returning octet_length(b.bytes)::bigint as bytes`.execute(tx);
  await tx
    .insertInto("content_gone")
    .values(digests.map((digest) => ({ digest, at })))
    .onConflict((same) => same.column("digest").doUpdateSet({ at }))
    .execute();
  const bytes = [...inputs, ...blobs].reduce((sum, row) => sum + row.bytes, 0);
  await addUsage(tx, repository, -bytes);
  await addUsage(tx, ALL, -bytes);
  return { changes: digests.length, bytes };
}

/** Forgets what was sent on days that no limit asks about any more. */
export async function forgetSent(tx: Transaction, now: number): Promise<void> {
  await tx
    .deleteFrom("content_sent")
    .where("day", "<", Math.floor(now / DAY_MS) - 1)
    .execute();
}
