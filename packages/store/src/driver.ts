// SPDX-License-Identifier: Apache-2.0
import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type TransactionSettings,
} from "kysely";
import pg from "pg";
import { isCertain, isForgotten } from "./sqlstate.ts";
import type { Tables } from "./tables.ts";

export type Database = Kysely<Tables>;

/**
 * COMMIT was sent and its answer never came. The server may have committed, may yet commit, or may
 * never do so: neither success nor failure can be told.
 */
export class CommitUnknown extends Error {
  override readonly name = "CommitUnknown";
}

/** A statement failed and its error was swallowed, so that the server answered COMMIT with a rollback. */
export class CommitRefused extends Error {
  override readonly name = "CommitRefused";
}

/** Where `onPoint` is called in the life of a transaction. */
export type CommitPoint = "commit.before" | "commit.after";

export type DriverTerms = {
  readonly onPoint: (point: CommitPoint) => void;
  /** How long an answer is waited for, in milliseconds; 0: for ever. */
  readonly answerMs: number;
  /** Whether each client is a session of its own, in which statements can be kept by name. */
  readonly sessions: boolean;
};

/** Planning a long statement takes the server longer than running it; a short one is not worth a name. */
const LONG = 800;
/** Texts are written in this package, so that there are few; whatever makes many must not fill sessions. */
const NAMES = 64;
const names = new Map<string, string>();

/** A long statement with parameters is parsed and planned once a session, by this name. */
function nameOf(text: string, values: readonly unknown[]): string | undefined {
  if (text.length < LONG || values.length === 0) return undefined;
  const known = names.get(text);
  if (known !== undefined || names.size >= NAMES) return known;
  const name = `interlock_${names.size}`;
  names.set(text, name);
  return name;
}

/** Kysely over a pool of `pg` clients, the same for both engines. */
export function databaseOver(pool: pg.Pool, terms: DriverTerms): Database {
  return new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new PoolDriver(pool, terms),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
}

/**
 * A lost connection is also an event, which nobody hears and which would end the process. The statement
 * under way fails by itself, and the pool drops the client.
 */
export function keepQuiet(pool: pg.Pool): void {
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
}

const INT8 = 20;

/** Reads `bigint` as a number, by (exact-numbers). */
export const TYPES: pg.CustomTypesConfig = {
  getTypeParser: (id, format) => (id === INT8 ? exactNumber : pg.types.getTypeParser(id, format)),
};

/** INVARIANT (exact-numbers): a 64-bit integer that a number cannot hold is an error, never rounded. */
function exactNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`\`${text}\` does not fit a number`);
  return value;
}

class PooledConnection implements DatabaseConnection {
  readonly client: pg.PoolClient;
  readonly #terms: DriverTerms;
  /** Why the client must not be used again. */
  broken: Error | null = null;

  constructor(client: pg.PoolClient, terms: DriverTerms) {
    this.client = client;
    this.#terms = terms;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { command, rowCount, rows } = await this.run(query.sql, query.parameters);
    // Kysely names the row's type; the driver cannot know it.
    const typed = rows as R[];
    return WRITES.has(command) && rowCount !== null
      ? { numAffectedRows: BigInt(rowCount), rows: typed }
      : { rows: typed };
  }

  /** Of several statements in one text the answer is the last one's. */
  async run(text: string, values: readonly unknown[] = []): Promise<pg.QueryResult> {
    try {
      // The types of `pg` leave out that a statement has a limit of its own.
      const name = this.#terms.sessions ? nameOf(text, values) : undefined;
      const query: pg.QueryConfig & { readonly query_timeout: number } = {
        ...{ text, values: [...values], query_timeout: this.#terms.answerMs },
        ...(name === undefined ? {} : { name }),
      };
      const result: pg.QueryResult | pg.QueryResult[] = await this.client.query(query);
      return lastOf(result);
    } catch (error) {
      if (!isCertain(error) || isForgotten(error))
        this.broken = error instanceof Error ? error : new Error(String(error));
      throw error;
    }
  }

  // biome-ignore lint/correctness/useYield: nothing is streamed, and Kysely wants a generator
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error("results are read in pages, never streamed");
  }
}

/** The driver gives a list for several statements, which its types do not say. */
function lastOf(result: pg.QueryResult | readonly pg.QueryResult[]): pg.QueryResult {
  if (!("at" in result)) return result;
  const last = result.at(-1);
  if (last === undefined) throw new Error("invariant broken: a text of no statement");
  return last;
}

const WRITES: ReadonlySet<string> = new Set(["INSERT", "UPDATE", "DELETE", "MERGE"]);

class PoolDriver implements Driver {
  readonly #pool: pg.Pool;
  readonly #terms: DriverTerms;

  constructor(pool: pg.Pool, terms: DriverTerms) {
    this.#pool = pool;
    this.#terms = terms;
  }

  async init(): Promise<void> {
    // The pool connects when it is first asked.
  }

  async acquireConnection(): Promise<PooledConnection> {
    return new PooledConnection(await this.#pool.connect(), this.#terms);
  }

  async beginTransaction(
    connection: PooledConnection,
    settings: TransactionSettings,
  ): Promise<void> {
    const isolation = settings.isolationLevel ?? "serializable";
    await connection.run(
      `begin isolation level ${isolation} ${settings.accessMode ?? "read write"}`,
    );
  }

  async commitTransaction(connection: PooledConnection): Promise<void> {
    this.#terms.onPoint("commit.before");
    let command: string;
    try {
      ({ command } = await connection.run("commit"));
    } catch (error) {
      if (isCertain(error)) throw error;
      throw new CommitUnknown("the connection was lost while committing", { cause: error });
    }
    // COMMIT of a failed transaction is no error: the server says what it did instead.
    if (command !== "COMMIT")
      throw new CommitRefused("the transaction had failed and was rolled back");
    this.#terms.onPoint("commit.after");
  }

  async rollbackTransaction(connection: PooledConnection): Promise<void> {
    // A session that cannot even roll back is closed, and the server rolls back then.
    if (connection.broken === null) await connection.run("rollback");
  }

  async releaseConnection(connection: PooledConnection): Promise<void> {
    connection.client.release(connection.broken ?? false);
  }

  async destroy(): Promise<void> {
    await this.#pool.end();
  }
}

/** A query as text, for the few that Kysely cannot say. */
export function plain(text: string, parameters: readonly unknown[] = []): CompiledQuery {
  return CompiledQuery.raw(text, [...parameters]);
}
