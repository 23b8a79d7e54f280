// SPDX-License-Identifier: Apache-2.0
/** What the journal knows of a run, and the lock that lets only one process drive runs on a table. */
import { type DataAnswer, did, failed, type RunOf } from "./fix.ts";
import type { Session } from "./session.ts";
import type { Table } from "./table.ts";

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
  readonly startedAt: number;
  readonly finishedAt: number | null;
};

export type Reads = {
  readonly where: readonly string[];
  readonly columns: {
    readonly [column: string]: { readonly reads: readonly string[]; readonly adds: string | null };
  };
};

const COLUMNS = `id::text, run, change, digest, way, of::text, relation_schema as schema, relation_name as "table",
  action, columns, reads, last, rows::float8, batches::float8, counts,
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

export type NewRun = Pick<RunRow, "way" | "of" | "action" | "columns" | "reads"> & {
  readonly table: Table;
};

/** The row of a run, made where it is not there; a run of that id with another file is refused. */
export async function begunRun(
  session: Session,
  of: RunOf,
  { way, of: undone, action, columns, reads, table }: NewRun,
): Promise<DataAnswer<RunRow>> {
  const { run, change, digest, entry } = of;
  await session.query(
    `insert into interlock_journal.run
      (run, change, digest, entry, way, of, relation_schema, relation_name, action, key, columns, reads)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict (run) do nothing`,
    [
      ...[run, change, digest, entry, way, undone, table.schema, table.name, action],
      ...[table.key.map(({ name }) => name), columns, JSON.stringify(reads)],
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
