// SPDX-License-Identifier: Apache-2.0
/** What the journal knows of a run, and the lock that lets only one process drive runs on a table. */
import type pg from "pg";
import { type DataAnswer, did, failed, type RunOf } from "./fix.ts";
import { literal } from "./names.ts";
import type { Session } from "./session.ts";
import type { Table } from "./table.ts";
import type { KeptTouches } from "./touched.ts";

export type Way = "fix" | "undo" | "redo";
export type Counts = { readonly [what: string]: number };

export type RunRow = {
  readonly id: string;
  readonly run: string;
  readonly change: string;
  readonly digest: string;
  readonly way: Way;
  readonly of: string | null;
  readonly schema: string;
  readonly table: string;
  readonly action: "update" | "delete" | "insert";
  readonly columns: readonly string[];
  /** Of each column that was set, and of the choice of rows. */
  readonly reads: Reads;
  readonly last: unknown;
  readonly rows: number;
  readonly batches: number;
  readonly counts: Counts;
  /** Rows that were counted before the first one was written. */
  readonly expected: number;
  readonly touches: KeptTouches | null;
  /** The wave that it is in, from 1. */
  readonly wave: number;
  /** When somebody halted it, in milliseconds since 1970 UTC. */
  readonly haltedAt: number | null;
  /** As whom in the database, and why, as they said. */
  readonly haltedBy: string | null;
  readonly haltedBecause: string | null;
  readonly verdict: RunVerdict | null;
  readonly startedAt: number;
  readonly finishedAt: number | null;
};

/** What the analysis said last, and before which wave. */
export type RunVerdict = {
  readonly wave: number;
  readonly result: "successful" | "failed" | "inconclusive";
  readonly because: readonly string[];
};

export type Reads = {
  readonly where: readonly string[];
  readonly columns: {
    readonly [column: string]: { readonly reads: readonly string[]; readonly adds: string | null };
  };
};

const COLUMNS = `id::text, run, change, digest, way, of::text, relation_schema as schema, relation_name as "table",
  action, columns, reads, last, rows::float8, batches::float8, counts, expected::float8, touches, wave,
  floor(extract(epoch from halted_at) * 1000)::float8 as "haltedAt", halted_by as "haltedBy", halted_because as "haltedBecause", verdict,
  (extract(epoch from started_at) * 1000)::float8 as "startedAt",
  (extract(epoch from finished_at) * 1000)::float8 as "finishedAt"`;

/** Runs of the journal, newest first. */
export async function runsIn(
  session: Session,
  where: { readonly change?: string; readonly run?: string; readonly id?: string } = {},
): Promise<readonly RunRow[]> {
  const { rows } = await session.query<RunRow>(
    `select ${COLUMNS} from interlock_journal.run
      where ($1::text is null or change = $1) and ($2::text is null or run = $2) and ($3::bigint is null or id = $3)
      order by interlock_journal.run.id desc limit 1000`,
    [where.change ?? null, where.run ?? null, where.id ?? null],
  );
  return rows;
}

/**
 * The run's own row, locked until the transaction ends: what a batch goes on from is read here and
 * not in memory, so that two processes never write one batch twice. by (one-runner)
 */
export async function lockedRun(session: Session, { run }: Pick<RunOf, "run">): Promise<RunRow> {
  const { rows } = await session.query<RunRow>(
    `select ${COLUMNS} from interlock_journal.run where run = $1 for update`,
    [run],
  );
  const [row] = rows;
  if (row === undefined) throw new Error("invariant broken: the run that was begun is not there");
  return row;
}

/**
 * The same as two statements to begin a transaction with, and a new batch of the run where it has
 * none yet that takes `undoes` back. `openedBatch` reads what they answer.
 */
export const openBatch = (run: string, undoes: string | null): readonly string[] => [
  `select ${COLUMNS}, exists (select 1 from interlock_journal.run u where u.of = interlock_journal.run.id) as unwound
    from interlock_journal.run where run = ${literal(run)} for update`,
  `insert into interlock_journal.batch (run, undoes, rows, low, high)
    select id, ${undoes ?? "null"}, 0, ${["low", "high"].map((one) => (undoes === null ? "null" : `(select ${one} from interlock_journal.batch where id = ${undoes})`)).join(", ")}
    from interlock_journal.run where run = ${literal(run)} and finished_at is null and halted_at is null
      and (way <> 'fix' or action <> 'insert' or batches = 0)
    on conflict (run, undoes) do nothing returning id::text`,
];

export type OpenedBatch = {
  readonly row: RunRow;
  /** An unwind of the run was begun. */
  readonly unwound: boolean;
  /** `null`: there is nothing to be done any more. */
  readonly batch: string | null;
};

export function openedBatch([run, batch]: readonly pg.QueryResult[]): OpenedBatch {
  const row: (RunRow & { readonly unwound: boolean }) | undefined = run?.rows[0];
  if (row === undefined) throw new Error("invariant broken: the run that was begun is not there");
  return { row, unwound: row.unwound, batch: batch?.rows[0]?.id ?? null };
}

export type NewRun = Pick<
  RunRow,
  "way" | "of" | "action" | "columns" | "reads" | "expected" | "touches"
> & {
  readonly table: Table;
};

/**
 * The row of a run, made where it is not there; a run of that id with another file is refused. What
 * was counted is kept until rows are written.
 */
export async function begunRun(
  session: Session,
  of: RunOf,
  { way, of: undone, action, columns, reads, table, expected, touches }: NewRun,
): Promise<DataAnswer<RunRow>> {
  const { run, change, digest, entry } = of;
  await session.query(
    `insert into interlock_journal.run
      (run, change, digest, entry, way, of, relation_schema, relation_name, action, key, columns, reads, expected, touches)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
      on conflict (run) do update set expected = excluded.expected, touches = excluded.touches
        where interlock_journal.run.batches = 0`,
    [
      ...[run, change, digest, entry, way, undone, table.schema, table.name, action],
      ...[table.key.map(({ name }) => name), columns, JSON.stringify(reads)],
      ...[expected, touches === null ? null : JSON.stringify(touches)],
    ],
  );
  const [row] = await runsIn(session, { run });
  if (row === undefined) throw new Error("invariant broken: the run that was begun is not there");
  return row.digest === digest && row.way === way && row.of === undone
    ? did(row)
    : failed(
        "OUT_OF_ORDER",
        `the journal holds the run \`${run.slice(0, 12)}\` with another file`,
        "look at `interlock data status`; somebody may have changed the journal",
      );
}

/** Any number that nobody else uses: the first half of the lock's name. */
const LOCK_CLASS = 0x696c6461;

/**
 * INVARIANT (one-runner): while somebody drives a run on a table, nobody else drives one there. The
 * order of the batches is then the order of the writes.
 */
export async function lockTable(session: Session, { oid, name }: Table): Promise<DataAnswer<null>> {
  const { rows } = await session.query<{ got: boolean }>(
    "select pg_try_advisory_lock($1, $2::int8::oid::int8::bit(32)::int4) as got",
    [LOCK_CLASS, oid],
  );
  return rows[0]?.got === true
    ? did(null)
    : failed(
        "STORE_HELD",
        `another process drives a data fix on \`${name}\``,
        "wait until it has ended, or stop it; `interlock data status` shows it",
      );
}
