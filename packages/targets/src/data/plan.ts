// SPDX-License-Identifier: Apache-2.0
/** Dry runs: what a fix or an unwind would do, found out by doing a part of it and taking it back. */
import { BY_KEY, batchSql } from "./batch-sql.ts";
import type { Decided } from "./decided.ts";
import { DATA_LIMITS, type DataAnswer, type DataFix, did, type Touched } from "./fix.ts";
import { linesOfImages } from "./journal.ts";
import { literal } from "./names.ts";
import type { Image } from "./rows.ts";
import type { Counts } from "./run-row.ts";
import { failureOf, inTransaction, type Session } from "./session.ts";
import { checkedTable, nameOf, type Table } from "./table.ts";
import { countRows, ONCE, touchedAgain, touchedWrong } from "./touched.ts";
import { added, countsOf, judgedBatch, openUnwind, type UnwindFix } from "./unwind.ts";

export type Sampled = {
  readonly key: Image;
  readonly before: Image | null;
  readonly after: Image | null;
};

export type FixPlan = {
  readonly table: string;
  /** How many rows it touches; one more than the file expects at most where there are more. */
  readonly rows: number;
  /** Orders and money that these rows stand for, where the file says how to count them. */
  readonly touched: Touched | null;
  readonly withinBounds: boolean;
  readonly batches: number;
  readonly sample: readonly Sampled[];
  /** Indexes by which the server finds the rows of a batch; none: it reads the table. */
  readonly indexes: readonly string[];
  /** Locks on tables and indexes that a batch takes. */
  readonly locks: readonly string[];
  /** Of the first batch, by the server's clock. */
  readonly batchMs: number;
  /** All batches like the first, and the pauses between them. */
  readonly estimatedMs: number;
};

/** What the first batch would do, in a transaction that is rolled back; all rows are counted. */
export async function planFix(session: Session, fix: DataFix): Promise<DataAnswer<FixPlan>> {
  try {
    const checked = await checkedTable(session, fix);
    if (!checked.ok) return checked;
    return await inTransaction(session, fix.terms, () => tried(session, checked.value, fix), {
      ...{ keep: false, first: [BY_KEY] },
    });
  } catch (error) {
    return failureOf(error);
  }
}

async function tried(session: Session, table: Table, fix: DataFix): Promise<DataAnswer<FixPlan>> {
  const { statement, terms } = fix;
  const counted = await countRows(session, table, fix);
  if (!counted.ok) return counted;
  // The journal may not be there yet, and a plan needs no right to make it.
  await session.query(
    "create temporary table interlock_planned (batch bigint, skipped int, side text, name text, held text[]) on commit drop",
  );
  const limit = statement.action === "insert" ? statement.rows : terms.batch;
  const sql = batchSql(table, fix).first.replace(
    "insert into interlock_journal.image",
    "insert into interlock_planned",
  );
  const from = await clock(session);
  await session.query(sql, [0, limit]);
  const batchMs = (await clock(session)) - from;
  const { rows: sample } = await session.query<Sampled>(
    `select key, before, after from (${linesOfImages("interlock_planned")}) as line order by number limit $1`,
    [DATA_LIMITS.sample],
  );
  const { rows, touches } = counted.value;
  const batches = Math.max(1, Math.ceil(rows / limit));
  return did({
    ...{ table: nameOf(table), rows, batches, sample, batchMs },
    touched: touches?.touched ?? null,
    withinBounds:
      rows >= terms.expect.min && rows <= terms.expect.max && touchedWrong(terms, touches) === null,
    indexes: await indexesOf(session, sql, limit),
    locks: await locksOf(session, table),
    estimatedMs: batches * batchMs + (batches - 1) * terms.pauseMs,
  });
}

async function clock(session: Session): Promise<number> {
  const { rows } = await session.query<{ now: number }>(
    "select (extract(epoch from clock_timestamp()) * 1000)::float8 as now",
  );
  return rows[0]?.now ?? 0;
}

async function indexesOf(session: Session, sql: string, limit: number): Promise<readonly string[]> {
  const bound = sql.replaceAll("$1", literal("0")).replaceAll("$2", String(limit));
  const { rows } = await session.query<{ "QUERY PLAN": unknown }>(`explain (format json) ${bound}`);
  const found = new Set<string>();
  JSON.stringify(rows, (key, value: unknown) => {
    if (key === "Index Name" && typeof value === "string") found.add(value);
    return value;
  });
  return [...found].sort();
}

async function locksOf(session: Session, { oid }: Table): Promise<readonly string[]> {
  const { rows } = await session.query<{ lock: string }>(
    `select distinct mode || ' on ' || relation::regclass::text as lock from pg_locks
      where pid = pg_backend_pid() and locktype = 'relation' and (relation = $1
        or relation in (select indexrelid from pg_index where indrelid = $1)
        or relation in (select conrelid from pg_constraint where confrelid = $1)) order by 1`,
    [oid],
  );
  return rows.map(({ lock }) => lock);
}

export type UnwindPlanned = {
  readonly table: string;
  readonly change: string;
  readonly rows: number;
  /** Orders and money that the rows of the fix stand for, where its file said how to count them. */
  readonly touched: Touched | null;
  readonly batches: number;
  readonly counts: Counts;
  /** Rows that are not simply restored, the first ones. */
  readonly conflicts: readonly Decided[];
  /** Later fixes, by change, whose choice of rows read what this one wrote: what else they would have chosen nobody can tell. */
  readonly doubtful: readonly string[];
};

const CONFLICTS_SHOWN = 20;

/** What an unwind would do, batch by batch, by the statements that do it, but without writing. */
export async function planDataUnwind(
  session: Session,
  { run, way, terms }: UnwindFix,
): Promise<DataAnswer<UnwindPlanned>> {
  try {
    const opened = await openUnwind(session, { run, way });
    if (!opened.ok) return opened;
    const { of, table, batches, others, runs } = opened.value;
    const touched = await inTransaction(session, terms, () => touchedAgain(session, opened.value), {
      ...{ keep: false, first: ONCE },
    });
    if (!touched.ok) return touched;
    let counts: Counts = {};
    let rows = 0;
    const conflicts: Decided[] = [];
    for (const { id } of batches) {
      const judged = await inTransaction(
        session,
        terms,
        async () => did(await judgedBatch(session, opened.value, { batch: id, write: false })),
        { keep: false },
      );
      if (!judged.ok) return judged;
      counts = added(counts, countsOf(judged.value.clean, judged.value.decided));
      rows += judged.value.rows;
      conflicts.push(...judged.value.decided.slice(0, CONFLICTS_SHOWN - conflicts.length));
    }
    const wrote = new Set(of.columns);
    const doubtful = others.flatMap((id) => {
      const later = runs.get(id);
      if (later === undefined || later.action === "insert") return [];
      const chose = of.action !== "update" || later.reads.where.some((one) => wrote.has(one));
      return chose ? [later.change] : [];
    });
    return did({
      ...{ table: nameOf(table), change: of.change, rows, counts, conflicts },
      ...{ batches: batches.length, touched: touched.value?.touched ?? null },
      doubtful: [...new Set(doubtful)].sort(),
    });
  } catch (error) {
    return failureOf(error);
  }
}
