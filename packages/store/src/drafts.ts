// SPDX-License-Identifier: Apache-2.0
import { sql } from "kysely";
import type { Database } from "./driver.ts";
import type { Transaction } from "./transaction.ts";

/** A document that a person writes; it is theirs alone. */
export type DraftRow = {
  readonly id: string;
  readonly person: string;
  /** Id of the change that it is for; empty where there is none yet. */
  readonly change: string;
  readonly title: string;
  readonly text: string;
  /** Of the text, from 1. */
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly changedAt: number;
};

const COLUMNS = [
  "id",
  "person",
  "change",
  "title",
  "text",
  "version",
  "changed_at as changedAt",
] as const;

/** A draft, whosever it is; in a transaction nobody else changes it meanwhile. */
export async function draftById(db: Database, id: string): Promise<DraftRow | null> {
  const row = await db
    .selectFrom("document_draft")
    .select([...COLUMNS])
    .where("id", "=", id)
    .executeTakeFirst();
  return row ?? null;
}

/** The drafts of a person without their texts, those changed last first. */
export async function draftsOf(
  db: Database,
  person: string,
): Promise<readonly Omit<DraftRow, "text">[]> {
  return await db
    .selectFrom("document_draft")
    .select(["id", "person", "change", "title", "version", "changed_at as changedAt"])
    .where("person", "=", person)
    .orderBy("changed_at", "desc")
    .orderBy("id")
    .execute();
}

/** How many drafts a person has. */
export async function draftCount(db: Database, person: string): Promise<number> {
  const row = await db
    .selectFrom("document_draft")
    .select(sql<number>`count(*)::int`.as("count"))
    .where("person", "=", person)
    .executeTakeFirstOrThrow();
  return row.count;
}

/** Puts a draft in the place of the one with its id, which the caller has looked at in `tx`. */
export async function putDraft(tx: Transaction, draft: DraftRow): Promise<void> {
  const { id, person, changedAt: changed_at, ...rest } = draft;
  await tx
    .insertInto("document_draft")
    .values({ id, person, changed_at, ...rest })
    .onConflict((same) => same.column("id").doUpdateSet({ changed_at, ...rest }))
    .execute();
}

/** Removes a draft of a person; gives whether there was one. */
export async function dropDraft(
  db: Database,
  { id, person }: Pick<DraftRow, "id" | "person">,
): Promise<boolean> {
  const gone = await db
    .deleteFrom("document_draft")
    .where("id", "=", id)
    .where("person", "=", person)
    .executeTakeFirst();
  return gone.numDeletedRows > 0n;
}
