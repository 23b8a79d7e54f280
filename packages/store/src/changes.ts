// SPDX-License-Identifier: Apache-2.0
import { type Digest, isDigest } from "@interlock/digest";
import { type Selectable, sql } from "kysely";
import type { Database } from "./driver.ts";
import type { Tables } from "./tables.ts";
import type { Transaction } from "./transaction.ts";

/** One content on its way to one place, with its newest decision. */
export type StoredChange = {
  readonly id: string;
  readonly repository: string;
  readonly target: string;
  readonly environment: string;
  /** `null` where nobody could read the whole change. */
  readonly digest: Digest | null;
  readonly base: string;
  readonly head: string;
  /** Tree of the merge result. */
  readonly merge: string;
  readonly subject: string;
  /** Milliseconds since 1970, as all times here. */
  readonly firstSeenAt: number;
  readonly judgedAt: number;
  readonly decisionIndex: number;
  readonly outcome: string;
  readonly effective: string;
  /** Digests of the rules that applied. */
  readonly rules: readonly string[];
  readonly review: StoredReview;
};

/** What people are told of the newest decision without reading it. */
export type StoredReview = {
  /** Persons where they are known, else accounts. */
  readonly authors: readonly string[];
  readonly files: number;
  /** Approvals, at the most demanding of the enforced rules. */
  readonly wanted: number;
  /** Persons whose approvals could count, sorted; `reviewersMore`: and others who had no part in it. */
  readonly reviewers: readonly string[];
  readonly reviewersMore: boolean;
  /** Persons who had a part in it. */
  readonly barred: readonly string[];
  /** Parts per million, as first measured; `null`: nobody measured it. */
  readonly risk: number | null;
};

/** What `replay` takes; `null` once erased. */
export type StoredDecision = {
  readonly index: number;
  readonly change: string;
  /** Id of the ledger entry. */
  readonly entry: string;
  readonly at: number;
  /** A decision record as canonical JSON, with the salt of its facts. */
  readonly record: { readonly text: string; readonly factsSalt: Uint8Array } | null;
};

export const SIGNED_KINDS = [
  "approval",
  "rejection",
  "withdrawal",
  "override",
  "debt-review",
] as const;
export type SignedKind = (typeof SIGNED_KINDS)[number];

/** A signed statement, as its ledger entry says. */
export type StoredSigned = {
  readonly index: number;
  readonly entry: string;
  readonly kind: SignedKind;
  readonly change: string;
  readonly digest: string;
  readonly person: string;
  /** Id of the entry that enrolled the key. */
  readonly enrolment: string;
  /** Canonical JSON. */
  readonly statement: string;
  readonly reason: string | null;
  readonly at: number;
  readonly expiresAt: number;
  readonly endedIndex: number | null;
};

export async function changeById(db: Database, id: string): Promise<StoredChange | null> {
  const row = await db.selectFrom("change").selectAll().where("id", "=", id).executeTakeFirst();
  return row === undefined ? null : changeOf(row);
}

export async function decisionAt(db: Database, index: number): Promise<StoredDecision | null> {
  const row = await db
    .selectFrom("decision")
    .selectAll()
    .where("index", "=", index)
    .executeTakeFirst();
  if (row === undefined) return null;
  const { change, entry, at, record, facts_salt } = row;
  const kept =
    record === null || facts_salt === null ? null : { text: record, factsSalt: facts_salt };
  return { index, change, entry, at, record: kept };
}

/** Every signature about a content, wherever it was to land, oldest first. */
export async function signedAbout(db: Database, digest: string): Promise<readonly StoredSigned[]> {
  const rows = await db
    .selectFrom("signed")
    .selectAll()
    .where("digest", "=", digest)
    .orderBy("index")
    .execute();
  return rows.map(({ expires_at, ended_index, ...row }) => ({
    ...row,
    kind: row.kind,
    expiresAt: expires_at,
    endedIndex: ended_index,
  }));
}

/** Digests of the contents that people signed overrides for, those of the newest ones first. */
export async function overriddenContents(db: Database, limit: number): Promise<readonly string[]> {
  const rows = await db
    .selectFrom("signed")
    .select((all) => ["digest", all.fn.max("index").as("newest")])
    .where("kind", "=", "override")
    .groupBy("digest")
    .orderBy("newest", "desc")
    .limit(limit)
    .execute();
  return rows.map(({ digest }) => digest);
}

/** Messages of changes, by their ids; those that are not known are left out. */
export async function changeTitles(
  db: Database,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom("change")
    .select(["id", "subject"])
    .where("id", "in", [...ids])
    .execute();
  return new Map(rows.map(({ id, subject }) => [id, subject]));
}

export async function saveSigned(tx: Transaction, signed: StoredSigned): Promise<void> {
  const { expiresAt, endedIndex, ...row } = signed;
  await tx
    .insertInto("signed")
    .values({ ...row, expires_at: expiresAt, ended_index: endedIndex })
    .execute();
}

/** Ends statements that stand; the entry that does it stays. */
export async function endSigned(
  tx: Transaction,
  { indexes, by }: { readonly indexes: readonly number[]; readonly by: number },
): Promise<void> {
  if (indexes.length === 0) return;
  await tx
    .updateTable("signed")
    .set({ ended_index: by })
    .where("index", "in", [...indexes])
    .where("ended_index", "is", null)
    .execute();
}

/** A statement that waits for its signature. */
export type Asked = {
  /** 32 random bytes. */
  readonly nonce: Uint8Array;
  readonly person: string;
  readonly change: string;
  /** Canonical JSON. */
  readonly statement: string;
  readonly reason: string | null;
  readonly expiresAt: number;
};

/** Keeps a question; what nobody answered in time goes. */
export async function saveAsked(tx: Transaction, asked: Asked, now: number): Promise<void> {
  await tx.deleteFrom("asked").where("expires_at", "<=", now).execute();
  const { nonce, expiresAt, ...row } = asked;
  await tx
    .insertInto("asked")
    .values({ ...row, nonce: Buffer.from(nonce), expires_at: expiresAt })
    .execute();
}

/** Reads without taking: an assertion that does not verify leaves the statement to be signed again. */
export async function readAsked(db: Database, nonce: Uint8Array): Promise<Asked | null> {
  const row = await db
    .selectFrom("asked")
    .selectAll()
    .where("nonce", "=", Buffer.from(nonce))
    .executeTakeFirst();
  if (row === undefined) return null;
  const { expires_at, ...asked } = row;
  return { ...asked, expiresAt: expires_at };
}

/** Takes a question away: INVARIANT (used-once): two transactions never both get the same one. */
export async function takeAsked(tx: Transaction, nonce: Uint8Array): Promise<Asked | null> {
  const row = await tx
    .deleteFrom("asked")
    .where("nonce", "=", Buffer.from(nonce))
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) return null;
  const { expires_at, ...asked } = row;
  return { ...asked, expiresAt: expires_at };
}

/** The index of the newest entry of some kinds after an index, or -1. */
export async function newestOf(
  db: Database,
  given: { readonly after: number; readonly kinds: readonly string[] },
): Promise<number> {
  const { rows } = await sql<{ readonly newest: number | null }>`
    select max(index) as newest from ledger_entry
    where index > ${given.after} and kind = any(${[...given.kinds]}::text[])`.execute(db);
  return rows[0]?.newest ?? -1;
}

export type ChangeRow = Selectable<Tables["change"]>;

export function changeOf(row: ChangeRow): StoredChange {
  const { first_seen_at, judged_at, decision_index, digest, ...own } = row;
  const { authors, files, wanted, reviewers, reviewers_more, barred, risk, ...rest } = own;
  return {
    ...rest,
    digest: isDigest(digest) ? digest : null,
    firstSeenAt: first_seen_at,
    judgedAt: judged_at,
    decisionIndex: decision_index,
    review: { authors, files, wanted, reviewers, reviewersMore: reviewers_more, barred, risk },
  };
}
