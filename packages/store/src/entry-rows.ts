// SPDX-License-Identifier: Apache-2.0
import { sql } from "kysely";
import type { Database } from "./driver.ts";

/** An entry of the ledger with what it is about. */
export type EntryListed = {
  readonly index: number;
  /** Its id, in hexadecimal. */
  readonly entry: string;
  readonly kind: string;
  readonly at: number;
  readonly change: string | null;
  /** Of that change. */
  readonly subject: string | null;
  readonly person: string | null;
};

const LISTED = sql`
  select e.index, encode(e.leaf_hash, 'hex') as entry, e.kind, e.at,
    coalesce(d.change, s.change) as change, c.subject, s.person
  from ledger_entry e
  left join decision d on d.index = e.index
  left join signed s on s.index = e.index
  left join change c on c.id = coalesce(d.change, s.change)`;

/** Entries before an index, newest first. */
export async function entriesBefore(
  db: Database,
  { before, limit }: { readonly before: number; readonly limit: number },
): Promise<readonly EntryListed[]> {
  const { rows } = await sql<EntryListed>`
    ${LISTED} where e.index < ${before} order by e.index desc limit ${limit}`.execute(db);
  return rows;
}

export async function entryListed(db: Database, index: number): Promise<EntryListed | null> {
  const { rows } = await sql<EntryListed>`${LISTED} where e.index = ${index}`.execute(db);
  return rows[0] ?? null;
}
