// SPDX-License-Identifier: Apache-2.0
/** Rows of tables in a Postgres database: one row a key. */
import pg from "pg";
import { answered, away, damaged, failed, noCell, shown } from "../failure.ts";
import { overLimit, overPageLimit, overReadLimit } from "../limits.ts";
import { pageOf } from "../page.ts";
import { polled, type Snapshot } from "../polling.ts";
import type { Resolved } from "../secrets.ts";
import type { Answered, CellRead, Held, Listed, Page, Target, TargetFailure } from "../target.ts";
import { failureOf, isCertain } from "./errors.ts";
import { fencesFit, fitOf } from "./fit.ts";
import { tablesOthers } from "./others.ts";
import { type PostgresSettings, postgresSettings } from "./settings.ts";
import { type CellSql, sqlOf } from "./sql.ts";
import { writeRows } from "./write.ts";
import { rowWriter } from "./writer.ts";

const CLIENTS = 4;
const CONNECT_MS = 10_000;
/** A line that swallows everything answers never; a little longer than the server's own limit, which says more. */
const ANSWER_MORE_MS = 1_000;
const ROWS_MAX = 100_000;

type Cell = { readonly sql: CellSql; readonly id: string };
type Database = {
  readonly name: string;
  readonly settings: PostgresSettings;
  readonly pool: pg.Pool;
  readonly ready: Map<string, Cell>;
};

export async function openPostgres(name: string, resolved: Resolved): Promise<Answered<Target>> {
  const read = postgresSettings(resolved);
  if (!read.ok) return read;
  const settings = read.value;
  const pool = new pg.Pool({
    connectionString: settings.url,
    max: CLIENTS,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: settings.statementMs,
    lock_timeout: settings.lockMs,
    idle_in_transaction_session_timeout: settings.statementMs,
    query_timeout: settings.statementMs + ANSWER_MORE_MS,
    application_name: "interlock",
    keepAlive: true,
  });
  // A lost connection also fails the statement that waits on it, which is where it is dealt with.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  return answered(targetOf({ name, settings, pool, ready: new Map() }));
}

function targetOf(database: Database): Target {
  const { name, settings, pool } = database;
  const cellFault = (id: string): TargetFailure | null =>
    settings.cells.has(id) ? null : noCell(name, id);
  return {
    name,
    kind: "postgres",
    abilities: { atomic: true, fences: true, remembers: true },
    read: async (id, keys) => {
      const fault = overReadLimit(keys) ?? cellFault(id);
      return fault === null
        ? asked(database, id, (client, cell) => readCell(client, cell, keys))
        : failed(fault);
    },
    list: async (id, page) => {
      const fault = overPageLimit(page) ?? cellFault(id);
      return fault === null
        ? asked(database, id, (client, cell) => listCell(client, cell, page))
        : failed(fault);
    },
    write: async (batch) => {
      const fault = overLimit(batch) ?? cellFault(batch.cell);
      if (fault !== null) return { kind: "refused", failure: fault };
      // Until the transaction is begun nothing is written, so every failure before it is certain.
      const had = await borrowed(database, batch.cell);
      if (!had.ok)
        return {
          kind: had.failure.code === "TARGET_AWAY" ? "away" : "refused",
          failure: had.failure,
        };
      const { client, cell } = had.value;
      let broken = true;
      try {
        const done = await writeRows({ client, sql: cell.sql, id: cell.id }, batch);
        broken = done.broken;
        return done.outcome;
      } finally {
        client.release(broken);
      }
    },
    watch: (since, signal) =>
      polled({ look: () => snapshotOf(database), everyMs: settings.pollMs }, since, signal),
    lastWriter: async ({ cell: id, key, version }) => {
      const fault = overReadLimit([key]) ?? cellFault(id);
      if (fault !== null) return failed(fault);
      return version === null
        ? answered(null)
        : asked(database, id, (client, { sql }) => rowWriter(client, sql, { key, version }));
    },
    otherWriters: async () => {
      const tables = new Set([...settings.cells.values()].map(({ table }) => table));
      try {
        // Past `asked`, which may make the table of fences: who looks changes nothing.
        const others = await tablesOthers(pool, tables);
        return answered({ others, unseen: [] });
      } catch (error) {
        return failed(failureOf(error));
      }
    },
    health: async () => {
      try {
        const { rows } = await pool.query<{ version: string }>("select version() as version");
        return { answers: true, says: rows[0]?.version ?? "no version" };
      } catch (error) {
        return { answers: false, says: failureOf(error).message };
      }
    },
    close: () => pool.end(),
  };
}

/** A connection, and the statements for a cell once its table was looked at. */
async function borrowed(
  database: Database,
  id: string,
): Promise<Answered<{ readonly client: pg.PoolClient; readonly cell: Cell }>> {
  let client: pg.PoolClient;
  try {
    client = await database.pool.connect();
  } catch (error) {
    return failed(failureOf(error));
  }
  try {
    const cell = await cellOf(client, database, id);
    if (cell.ok) return answered({ client, cell: cell.value });
    client.release();
    return cell;
  } catch (error) {
    client.release(!isCertain(error));
    return failed(failureOf(error));
  }
}

async function cellOf(
  client: pg.PoolClient,
  { name, settings, ready }: Database,
  id: string,
): Promise<Answered<Cell>> {
  const known = ready.get(id);
  if (known !== undefined) return answered(known);
  const place = settings.cells.get(id);
  if (place === undefined) return failed(noCell(name, id));
  const fit = await fitOf(client, settings, place.table);
  if (!fit.ok) return fit;
  const fault = await fencesFit(client, settings);
  if (fault !== null) return failed(fault);
  const cell = {
    sql: sqlOf(settings, place, fit.type),
    id: JSON.stringify([place.table, place.value]),
  };
  ready.set(id, cell);
  return answered(cell);
}

async function asked<T>(
  database: Database,
  id: string,
  run: (client: pg.PoolClient, cell: Cell) => Promise<Answered<T>>,
): Promise<Answered<T>> {
  const had = await borrowed(database, id);
  if (!had.ok) return had;
  const { client, cell } = had.value;
  try {
    const { rows } = await client.query<{ standby: boolean }>(cell.sql.wait);
    const outcome: Answered<T> =
      rows[0]?.standby === false
        ? await run(client, cell)
        : failed(away("the database is a standby, which may be behind", "name its primary"));
    client.release();
    return outcome;
  } catch (error) {
    client.release(!isCertain(error));
    return failed(failureOf(error));
  }
}

type Row = {
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly version: string | null;
  readonly fence: string | null;
};

async function readCell(
  client: pg.PoolClient,
  { sql, id }: Cell,
  keys: readonly string[],
): Promise<Answered<CellRead>> {
  const { rows } = await client.query<Row>(sql.read, [keys, id]);
  const items = new Map<string, Held | null>();
  for (const { key, value, version } of rows) {
    if (key === null) continue;
    if (version !== null && value === null)
      return failed(
        damaged(`the value of \`${shown(key)}\` is null or too large`, "correct that row"),
      );
    items.set(key, value === null || version === null ? null : { value, version });
  }
  return answered({ items, fence: Number(rows[0]?.fence ?? 0) });
}

async function listCell(
  client: pg.PoolClient,
  { sql }: Cell,
  { after, limit }: Page,
): Promise<Answered<Listed>> {
  const { rows } = await client.query<{ key: string }>(sql.list, [after ?? null, limit + 1]);
  return answered(
    pageOf(
      rows.map(({ key }) => key),
      { limit },
    ),
  );
}

async function snapshotOf(database: Database): Promise<Snapshot | null> {
  const snapshot = new Map<string, ReadonlyMap<string, string>>();
  for (const id of database.settings.cells.keys()) {
    const looked = await asked(database, id, async (client, { sql }) => {
      const { rows } = await client.query<{ key: string; version: string }>(sql.look, [
        ROWS_MAX + 1,
      ]);
      if (rows.length > ROWS_MAX)
        return failed(damaged(`\`${id}\` has more than ${ROWS_MAX} rows`, "watch fewer"));
      return answered(new Map(rows.map(({ key, version }) => [key, version])));
    });
    if (!looked.ok) return null;
    snapshot.set(id, looked.value);
  }
  return snapshot;
}
