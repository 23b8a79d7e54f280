// SPDX-License-Identifier: Apache-2.0
/** Carries out a data fix, a batch a transaction; killed anywhere, it goes on with the next batch. */
import { setTimeout as sleep } from "node:timers/promises";
import { type BatchSql, batchSql } from "./batch-sql.ts";
import { type DataAnswer, type DataFix, did, failed, type RunOf } from "./fix.ts";
import { quoted } from "./names.ts";
import { begunRun, type Counts, lockedRun, lockTable, type Reads, type RunRow } from "./run-row.ts";
import { failureOf, inTransaction, type Session } from "./session.ts";
import { checkedTable, imagedBy, nameOf, type Table } from "./table.ts";

export type Progress = {
  readonly rows: number;
  /** How many there will be, as counted before; more may come. */
  readonly expected: number;
  readonly batches: number;
};

export type Ran = {
  /** `stopped`: after a batch, because it was asked to. */
  readonly outcome: "done" | "stopped";
  readonly rows: number;
  readonly batches: number;
  readonly counts: Counts;
};

export type Driving = {
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
};

export type RunGiven = { readonly fix: DataFix; readonly of: RunOf } & Driving;

/** Runs a fix whose entry is durable, or goes on with it; a run that is done says what it did. */
export async function runFix(session: Session, given: RunGiven): Promise<DataAnswer<Ran>> {
  const { fix, of } = given;
  try {
    const checked = await checkedTable(session, fix);
    if (!checked.ok) return checked;
    const table = checked.value;
    const locked = await lockTable(session, table);
    if (!locked.ok) return locked;
    const expected = await inTransaction(session, fix.terms, () => countRows(session, table, fix));
    if (!expected.ok) return expected;
    const begun = await begunRun(session, of, {
      ...{ way: "fix", of: null, action: fix.statement.action, table },
      ...{ columns: imagedBy(table, fix), reads: readsOf(fix) },
    });
    if (!begun.ok) return begun;
    const bound = boundsOf(fix, begun.value.rows + expected.value, begun.value);
    if (bound !== null) return bound;
    const sql = batchSql(table, fix);
    return await batches(session, { ...given, sql, expected: begun.value.rows + expected.value });
  } catch (error) {
    return failureOf(error);
  }
}

export function readsOf({ statement }: Pick<DataFix, "statement">): Reads {
  if (statement.action === "insert") return { where: [], columns: {} };
  if (statement.action === "delete") return { where: statement.whereReads, columns: {} };
  return {
    where: statement.whereReads,
    columns: Object.fromEntries(
      statement.columns.map(({ column, reads, adds }) => [column, { reads, adds }]),
    ),
  };
}

/**
 * How many rows it would touch; looked at no further than just over the bound. Of a run that was
 * interrupted, those that it has not come to.
 */
export async function countRows(
  session: Session,
  table: Table,
  { statement, terms }: DataFix,
): Promise<DataAnswer<number>> {
  if (statement.action === "insert") return did(statement.rows);
  const name = quoted(statement.alias ?? statement.table);
  const { rows } = await session.query<{ count: number }>(
    `select count(*)::int as count from (select 1 from ${nameOf(table)} as ${name}
     where (\n${statement.where}\n) limit $1) as interlock_some`,
    [terms.expect.max + 1],
  );
  return did(rows[0]?.count ?? 0);
}

/** Of a run that goes on the rest is not known: what it wrote may fit its own condition still. */
function boundsOf(
  { terms: { expect } }: DataFix,
  rows: number,
  row: RunRow,
): ReturnType<typeof failed> | null {
  if (row.batches > 0 || row.finishedAt !== null) return null;
  if (rows > expect.max)
    return failed(
      "INPUT_INVALID",
      `it would touch more than the ${expect.max} rows that the file expects`,
      "nothing was written; look at the condition, or at what is expected",
    );
  return rows >= expect.min
    ? null
    : failed(
        "INPUT_INVALID",
        `it would touch ${rows} rows, and the file expects ${expect.min} at least`,
        "nothing was written; look at the condition, or at what is expected",
      );
}

type Loop = RunGiven & { readonly sql: BatchSql; readonly expected: number };

async function batches(session: Session, loop: Loop): Promise<DataAnswer<Ran>> {
  const { fix, of, signal, onProgress, expected } = loop;
  for (;;) {
    const done = await inTransaction(session, fix.terms, () => oneBatch(session, loop));
    if (!done.ok) return done;
    const { row, more } = done.value;
    const { rows, batches: count, counts } = row;
    onProgress?.({ rows, batches: count, expected: Math.max(expected, rows) });
    const at = { rows, batches: count, counts };
    if (!more) return await finished(session, { fix, of, at });
    if (signal?.aborted === true) return did({ outcome: "stopped", ...at });
    await sleep(fix.terms.pauseMs);
  }
}

type Stepped = { readonly row: RunRow; readonly more: boolean };

type Batched = { picked: number; rows: number; last: unknown };

/** One transaction: images, change and the run's place are there together or not at all. */
async function oneBatch(session: Session, loop: Loop): Promise<DataAnswer<Stepped>> {
  const { fix, of, sql } = loop;
  const { terms, statement } = fix;
  const row = await lockedRun(session, of);
  if (row.finishedAt !== null || (statement.action === "insert" && row.batches > 0))
    return did({ row, more: false });
  const { rows: unwinds } = await session.query(
    "select 1 from interlock_journal.run where of = $1 limit 1",
    [row.id],
  );
  if (unwinds.length > 0)
    return failed(
      "OUT_OF_ORDER",
      "an unwind of this run was begun, so it does not go on",
      "make a new change with the fix",
    );
  const batch = await newBatch(session, row.id, null);
  if (batch === null) throw new Error("invariant broken: a batch of a fix takes nothing back");
  const limit = statement.action === "insert" ? statement.rows : terms.batch;
  const given = row.last === null ? [batch, limit] : [batch, limit, JSON.stringify(row.last)];
  const { rows: said } = await session.query<Batched>(
    row.last === null ? sql.first : sql.next,
    given,
  );
  const { picked, rows, last } = said[0] ?? { picked: 0, rows: 0, last: null };
  // A trigger or a rule kept some from being written: what is not journalled must not be.
  if (picked !== rows)
    return failed(
      "INPUT_INVALID",
      `of ${picked} rows of a batch ${rows} were written`,
      "a trigger or a rule stands in the way; this batch was not written",
    );
  const sum = row.rows + rows;
  if (sum > terms.expect.max)
    return failed(
      "INPUT_INVALID",
      `this batch would bring it to ${sum} rows, and the file expects ${terms.expect.max} at most`,
      `${row.rows} rows were written before it; see \`interlock data unwind\` to take them back`,
    );
  await session.query("update interlock_journal.batch set rows = $2 where id = $1", [batch, rows]);
  await session.query(
    `update interlock_journal.run set last = coalesce($2::jsonb, last), rows = $3, batches = batches + 1
      where id = $1`,
    [row.id, last === null ? null : JSON.stringify(last), sum],
  );
  const next = { ...row, rows: sum, batches: row.batches + 1 };
  return did({ row: next, more: statement.action !== "insert" && rows === limit });
}

/** The number of a new batch; `null`: the run took that one back, or brought it back, before. */
export async function newBatch(
  session: Session,
  run: string,
  undoes: string | null,
): Promise<string | null> {
  const { rows } = await session.query<{ id: string }>(
    `insert into interlock_journal.batch (run, undoes, rows) values ($1, $2, 0)
      on conflict (run, undoes) do nothing returning id::text`,
    [run, undoes],
  );
  return rows[0]?.id ?? null;
}

type Ending = { readonly fix: DataFix; readonly of: RunOf; readonly at: Omit<Ran, "outcome"> };

async function finished(session: Session, { fix, of, at }: Ending): Promise<DataAnswer<Ran>> {
  const { min } = fix.terms.expect;
  if (at.rows < min)
    return failed(
      "INPUT_INVALID",
      `it touched ${at.rows} rows, and the file expects ${min} at least`,
      "look why; `interlock data unwind` takes them back",
    );
  return await inTransaction(session, fix.terms, async () => {
    await session.query(
      "update interlock_journal.run set finished_at = coalesce(finished_at, clock_timestamp()) where run = $1",
      [of.run],
    );
    return did({ outcome: "done" as const, ...at });
  });
}
