// SPDX-License-Identifier: Apache-2.0
import { type RawBuilder, sql } from "kysely";
import { type ChangeRow, changeOf, type StoredChange } from "./changes.ts";
import type { Database } from "./driver.ts";

/** A change in the queue of a person, with what people signed since it was judged. */
export type QueueRow = {
  readonly change: StoredChange;
  /** Persons whose approvals stand and could count. */
  readonly given: number;
  /** Persons whose rejections stand. */
  readonly rejected: number;
  /** What the asking person said and did not take back. */
  readonly mine: "approval" | "rejection" | null;
};

export type QueueFilter = {
  readonly effective: string | null;
  readonly repository: string | null;
  readonly target: string | null;
  /** Held, an approval is missing, and this person may give it and has not. */
  readonly waiting: boolean;
  /** This person is an author of it. */
  readonly own: boolean;
};

/**
 * After which row to go on. INVARIANT (steady pages): rows are sorted by what never changes of them,
 * so that walking through all pages meets no change twice and passes none over.
 */
export type QueuePlace =
  | { readonly order: "newest"; readonly firstSeenAt: number; readonly id: string }
  | { readonly order: "risk"; readonly risk: number | null; readonly id: string };

export type QueueQuery = QueueFilter & {
  readonly person: string;
  readonly now: number;
  readonly order: QueuePlace["order"];
  readonly after: QueuePlace | null;
  readonly limit: number;
};

type Row = ChangeRow & {
  readonly given: number;
  readonly rejected: number;
  readonly mine: "approval" | "rejection" | null;
};

/** A page of the queue; newest is by when a change was first seen. */
export async function queuePage(db: Database, query: QueueQuery): Promise<readonly QueueRow[]> {
  const order =
    query.order === "newest"
      ? sql`c.first_seen_at desc, c.id`
      : sql`coalesce(c.risk, -1) desc, c.id`;
  const { rows } = await sql<Row>`
    select c.*, ${COUNTED} ${from(query)}
      and ${behind(query.after)}
    order by ${order} limit ${query.limit}`.execute(db);
  return rows.map(({ given, rejected, mine, ...row }) => ({
    change: changeOf(row),
    ...{ given, rejected, mine },
  }));
}

/** Counted no further: "more than" is all that a page says then. */
export const QUEUE_COUNTED = 1_000;

/** How many changes a filter leaves, up to `QUEUE_COUNTED`. */
export async function queueSize(
  db: Database,
  query: Omit<QueueQuery, "order" | "after" | "limit">,
): Promise<number> {
  const { rows } = await sql<{ readonly count: number }>`
    select count(*) as count from (select 1 ${from(query)} limit ${QUEUE_COUNTED}) as found`.execute(
    db,
  );
  return rows[0]?.count ?? 0;
}

/** What people said about one change since it was judged. */
export async function standingOf(
  db: Database,
  { id, person, now }: { readonly id: string; readonly person: string; readonly now: number },
): Promise<Omit<QueueRow, "change"> | null> {
  const { rows } = await sql<Omit<QueueRow, "change">>`
    select ${COUNTED} from change c
    left join lateral (${signatures({ person, now })}) s on true
    where c.id = ${id}`.execute(db);
  return rows[0] ?? null;
}

type Asking = { readonly person: string; readonly now: number };

const COUNTED = sql`s.given::int as given, s.rejected::int as rejected, s.mine as mine`;

/**
 * Approvals of this very change since it had landed when it was judged, under all rules that applied, by persons whose
 * approvals can count; rejections of its content wherever it was to land, as the gate reads them.
 */
const signatures = ({ person, now }: Asking): RawBuilder<unknown> => sql`
  select
    count(distinct g.person) filter (where g.kind = 'approval' and g.change = c.id
      and g.expires_at > ${now} and (g.statement::jsonb -> 'rules') @> to_jsonb(c.rules)
      and not g.person = any(c.barred)
      and (c.reviewers_more or g.person = any(c.reviewers))) as given,
    count(distinct g.person) filter (where g.kind = 'rejection') as rejected,
    max(g.kind) filter (where g.person = ${person} and (g.kind = 'rejection'
      or (g.change = c.id and g.expires_at > ${now}
        and (g.statement::jsonb -> 'rules') @> to_jsonb(c.rules)))) as mine
  from signed g
  where g.digest = c.digest and g.ended_index is null
    and (g.kind = 'rejection' or (g.kind = 'approval' and g.index > coalesce((
      select max(l.index) from ledger_entry l where l.subject = c.digest and l.kind = 'landed'
        and l.index < c.decision_index), -1)))`;

function from(query: QueueFilter & Asking): RawBuilder<unknown> {
  const { effective, repository, target, waiting, own, person } = query;
  const conditions = [
    ...(effective === null ? [] : [sql`c.effective = ${effective}`]),
    ...(repository === null ? [] : [sql`c.repository = ${repository}`]),
    ...(target === null ? [] : [sql`c.target = ${target}`]),
    ...(own ? [sql`${person} = any(c.authors)`] : []),
    ...(waiting
      ? [
          sql`c.effective = 'hold' and c.wanted > s.given and s.mine is null
            and not ${person} = any(c.barred)
            and (c.reviewers_more or ${person} = any(c.reviewers))`,
        ]
      : []),
  ];
  const where = conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `);
  return sql`from change c left join lateral (${signatures(query)}) s on true where ${where}`;
}

function behind(after: QueuePlace | null): RawBuilder<unknown> {
  if (after === null) return sql`true`;
  if (after.order === "newest")
    return sql`(c.first_seen_at < ${after.firstSeenAt}
      or (c.first_seen_at = ${after.firstSeenAt} and c.id > ${after.id}))`;
  const risk = after.risk ?? -1;
  return sql`(coalesce(c.risk, -1) < ${risk} or (coalesce(c.risk, -1) = ${risk} and c.id > ${after.id}))`;
}
