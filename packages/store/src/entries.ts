// SPDX-License-Identifier: Apache-2.0
import { sql } from "kysely";
import type { Database } from "./driver.ts";
import { MOST_LEAVES, type StoredBody, type StoredEntry } from "./ledger.ts";

/** One entry with its body, or `null` when there is none at this index. */
export async function readEntry(db: Database, index: number): Promise<StoredEntry | null> {
  const [entry] = await entriesWhere(db, (query) => query.where("ledger_entry.index", "=", index));
  return entry ?? null;
}

/** The entries at some indexes, oldest first. */
export async function entriesAt(
  db: Database,
  indexes: readonly number[],
): Promise<readonly StoredEntry[]> {
  return await entriesWhere(db, (query) =>
    query
      .where("ledger_entry.index", "=", sql<number>`any(${[...indexes]}::bigint[])`)
      .orderBy("ledger_entry.index")
      .limit(MOST_LEAVES),
  );
}

/** Entries about a subject, oldest first, from index `from` on. */
export async function entriesAbout(
  db: Database,
  {
    subject,
    from,
    limit,
  }: { readonly subject: string; readonly from: number; readonly limit: number },
): Promise<readonly StoredEntry[]> {
  return await entriesWhere(db, (query) =>
    query
      .where("subject", "=", subject)
      .where("ledger_entry.index", ">=", from)
      .orderBy("ledger_entry.index")
      .limit(Math.min(limit, MOST_LEAVES)),
  );
}

/** Entries of some kinds about a subject, oldest first. */
export async function entriesOfKindsAbout(
  db: Database,
  given: { readonly subject: string; readonly kinds: readonly string[]; readonly limit: number },
): Promise<readonly StoredEntry[]> {
  return await entriesWhere(db, (query) =>
    query
      .where("subject", "=", given.subject)
      .where("kind", "in", [...given.kinds])
      .orderBy("ledger_entry.index")
      .limit(given.limit),
  );
}

/** Entries about a subject, newest first. */
export async function newestAbout(
  db: Database,
  { subject, limit }: { readonly subject: string; readonly limit: number },
): Promise<readonly StoredEntry[]> {
  return await entriesWhere(db, (query) =>
    query.where("subject", "=", subject).orderBy("ledger_entry.index", "desc").limit(limit),
  );
}

/** The kinds of the index `ledger_entry_people`, as its migration has them. */
export const PEOPLE_KINDS = sql`('founding', 'agreement', 'person', 'enrolment', 'revocation',
  'provisioned', 'members', 'teams-claimed', 'emergency-key')`;

/** Entries that say who people are and which keys are theirs, from an index on, oldest first. */
export async function peopleEntries(
  db: Database,
  { from, limit }: { readonly from: number; readonly limit: number },
): Promise<readonly StoredEntry[]> {
  return await entriesWhere(db, (query) =>
    query
      .where("ledger_entry.index", ">=", from)
      .where(sql<boolean>`kind in ${PEOPLE_KINDS}`)
      .orderBy("ledger_entry.index")
      .limit(limit),
  );
}

/** Entries of a kind of the index `ledger_entry_runs`, newest first. */
export async function newestOfKind(
  db: Database,
  {
    kind,
    limit,
    before = Number.MAX_SAFE_INTEGER,
  }: {
    readonly kind: "remedy" | "run";
    readonly limit: number;
    /** Only entries whose index is smaller. */
    readonly before?: number;
  },
): Promise<readonly StoredEntry[]> {
  return await entriesWhere(db, (query) =>
    query
      .where("kind", "=", kind)
      .where("ledger_entry.index", "<", before)
      .orderBy("ledger_entry.index", "desc")
      .limit(limit),
  );
}

/** The kinds of the index `ledger_entry_exceptions`, as its migration has them. */
export const EXCEPTION_KINDS = sql`('incident', 'incident-closed', 'debt', 'debt-review')`;

/** Entries about incidents and debts between two indexes, both included, oldest first. */
export async function exceptionEntries(
  db: Database,
  { from, to, limit }: { readonly from: number; readonly to: number; readonly limit: number },
): Promise<readonly StoredEntry[]> {
  return await entriesWhere(db, (query) =>
    query
      .where("ledger_entry.index", ">=", from)
      .where("ledger_entry.index", "<=", to)
      .where(sql<boolean>`kind in ${EXCEPTION_KINDS}`)
      .orderBy("ledger_entry.index")
      .limit(limit),
  );
}

/** Entries of some kinds from one index to before another, oldest first. */
export async function entriesOfKinds(
  db: Database,
  given: { readonly kinds: readonly string[]; readonly from: number; readonly before: number },
): Promise<readonly StoredEntry[]> {
  return await entriesWhere(db, (query) =>
    query
      .where("ledger_entry.index", ">=", given.from)
      .where("ledger_entry.index", "<", given.before)
      .where("kind", "in", [...given.kinds])
      .orderBy("ledger_entry.index"),
  );
}

const entryQuery = (db: Database) =>
  db
    .selectFrom("ledger_entry")
    .leftJoin("ledger_body", "ledger_body.index", "ledger_entry.index")
    .select(["ledger_entry.index as index", "leaf", "leaf_hash", "kind", "subject", "at"])
    .select(["salt", "body", "erased_at", "erased_reason_index"]);

async function entriesWhere(
  db: Database,
  narrow: (query: ReturnType<typeof entryQuery>) => ReturnType<typeof entryQuery>,
): Promise<readonly StoredEntry[]> {
  const rows = await narrow(entryQuery(db)).execute();
  return rows.map(storedEntryOf);
}

/** An entry's row with that of its body. */
export type EntryRow = BodyRow & {
  readonly index: number;
  readonly leaf: Buffer;
  readonly leaf_hash: Buffer;
  readonly kind: string;
  readonly subject: string | null;
  readonly at: number;
};

export function storedEntryOf({ leaf_hash: leafHash, ...row }: EntryRow): StoredEntry {
  const { index, leaf, kind, subject, at } = row;
  return { index, leaf, leafHash, kind, subject, at, body: bodyOf(row) };
}

type BodyRow = {
  readonly salt: Buffer | null;
  readonly body: string | null;
  readonly erased_at: number | null;
  readonly erased_reason_index: number | null;
};

function bodyOf(row: BodyRow): StoredBody {
  if (row.erased_at !== null && row.erased_reason_index !== null)
    return { kind: "erased", at: row.erased_at, reasonIndex: row.erased_reason_index };
  return row.salt === null || row.body === null
    ? { kind: "none" }
    : { kind: "kept", salt: row.salt, text: row.body };
}
