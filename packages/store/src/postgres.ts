// SPDX-License-Identifier: Apache-2.0
import pg from "pg";
import { keepQuiet, TYPES } from "./driver.ts";
import type { Engine } from "./embedded/embedded.ts";
import { failed, type Result, succeeded, textOf } from "./failure.ts";
import { unreachable } from "./sqlstate.ts";

const OLDEST = 150_000;
const CLIENTS = 10;
const CONNECT_MS = 10_000;
/**
 * A server that stands still, or whose line is dead, would hold the ledger's head from all others. What
 * we do between two statements of a transaction takes milliseconds.
 */
const IDLE_IN_TRANSACTION_MS = 5_000;
/** Of one statement, waiting for locks included; only a migration may take longer. */
const STATEMENT_MS = 10_000;
/**
 * On a line that swallows what is sent, no answer and no error ever come. A little longer than the
 * server's own limit, which says more.
 */
export const ANSWER_MS = STATEMENT_MS + 1_000;

/** Opens a pool on a server and refuses one on which our promises would not hold. */
export async function openPostgres(
  url: string,
  clients: number = CLIENTS,
): Promise<Result<Engine>> {
  const pool = new pg.Pool({
    connectionString: url,
    max: clients,
    types: TYPES,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    application_name: "interlock",
    // Compiling a statement takes longer than any of ours runs, and is done again on every connection.
    options: "-c jit=off",
    keepAlive: true,
  });
  keepQuiet(pool);
  try {
    const misfit = misfitOf(await settingsOf(pool));
    if (misfit === null) return succeeded({ pool, lost: () => null, close: () => pool.end() });
    await pool.end();
    return misfit;
  } catch (error) {
    await pool.end();
    return { ok: false, failure: unreachable(textOf(error)) };
  }
}

/** What decides whether a server fits; as `pg_settings` says it. */
export type Settings = {
  readonly version: number;
  readonly encoding: string;
  readonly fsync: string;
  readonly pageWrites: string;
  readonly commit: string;
};

async function settingsOf(pool: pg.Pool): Promise<Settings> {
  const { rows } = await pool.query<Settings>(`
    select current_setting('server_version_num')::int as version,
           current_setting('server_encoding') as encoding,
           current_setting('fsync') as fsync,
           current_setting('full_page_writes') as "pageWrites",
           current_setting('synchronous_commit') as commit`);
  const [settings] = rows;
  if (settings === undefined) throw new Error("the server gave no settings");
  return settings;
}

/** Why a server with these settings cannot be used, or `null`. */
export function misfitOf(settings: Settings): Result<never> | null {
  const { version, encoding, fsync, pageWrites, commit } = settings;
  if (version < OLDEST)
    return failed(
      "STORE_UNFIT",
      `the server is Postgres ${Math.floor(version / 10_000)}, 15 or newer is needed`,
      "upgrade the server, or leave the URL out for the embedded database",
    );
  if (encoding !== "UTF8")
    return failed(
      "STORE_UNFIT",
      `the database's encoding is \`${encoding}\``,
      "create it with `create database NAME encoding 'UTF8' template template0`",
    );
  if (fsync !== "on" || pageWrites !== "on" || commit === "off")
    return failed(
      "STORE_UNFIT",
      `the server loses what it acknowledged: fsync is ${fsync}, full_page_writes is ${pageWrites}, synchronous_commit is ${commit}`,
      "set all three to `on`",
    );
  return null;
}
