// SPDX-License-Identifier: Apache-2.0
/** Which contents landed that people signed for. The ledger alone says that one did. */
import { type RawBuilder, sql } from "kysely";
import { SIGNED_KINDS } from "./changes.ts";
import type { Database } from "./driver.ts";
import { type EntryRow, storedEntryOf } from "./entries.ts";
import type { StoredEntry } from "./ledger.ts";
import type { Transaction } from "./transaction.ts";

/** What says how signatures about a content stand: themselves, and that it landed. */
export const HEARD_KINDS = [...SIGNED_KINDS, "landed"] as const;

/** A ref seen at a commit. */
export type Sighting = {
  readonly repository: string;
  readonly target: string;
  readonly tip: string;
};

/** One tip is that of few contents: of one, judged from several bases. */
const LANDINGS_MAX = 20;

/** Of a content, how far the ledger says that it landed. */
const landedUpTo = (digest: RawBuilder<unknown>): RawBuilder<number> =>
  sql<number>`coalesce((select max(l.index) from ledger_entry l
    where l.subject = ${digest} and l.kind = 'landed'), -1)`;

const signedAfter = (digest: RawBuilder<unknown>): RawBuilder<boolean> =>
  sql<boolean>`coalesce((select max(a.index) from ledger_entry a where a.subject = ${digest}
    and a.kind in ('approval', 'override')), -1) > ${landedUpTo(digest)}`;

/**
 * Indexes of the newest decisions upon contents that were judged with the commit at which a ref is seen
 * now, and so have landed since: those that people signed for and of which the ledger does not say so.
 *
 * INVARIANT (steady plans): it begins at the commit, whatever the statistics say. Joined as the planner
 * likes, every decision read all changes of a target as soon as the tables were analysed.
 */
export const landingsSeen = (
  of: Readonly<Record<keyof Sighting, RawBuilder<unknown>>>,
): RawBuilder<{ readonly index: number }> => sql<{ readonly index: number }>`
  select j.index
  from (select h.index, h.change from judged_head h where h.head = ${of.tip} offset 0) j
    cross join lateral (select c.digest from change c where c.id = j.change
      and c.repository = ${of.repository} and c.target = ${of.target} offset 0) c
  where j.index > ${landedUpTo(sql`c.digest`)} and ${signedAfter(sql`c.digest`)}
  order by j.index desc limit ${LANDINGS_MAX}`;

/** The decisions of `landingsSeen`, as entries. */
export async function landingsAt(
  db: Database,
  { repository, target, tip }: Sighting,
): Promise<readonly StoredEntry[]> {
  const of = { repository: sql`${repository}`, target: sql`${target}`, tip: sql`${tip}` };
  const { rows } = await sql<EntryRow>`
    select e.index, e.leaf, e.leaf_hash, e.kind, e.subject, e.at, b.salt, b.body, b.erased_at,
      b.erased_reason_index
    from (${landingsSeen(of)}) f join ledger_entry e on e.index = f.index
      left join ledger_body b on b.index = f.index
    order by e.index`.execute(db);
  return rows.map(storedEntryOf);
}

/** What is known of a content that somebody says has landed with a commit. */
export type LandingKnown = {
  /** People signed for it after it landed last, as far as the ledger says. */
  readonly signed: boolean;
  /** Index of the newest decision upon it with this commit; `null`: there is none. */
  readonly judged: number | null;
  /** The ledger says already that it landed after that decision. */
  readonly told: boolean;
};

export async function landingKnown(
  db: Database,
  { digest, head }: { readonly digest: string; readonly head: string },
): Promise<LandingKnown> {
  const about = sql`${digest}::text`;
  const { rows } = await sql<LandingKnown>`
    select ${signedAfter(about)} as signed, j.judged,
      coalesce(j.judged <= ${landedUpTo(about)}, false) as told
    from (select max(h.index) as judged from judged_head h join change c on c.id = h.change
      where h.head = ${head} and c.digest = ${about}) j`.execute(db);
  return rows[0] ?? { signed: false, judged: null, told: false };
}

/** Those of decisions before a time: whatever was signed before them is over. */
export async function forgetJudgedHeads(tx: Transaction, before: number): Promise<void> {
  await tx.deleteFrom("judged_head").where("at", "<", before).execute();
}
