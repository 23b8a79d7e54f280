// SPDX-License-Identifier: Apache-2.0
import { sql } from "kysely";
import type { StoredChange, StoredDecision } from "./changes.ts";
import { plain } from "./driver.ts";
import type { Result } from "./failure.ts";
import { appendWith, bytes, type NewEntry } from "./ledger.ts";
import type { Transaction } from "./transaction.ts";

/** A decision with its entry; its index is known only then. */
export type DecisionToAppend = {
  readonly entry: NewEntry;
  readonly change: Omit<StoredChange, "decisionIndex">;
  readonly decision: Omit<StoredDecision, "index">;
  /** It was judged where it lands: a ref that is seen at its head later shows that it has landed. */
  readonly arriving: boolean;
};

/**
 * Appends decisions and what follows from them, with the rows that show them, in one statement: the
 * head is locked as short as can be. Gives the indexes of the decisions; the further entries come after.
 */
export async function appendDecisions(
  tx: Transaction,
  decisions: readonly DecisionToAppend[],
  further: readonly NewEntry[],
): Promise<Result<readonly number[]>> {
  const entries = [...decisions.map(({ entry }) => entry), ...further];
  const appended = await appendWith(
    tx,
    entries,
    sql`${recordParts(decisions)}${changeParts(decisions)}${headParts(decisions)}`,
  );
  return appended.ok ? { ok: true, value: appended.value.slice(0, decisions.length) } : appended;
}

/** Texts of records are long: as an array they are written out once, in JSON they would be quoted twice. */
function recordParts(all: readonly DecisionToAppend[]) {
  const column = <T>(of: (decision: DecisionToAppend["decision"]) => T): T[] =>
    all.map(({ decision }) => of(decision));
  return sql`, record as (
      insert into decision (index, change, entry, at, record, facts_salt)
      select head.first + r.place - 1, r.change, r.entry, r.at, r.record, r.facts_salt
      from head, unnest(
        ${column(({ change }) => change)}::text[],
        ${column(({ entry }) => entry)}::text[],
        ${column(({ at }) => at)}::bigint[],
        ${column(({ record }) => record?.text ?? null)}::text[],
        ${column(({ record }) => (record === null ? null : bytes(record.factsSalt)))}::bytea[]
      ) with ordinality as r(change, entry, at, record, facts_salt, place)
    )`;
}

/**
 * When a change was first seen stays, and so does its risk: the queue is sorted by them. by (steady
 * pages)
 */
function changeParts(all: readonly DecisionToAppend[]) {
  // One statement writes a row once: of a change that is there several times the newest counts.
  const newest = new Map(all.map(({ change }, place) => [change.id, { ...change, place }]));
  const rows = [...newest.values()].map(({ review: { reviewersMore, ...review }, ...change }) => ({
    ...change,
    ...review,
    ...{ reviewers_more: reviewersMore },
    ...{ first_seen_at: change.firstSeenAt, judged_at: change.judgedAt },
  }));
  return sql`, changed as (
      insert into change (id, repository, target, environment, digest, base, head, merge, subject,
        first_seen_at, judged_at, decision_index, outcome, effective, rules, authors, files, wanted,
        reviewers, reviewers_more, barred, risk)
      select c.id, c.repository, c.target, c.environment, c.digest, c.base, c.head, c.merge, c.subject,
        c.first_seen_at, c.judged_at, head.first + c.place, c.outcome, c.effective, c.rules, c.authors,
        c.files, c.wanted, c.reviewers, c.reviewers_more, c.barred, c.risk
      from head, json_to_recordset(${JSON.stringify(rows)}::json) as c(
        place bigint, id text, repository text, target text, environment text, digest text, base text,
        head text, merge text, subject text, first_seen_at bigint, judged_at bigint, outcome text,
        effective text, rules text[], authors text[], files int, wanted int, reviewers text[],
        reviewers_more boolean, barred text[], risk int)
      on conflict (id) do update set
        base = excluded.base, head = excluded.head, merge = excluded.merge,
        subject = excluded.subject, outcome = excluded.outcome, effective = excluded.effective,
        judged_at = excluded.judged_at, decision_index = excluded.decision_index,
        rules = excluded.rules, authors = excluded.authors, files = excluded.files,
        wanted = excluded.wanted, reviewers = excluded.reviewers,
        reviewers_more = excluded.reviewers_more, barred = excluded.barred
    )`;
}

/** Of a commit and a change that are there several times the newest counts, as of changes. */
function headParts(all: readonly DecisionToAppend[]) {
  const newest = new Map(
    all.flatMap(({ change: { id, head, judgedAt: at }, arriving }, place) =>
      arriving ? [[`${head} ${id}`, { head, id, at, place }] as const] : [],
    ),
  );
  const rows = [...newest.values()];
  if (rows.length === 0) return sql``;
  return sql`, arriving as (
      insert into judged_head (head, change, index, at)
      select h.head, h.change, head.first + h.place, h.at
      from head, unnest(
        ${rows.map(({ head }) => head)}::text[], ${rows.map(({ id }) => id)}::text[],
        ${rows.map(({ at }) => at)}::bigint[], ${rows.map(({ place }) => place)}::bigint[]
      ) as h(head, change, at, place)
      on conflict (head, change) do update set index = excluded.index, at = excluded.at
    )`;
}

const WORD = /^[a-z][a-z0-9-]{0,63}$/;

/** What was committed before the head was locked. */
export type AtHead = {
  /** Index of the newest entry of the kinds that were asked for, or -1. */
  readonly newest: number;
  /** The version that the database asks for at least. */
  readonly minSafeVersion: number;
};

/**
 * Takes the head's lock and looks for entries of some kinds after an index: until the transaction ends
 * none is appended. For `read committed` alone, where the second statement sees what was committed
 * while the first one waited.
 */
export async function lockHeadAfter(
  tx: Transaction,
  { after, kinds }: { readonly after: number; readonly kinds: readonly string[] },
): Promise<AtHead> {
  // Written out, since statements that go together take no parameters.
  if (!Number.isSafeInteger(after) || !kinds.every((kind) => WORD.test(kind)))
    throw new Error("invariant broken: an index and words are asked for");
  const { rows } = await tx.executeQuery<{ readonly [K in keyof AtHead]: number | null }>(
    plain(`
      select next_index from ledger_head where one for update;
      select max(index) as newest,
        (select max(min_safe_version) from schema_migration) as "minSafeVersion"
      from ledger_entry
      where index > ${after} and kind in (${kinds.map((kind) => `'${kind}'`).join(", ")})`),
  );
  return { newest: rows[0]?.newest ?? -1, minSafeVersion: rows[0]?.minSafeVersion ?? 0 };
}
