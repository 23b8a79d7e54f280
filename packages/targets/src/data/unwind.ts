// SPDX-License-Identifier: Apache-2.0
/** Takes a data fix back, or brings it back: the newest batch first, a batch a transaction. */
import { setTimeout as sleep } from "node:timers/promises";
import { contestedRows } from "./contested.ts";
import { type Decided, decidedRows, type Thinking } from "./decided.ts";
import { type DataAnswer, type DataTerms, did, failed, type RunOf } from "./fix.ts";
import { literal, quoted } from "./names.ts";
import { type Driving, type Ran, ranOf } from "./run.ts";
import {
  begunRun,
  type Counts,
  lockedRun,
  lockTable,
  type OpenedBatch,
  openBatch,
  openedBatch,
  type RunRow,
  runsIn,
} from "./run-row.ts";
import { failureOf, inTransaction, type Session } from "./session.ts";
import { columnOf, nameOf, readTable, type Table } from "./table.ts";
import { ONCE, touchedAgain, touchedWrong } from "./touched.ts";
import { allAtOnce, denseBatches, notedSql, type TakenBatch } from "./unwind-at-once.ts";
import { directionOf, keyMatches, type Range, takeBackSql, typedOf } from "./unwind-sql.ts";
import { enteredWave, type Waved, waitingFor } from "./waves.ts";

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
    `select b.id::text, b.rows::float8, b.first::text, b.last::text from interlock_journal.batch b where b.run = $1 and b.rows > 0 order by b.id desc`,
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
    const { terms } = unwind;
    const touched = await inTransaction(session, terms, () => touchedAgain(session, first.value), {
      ...{ keep: false, first: ONCE },
    });
    if (!touched.ok) return touched;
    const begun = await begunRun(session, of, {
      ...{ way: unwind.way, of: first.value.of.id, table: first.value.table },
      ...{ action: first.value.of.action, columns: first.value.of.columns, reads: NO_READS },
      ...{ expected: rowsOf(first.value), touches: touched.value },
    });
    if (!begun.ok) return begun;
    const row = begun.value;
    const wrong = row.batches > 0 ? null : touchedWrong(terms, row.touches);
    if (wrong !== null) return wrong;
    const entered = await enteredWave(session, row, { terms, asked: given });
    if (!entered.ok) return entered;
    const next = waitingFor({ terms, waved: entered.value }, row);
    if (next !== null && row.finishedAt === null) return did(ranOf(row, "wave", next));
    // What stands now, and not what stood before the lock.
    const opened = await openUnwind(session, unwind);
    if (!opened.ok) return opened;
    return await allBatches(session, { ...given, waved: entered.value }, opened.value);
  } catch (error) {
    return failureOf(error);
  }
}

const NO_READS = { where: [], columns: {} };

const rowsOf = ({ batches }: Pick<Opened, "batches">): number =>
  batches.reduce((sum, { rows }) => sum + rows, 0);

async function allBatches(
  session: Session,
  { unwind, of, signal, onProgress, waved }: UnwindGiven & { readonly waved: Waved },
  opened: Opened,
): Promise<DataAnswer<Ran>> {
  const { terms } = unwind;
  const expected = rowsOf(opened);
  const clean = opened.others.length === 0 && !opened.touched;
  const dense = clean ? await denseBatches(session, opened, opened.batches) : null;
  for (const batch of opened.batches) {
    const done = await inTransaction(
      session,
      terms,
      (said) => takenBack(session, { unwind, opened, batch, dense }, openedBatch(said)),
      { first: openBatch(of.run, batch.id) },
    );
    if (!done.ok) return done;
    const { row } = done.value;
    onProgress?.({ rows: row.rows, batches: row.batches, expected });
    if (row.haltedAt !== null && row.finishedAt === null) return did(ranOf(row, "halted"));
    const next = row.rows < expected ? waitingFor({ terms, waved }, row) : null;
    if (next !== null) return did(ranOf(row, "wave", next));
    if (signal?.aborted === true) return did(ranOf(row, "asked"));
    if (done.value.did && terms.pauseMs > 0) await sleep(terms.pauseMs);
  }
  return await inTransaction(session, terms, () => ended(session, unwind, of));
}

async function ended(session: Session, { terms }: UnwindFix, of: RunOf): Promise<DataAnswer<Ran>> {
  const row = await lockedRun(session, of);
  const { min } = terms.expect;
  const written = writtenOf(row.counts);
  if (written < min)
    return failed(
      "INPUT_INVALID",
      `it brought back ${written} rows, and the file expects ${min} at least`,
      "look why with `interlock data unwind`",
    );
  await session.query(
    "update interlock_journal.run set finished_at = coalesce(finished_at, clock_timestamp()) where id = $1",
    [row.id],
  );
  return did(ranOf(row, null));
}

const writtenOf = (counts: Counts): number => (counts["restore"] ?? 0) + (counts["re-run"] ?? 0);

type Batch = {
  readonly unwind: UnwindFix;
  readonly opened: Opened;
  readonly batch: TakenBatch;
  /** `null`: others wrote to the table, or rows were held back before. */
  readonly dense: ReadonlyMap<string, Range> | null;
};

type TookBack = { readonly row: RunRow; readonly did: boolean };

async function takenBack(
  session: Session,
  { unwind, opened, batch, dense }: Batch,
  { row, batch: own }: OpenedBatch,
): Promise<DataAnswer<TookBack>> {
  if (own === null) return did({ row, did: false });
  const after = (rows: number, counts: Counts) => ({
    noted: { run: row.id, own, rows: row.rows + rows, counts },
    answer: did({
      row: { ...row, rows: row.rows + rows, counts, batches: row.batches + 1 },
      did: true,
    }),
  });
  if (dense !== null && batch.first !== null) {
    const { noted, answer } = after(batch.rows, added(row.counts, countsOf(batch.rows, [])));
    const within = dense.get(batch.id) ?? null;
    const fits = overBounds(unwind.terms, noted.counts) === null;
    if (fits && (await allAtOnce(session, opened, { batch, within, noted }))) return answer;
  }
  const judged = await judgedBatch(session, opened, { batch: batch.id, write: true });
  const conflicts = await written(session, opened, { own, decided: judged.decided });
  const counts = added(row.counts, countsOf(judged.clean, conflicts));
  const wrong = overBounds(unwind.terms, counts);
  if (wrong !== null) return wrong;
  const { noted, answer } = after(judged.rows, counts);
  await session.query(notedSql(noted, judged.rows));
  return answer;
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

/** A batch, with what nobody else touched taken back where `write` says so. */
export async function judgedBatch(
  session: Session,
  opened: Opened,
  { batch, write }: { readonly batch: string; readonly write: boolean },
): Promise<Judged> {
  const { table, of, way, others } = opened;
  const contested = others.length > 0;
  const sql = takeBackSql({
    ...{ table, contested, write, columns: of.columns },
    direction: directionOf(of.action, way),
  });
  const { rows } = await session.query<{ rows: number; done: number; rest: number[] | null }>(
    sql,
    contested ? [batch, await contestedRows(session, batch, others)] : [batch],
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
