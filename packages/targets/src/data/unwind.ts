// SPDX-License-Identifier: Apache-2.0
/** Takes a data fix back, or brings it back: the newest batch first, a batch a transaction. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Decided, decidedRows, type Thinking } from "./decided.ts";
import { type DataAnswer, type DataTerms, did, failed, type RunOf } from "./fix.ts";
import { literal, quoted } from "./names.ts";
import type { Driving, Ran } from "./run.ts";
import { newBatch } from "./run.ts";
import { begunRun, type Counts, lockedRun, lockTable, type RunRow, runsIn } from "./run-row.ts";
import { failureOf, inTransaction, type Session } from "./session.ts";
import { columnOf, nameOf, readTable, type Table } from "./table.ts";
import { allAtOnce, type TakenBatch } from "./unwind-at-once.ts";
import { directionOf, keyMatches, takeBackSql, typedOf } from "./unwind-sql.ts";

export type UnwindTerms = Omit<DataTerms, "batch"> & {
  /** Rows that may be left for people; more stop it. */
  readonly quarantineMax: number;
};

export type UnwindFix = {
  /** Id of the run that is taken back, or brought back. */
  readonly run: string;
  readonly way: "undo" | "redo";
  readonly terms: UnwindTerms;
};

export type UnwindGiven = { readonly unwind: UnwindFix; readonly of: RunOf } & Driving;

export type Opened = Thinking & {
  /** Fixes that wrote to the table after it, or were taken back once. */
  readonly others: readonly string[];
  readonly batches: readonly TakenBatch[];
  /** An unwind of it held rows back. */
  readonly touched: boolean;
};

const SETTLED = { restore: 0, keep: 0, "re-run": 0, quarantine: 0, guessed: 0 };

/** What there is to take back. */
export async function openUnwind(
  session: Session,
  { run, way }: Pick<UnwindFix, "run" | "way">,
): Promise<DataAnswer<Opened>> {
  // The journal grows faster than the server's knowledge of it: without these it reads whole tables.
  await session.query(
    "set enable_hashjoin = off; set enable_mergejoin = off; set enable_seqscan = off",
  );
  const [of] = await runsIn(session, { run });
  if (of === undefined || of.way !== "fix")
    return failed(
      "NOT_FOUND",
      `the journal of this database has no data fix of the run \`${run.slice(0, 12)}\``,
      "see `interlock data status`",
    );
  const read = await readTable(session, of);
  if (!read.ok) return read;
  const table = read.value;
  const gone = of.columns.filter((column) => !table.columns.some(({ name }) => name === column));
  if (gone.length > 0)
    return failed(
      "INPUT_INVALID",
      `\`${of.table}\` has no column \`${gone.join("`, `")}\` any more`,
      "bring it back, or restore from a backup",
    );
  const all = (await runsIn(session)).filter(
    ({ schema, table: name }) => schema === of.schema && name === of.table,
  );
  const { rows: batches } = await session.query<TakenBatch>(
    `select b.id::text, b.rows::float8,
      (select e.key::text from interlock_journal.entry e where e.batch = b.id and e.number = 1) as first,
      (select e.key::text from interlock_journal.entry e where e.batch = b.id and e.number = b.rows) as last
      from interlock_journal.batch b where b.run = $1 and b.rows > 0 order by b.id desc`,
    [of.id],
  );
  const { rows: others } = await session.query<{ id: string }>(
    `select r.id::text as id from interlock_journal.run r where r.relation_schema = $1 and r.relation_name = $2
      and r.way = 'fix' and r.id <> $3 and (
        (select max(b.id) from interlock_journal.batch b where b.run = r.id)
          > (select min(b.id) from interlock_journal.batch b where b.run = $3)
        or exists (select 1 from interlock_journal.run u where u.of = r.id))`,
    [of.schema, of.table, of.id],
  );
  const { rows: held } = await session.query(
    `select 1 from interlock_journal.run r join interlock_journal.batch b on b.run = r.id
      join interlock_journal.held h on h.batch = b.id where r.of = $1 limit 1`,
    [of.id],
  );
  return did({
    ...{ table, of, way, batches, unwound: unwoundOf(all), touched: held.length > 0 },
    runs: new Map(all.map((one) => [one.id, one])),
    others: others.map(({ id }) => id),
  });
}

/** The fixes whose last unwind took them away, begun or done. */
export function unwoundOf(runs: readonly RunRow[]): readonly string[] {
  const last = new Map<string, RunRow>();
  for (const run of [...runs].sort((a, b) => Number(a.id) - Number(b.id)))
    if (run.of !== null) last.set(run.of, run);
  return [...last].filter(([, { way }]) => way === "undo").map(([id]) => id);
}

/** Runs an unwind whose entry is durable, or goes on with it; what is done already is not done again. */
export async function runUnwind(session: Session, given: UnwindGiven): Promise<DataAnswer<Ran>> {
  const { unwind, of } = given;
  try {
    const first = await openUnwind(session, unwind);
    if (!first.ok) return first;
    const locked = await lockTable(session, first.value.table);
    if (!locked.ok) return locked;
    const begun = await begunRun(session, of, {
      ...{ way: unwind.way, of: first.value.of.id, table: first.value.table },
      ...{ action: first.value.of.action, columns: first.value.of.columns, reads: NO_READS },
    });
    if (!begun.ok) return begun;
    // What stands now, and not what stood before the lock.
    const opened = await openUnwind(session, unwind);
    return opened.ok ? await allBatches(session, given, opened.value) : opened;
  } catch (error) {
    return failureOf(error);
  }
}

const NO_READS = { where: [], columns: {} };

async function allBatches(
  session: Session,
  { unwind, of, signal, onProgress }: UnwindGiven,
  opened: Opened,
): Promise<DataAnswer<Ran>> {
  const { terms } = unwind;
  const expected = opened.batches.reduce((sum, { rows }) => sum + rows, 0);
  for (const batch of opened.batches) {
    const done = await inTransaction(session, terms, () =>
      takenBack(session, { unwind, of, opened, batch: batch.id }),
    );
    if (!done.ok) return done;
    const { rows, batches, counts } = done.value.row;
    onProgress?.({ rows, batches, expected });
    if (signal?.aborted === true) return did({ outcome: "stopped", rows, batches, counts });
    if (done.value.did) await sleep(terms.pauseMs);
  }
  return await inTransaction(session, terms, () => ended(session, unwind, of));
}

async function ended(session: Session, { terms }: UnwindFix, of: RunOf): Promise<DataAnswer<Ran>> {
  const { id, rows, batches, counts } = await lockedRun(session, of);
  const { min } = terms.expect;
  const written = writtenOf(counts);
  if (written < min)
    return failed(
      "INPUT_INVALID",
      `it brought back ${written} rows, and the file expects ${min} at least`,
      "look why with `interlock data unwind`",
    );
  await session.query(
    "update interlock_journal.run set finished_at = coalesce(finished_at, clock_timestamp()) where id = $1",
    [id],
  );
  return did({ outcome: "done", rows, batches, counts });
}

const writtenOf = (counts: Counts): number => (counts["restore"] ?? 0) + (counts["re-run"] ?? 0);

type Batch = {
  readonly unwind: UnwindFix;
  readonly of: RunOf;
  readonly opened: Opened;
  readonly batch: string;
};

type TookBack = { readonly row: RunRow; readonly did: boolean };

async function takenBack(
  session: Session,
  { unwind, of, opened, batch }: Batch,
): Promise<DataAnswer<TookBack>> {
  const row = await lockedRun(session, of);
  const own = await newBatch(session, row.id, batch);
  if (own === null) return did({ row, did: false });
  const judged = await judgedBatch(session, opened, { batch, write: true });
  const conflicts = await written(session, opened, { own, decided: judged.decided });
  const counts = added(row.counts, countsOf(judged.clean, conflicts));
  const wrong = overBounds(unwind.terms, counts);
  if (wrong !== null) return wrong;
  const rows = row.rows + judged.rows;
  await session.query(
    `with b as (update interlock_journal.batch set rows = $4 where id = $5)
      update interlock_journal.run set rows = $2, batches = batches + 1, counts = $3 where id = $1`,
    [row.id, rows, JSON.stringify(counts), judged.rows, own],
  );
  return did({ row: { ...row, rows, counts, batches: row.batches + 1 }, did: true });
}

function overBounds(
  { expect, quarantineMax }: UnwindTerms,
  counts: Counts,
): ReturnType<typeof failed> | null {
  const help = "this batch was not written; look at the plan with `interlock data unwind`";
  if (writtenOf(counts) > expect.max)
    return failed(
      "INPUT_INVALID",
      `this batch would bring it to ${writtenOf(counts)} rows, and the file expects ${expect.max} at most`,
      help,
    );
  return (counts["quarantine"] ?? 0) <= quarantineMax
    ? null
    : failed(
        "INPUT_INVALID",
        `with this batch ${counts["quarantine"]} rows would be left for people, and the file expects ${quarantineMax} at most`,
        help,
      );
}

export type Judged = {
  readonly rows: number;
  readonly clean: number;
  readonly decided: readonly Decided[];
};

/** A batch, with what nobody else touched taken back at once where `write` says so. */
export async function judgedBatch(
  session: Session,
  opened: Opened,
  { batch, write }: { readonly batch: string; readonly write: boolean },
): Promise<Judged> {
  const { table, of, way, others } = opened;
  const contested = others.length > 0;
  if (write && !contested && !opened.touched) {
    const taken = opened.batches.find(({ id }) => id === batch);
    if (taken === undefined) throw new Error("invariant broken: a batch of the fix");
    const rows = await allAtOnce(session, opened, taken);
    if (rows !== null) return { rows, clean: rows, decided: [] };
  }
  const sql = takeBackSql({
    ...{ table, contested, write, columns: of.columns },
    direction: directionOf(of.action, way),
  });
  const { rows } = await session.query<{ rows: number; done: number; rest: number[] | null }>(
    sql,
    contested ? [batch, others] : [batch],
  );
  const [said] = rows;
  if (said === undefined) throw new Error("invariant broken: a batch answers one row");
  const numbers = said.rest ?? [];
  const decided =
    numbers.length === 0 ? [] : await decidedRows(session, opened, { batch, numbers, lock: write });
  return { rows: said.rows, clean: said.done, decided };
}

export function countsOf(clean: number, decided: readonly Decided[]): Counts {
  const counts = { ...SETTLED, restore: clean };
  for (const { action, guessed } of decided) {
    counts[action]++;
    if (guessed) counts.guessed++;
  }
  return counts;
}

export const added = (one: Counts, other: Counts): Counts =>
  Object.fromEntries(
    Object.keys(SETTLED).map((what) => [what, (one[what] ?? 0) + (other[what] ?? 0)]),
  );

type Writing = {
  readonly own: string;
  readonly decided: readonly Decided[];
};

/** Writes what was decided, and what was held back; a row that meets another one is left for people. */
async function written(
  session: Session,
  opened: Opened,
  { own, decided }: Writing,
): Promise<readonly Decided[]> {
  if (decided.length === 0) return decided;
  const { table } = opened;
  const met = new Set<number>();
  for (const act of ["delete", "update", "insert"] as const) {
    const rows = decided.filter((one) => one.written && actOf(one) === act);
    if (rows.length === 0) continue;
    const done = await writeRows(session, { table, act, rows });
    for (const { number } of rows) if (!done.has(number)) met.add(number);
  }
  const last = decided.map(
    (one): Decided =>
      met.has(one.number)
        ? { ...one, action: "quarantine", because: "changed-outside", written: false }
        : one,
  );
  await session.query(
    `insert into interlock_journal.entry select $1, number, key, before, after
      from jsonb_to_recordset($2) as e(number int, key jsonb, before jsonb, after jsonb)`,
    [own, rowsText(last.filter((one) => one.written))],
  );
  await session.query(
    `insert into interlock_journal.held select $1, number, action, because, cells
      from jsonb_to_recordset($2) as e(number int, action text, because text, cells jsonb)`,
    [
      own,
      JSON.stringify(
        last.map(({ number, action, because, cells }) => ({ number, action, because, cells })),
      ),
    ],
  );
  return last;
}

const actOf = ({ before, after }: Decided): "delete" | "update" | "insert" =>
  after === null ? "delete" : before === null ? "insert" : "update";

const rowsText = (rows: readonly Decided[]): string =>
  JSON.stringify(
    rows.map(({ number, key, before, after }) => ({ number, key: JSON.parse(key), before, after })),
  );

type Rows = {
  readonly table: Table;
  readonly act: "delete" | "update" | "insert";
  readonly rows: readonly Decided[];
};

/** The rows are locked, so that they hold what was decided upon. Answers the numbers that were written. */
async function writeRows(
  session: Session,
  { table, act, rows }: Rows,
): Promise<ReadonlySet<number>> {
  const name = nameOf(table);
  const on = keyMatches(table, "e");
  const given =
    "with e as materialized (select * from jsonb_to_recordset($1) as x(number int, key jsonb, after jsonb))";
  const columns = [...new Set(rows.flatMap(({ after }) => Object.keys(after ?? {})))];
  const own = columns.map((column) => columnOf(table, column));
  const sql = {
    delete: () => `delete from ${name} t using e where ${on} returning e.number`,
    update: () => {
      const sets = own.map(
        (one) =>
          `${quoted(one.name)} = case when jsonb_exists(e.after, ${literal(one.name)}) then ${typedOf("e.after", one)} else t.${quoted(one.name)} end`,
      );
      return `update ${name} t set ${sets.join(", ")} from e where ${on} returning e.number`;
    },
    insert: () => {
      const list = columns.map(quoted).join(", ");
      return `, i as (insert into ${name} as t (${list}) overriding system value
        select ${own.map((one) => typedOf("e.after", one)).join(", ")} from e on conflict do nothing returning t.*)
        select e.number from e join i as t on ${on}`;
    },
  }[act]();
  const { rows: done } = await session.query<{ number: number }>(`${given} ${sql}`, [
    rowsText(rows),
  ]);
  return new Set(done.map(({ number }) => number));
}
