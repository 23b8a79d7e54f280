// SPDX-License-Identifier: Apache-2.0
import { sql } from "kysely";
import { listContents } from "./content-quota.ts";
import type { Database } from "./driver.ts";
import type { Transaction } from "./transaction.ts";

/** What a change digest is made of, and which of its contents are here. */
export type StoredContents = {
  readonly digest: string;
  readonly repository: string;
  /** Canonical JSON. */
  readonly input: string;
  /** JSON. */
  readonly leftOut: string;
  /** SHA-256 of contents that are still to come, sorted. */
  readonly missing: readonly string[];
  readonly storedAt: number;
};

export async function contentsOf(db: Database, digest: string): Promise<StoredContents | null> {
  const row = await db
    .selectFrom("change_contents")
    .selectAll()
    .where("digest", "=", digest)
    .executeTakeFirst();
  if (row === undefined) return null;
  const { left_out, stored_at, bytes: _sum, listed: _listed, ...rest } = row;
  return { ...rest, leftOut: left_out, storedAt: stored_at };
}

/** Whether all that was to be kept of each change is here; `null`: nothing of it was sent. */
export async function contentsHeld(
  db: Database,
  digests: readonly string[],
): Promise<readonly (boolean | null)[]> {
  const rows = await db
    .selectFrom("change_contents")
    .select(["digest", "missing"])
    .where(sql<boolean>`digest = any(${[...digests]}::text[])`)
    .execute();
  const held = new Map(rows.map(({ digest, missing }) => [digest, missing.length === 0]));
  return digests.map((digest) => held.get(digest) ?? null);
}

/** Writes what a change is made of; sent again, what was left out and what is missing is replaced. */
export async function saveContents(tx: Transaction, contents: StoredContents): Promise<void> {
  const { leftOut: left_out, storedAt: stored_at, missing, ...rest } = contents;
  await tx
    .insertInto("change_contents")
    .values({ ...rest, left_out, stored_at, missing: [...missing], bytes: 0 })
    .onConflict((same) =>
      same.column("digest").doUpdateSet({ left_out, stored_at, missing: [...missing] }),
    )
    .execute();
  await listContents(tx, contents.repository);
  await tx.deleteFrom("content_gone").where("digest", "=", contents.digest).execute();
}

/** Which of some contents a repository has here. */
export async function blobsHeld(
  db: Database,
  repository: string,
  wanted: readonly string[],
): Promise<ReadonlySet<string>> {
  if (wanted.length === 0) return new Set();
  const rows = await db
    .selectFrom("content_blob")
    .select("sha256")
    .where("repository", "=", repository)
    .where(sql<boolean>`sha256 = any(${[...wanted]}::text[])`)
    .execute();
  return new Set(rows.map(({ sha256 }) => sha256));
}

export type StoredBlob = { readonly sha256: string; readonly bytes: Uint8Array };

/** Stores contents under their SHA-256; one that is there already stays. */
export async function saveBlobs(
  tx: Transaction,
  repository: string,
  blobs: readonly StoredBlob[],
): Promise<void> {
  if (blobs.length === 0) return;
  await tx
    .insertInto("content_blob")
    .values(blobs.map(({ sha256, bytes }) => ({ repository, sha256, bytes: Buffer.from(bytes) })))
    .onConflict((same) => same.columns(["repository", "sha256"]).doNothing())
    .execute();
}

/** What is still to come of a change, read for update: whoever else adds to it waits. */
export async function missingOf(
  tx: Transaction,
  digest: string,
): Promise<readonly string[] | null> {
  const row = await tx
    .selectFrom("change_contents")
    .select("missing")
    .where("digest", "=", digest)
    .forUpdate()
    .executeTakeFirst();
  return row?.missing ?? null;
}

/** What is left to come, after so many bytes more were stored. */
export async function setMissing(
  tx: Transaction,
  digest: string,
  { missing, more }: { readonly missing: readonly string[]; readonly more: number },
): Promise<void> {
  await tx
    .updateTable("change_contents")
    .set(({ eb }) => ({ missing: [...missing], bytes: eb("bytes", "+", more) }))
    .where("digest", "=", digest)
    .execute();
}

/** How many bytes were stored for a change. */
export async function bytesHeld(db: Database, digest: string): Promise<number> {
  const row = await db
    .selectFrom("change_contents")
    .select("bytes")
    .where("digest", "=", digest)
    .executeTakeFirst();
  return row?.bytes ?? 0;
}

export async function blobOf(
  db: Database,
  repository: string,
  sha256: string,
): Promise<Uint8Array | null> {
  const row = await db
    .selectFrom("content_blob")
    .select("bytes")
    .where("repository", "=", repository)
    .where("sha256", "=", sha256)
    .executeTakeFirst();
  return row?.bytes ?? null;
}
