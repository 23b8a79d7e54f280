// SPDX-License-Identifier: Apache-2.0
/** Carries out a data fix, a batch a transaction; killed anywhere, it goes on with the next batch. */
import { setTimeout as sleep } from "node:timers/promises";
import { type BatchSql, BY_KEY, batchSql } from "./batch-sql.ts";
import { type DataAnswer, type DataFix, did, failed, type RunOf, type Touched } from "./fix.ts";
import {
  begunRun,
  type Counts,
  lockTable,
  type OpenedBatch,
  openBatch,
  openedBatch,
  type Reads,
  type RunRow,
} from "./run-row.ts";
import { failureOf, inTransaction, type Session } from "./session.ts";
import { checkedTable, imagedBy } from "./table.ts";
import { countRows, touchedWrong } from "./touched.ts";
import { type Asked, enteredWave, type Waved, waitingFor } from "./waves.ts";

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
  readonly touched: Touched | null;
  /** Why it is not done. */
  readonly why: "asked" | "halted" | "wave" | null;
  /** The wave that comes next, once somebody says so; `why` is `wave` then. */
  readonly next: number | null;
};

export const ranOf = (
  { rows, batches, counts, touches }: RunRow,
  why: Ran["why"],
  next: number | null = null,
): Ran => ({
  outcome: why === null ? "done" : "stopped",
  ...{ rows, batches, counts, touched: touches?.touched ?? null, why, next },
});

export type Driving = Asked & {
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
    const counted = await inTransaction(session, fix.terms, () => countRows(session, table, fix));
    if (!counted.ok) return counted;
    const { rows, touches } = counted.value;
    const begun = await begunRun(session, of, {
      ...{ way: "fix", of: null, action: fix.statement.action, table, touches },
      ...{ columns: imagedBy(table, fix), reads: readsOf(fix), expected: rows },
    });
    if (!begun.ok) return begun;
    const row = begun.value;
    const expected = row.rows + rows;
    const bound = boundsOf(fix, expected, row);
    if (bound !== null) return bound;
    const entered = await enteredWave(session, row, { terms: fix.terms, asked: given });
    if (!entered.ok) return entered;
    const next = waitingFor({ terms: fix.terms, waved: entered.value }, row);
    if (next !== null && row.finishedAt === null) return did(ranOf(row, "wave", next));
    const sql = batchSql(table, fix);
    return await batches(session, { ...given, sql, expected, waved: entered.value });
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

/** Of a run that goes on the rest is not known: what it wrote may fit its own condition still. */
function boundsOf({ terms }: DataFix, rows: number, row: RunRow): ReturnType<typeof failed> | null {
  if (row.batches > 0 || row.finishedAt !== null) return null;
  const { expect } = terms;
  if (rows > expect.max)
    return failed(
      "INPUT_INVALID",
      `it would touch more than the ${expect.max} rows that the file expects`,
      "nothing was written; look at the condition, or at what is expected",
    );
  return rows >= expect.min
    ? touchedWrong(terms, row.touches)
    : failed(
        "INPUT_INVALID",
        `it would touch ${rows} rows, and the file expects ${expect.min} at least`,
        "nothing was written; look at the condition, or at what is expected",
      );
}

type Loop = RunGiven & { readonly sql: BatchSql; readonly expected: number; readonly waved: Waved };

async function batches(session: Session, loop: Loop): Promise<DataAnswer<Ran>> {
  const { fix, of, signal, onProgress, expected, waved } = loop;
  for (;;) {
    const done = await inTransaction(
      session,
      fix.terms,
      (said) => oneBatch(session, loop, openedBatch(said)),
      { first: [...openBatch(of.run, null), BY_KEY] },
    );
    if (!done.ok) return done;
    const { row, more } = done.value;
    const { rows, batches: count } = row;
    onProgress?.({ rows, batches: count, expected: Math.max(expected, rows) });
    if (row.haltedAt !== null && row.finishedAt === null) return did(ranOf(row, "halted"));
    if (!more) return await finished(session, { fix, of, row });
    const next = waitingFor({ terms: fix.terms, waved }, row);
    if (next !== null) return did(ranOf(row, "wave", next));
    if (signal?.aborted === true) return did(ranOf(row, "asked"));
    if (fix.terms.pauseMs > 0) await sleep(fix.terms.pauseMs);
  }
}

type Stepped = { readonly row: RunRow; readonly more: boolean };

type Batched = {
  picked: number;
  rows: number;
  first: unknown;
  last: unknown;
  low: string | null;
  high: string | null;
};

const NOTHING: Batched = { picked: 0, rows: 0, first: null, last: null, low: null, high: null };

const textOf = (key: unknown): string | null => (key === null ? null : JSON.stringify(key));

/** One transaction: images, change and the run's place are there together or not at all. */
async function oneBatch(
  session: Session,
  loop: Loop,
  { row, unwound, batch }: OpenedBatch,
): Promise<DataAnswer<Stepped>> {
  const { fix, sql, waved } = loop;
  const { terms, statement } = fix;
  if (batch === null) return did({ row, more: false });
  if (unwound)
    return failed(
      "OUT_OF_ORDER",
      "an unwind of this run was begun, so it does not go on",
      "make a new change with the fix",
    );
  const left = waved.end === null ? terms.batch : waved.end - row.rows;
  const limit = statement.action === "insert" ? statement.rows : Math.min(terms.batch, left);
  const given = row.last === null ? [batch, limit] : [batch, limit, JSON.stringify(row.last)];
  const { rows: said } = await session.query<Batched>(
    row.last === null ? sql.first : sql.next,
    given,
  );
  const { picked, rows, first, last, low, high } = said[0] ?? NOTHING;
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
  await session.query(
    `with b as (update interlock_journal.batch set rows = $4, first = $6, last = $2, low = $7, high = $8 where id = $5)
      update interlock_journal.run set last = coalesce($2::jsonb, last), rows = $3, batches = batches + 1
      where id = $1`,
    [row.id, textOf(last), sum, rows, batch, textOf(first), low, high],
  );
  const next = { ...row, rows: sum, batches: row.batches + 1 };
  return did({ row: next, more: statement.action !== "insert" && rows === limit });
}

type Ending = { readonly fix: DataFix; readonly of: RunOf; readonly row: RunRow };

async function finished(session: Session, { fix, of, row }: Ending): Promise<DataAnswer<Ran>> {
  const { min } = fix.terms.expect;
  if (row.rows < min)
    return failed(
      "INPUT_INVALID",
      `it touched ${row.rows} rows, and the file expects ${min} at least`,
      "look why; `interlock data unwind` takes them back",
    );
  return await inTransaction(session, fix.terms, async () => {
    await session.query(
      "update interlock_journal.run set finished_at = coalesce(finished_at, clock_timestamp()) where run = $1",
      [of.run],
    );
    return did(ranOf(row, null));
  });
}
