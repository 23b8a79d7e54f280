// SPDX-License-Identifier: Apache-2.0
/** One connection to the database of a fix, whose settings make texts of values exact. */
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { type DataAnswer, type DataTerms, failed } from "./fix.ts";

export type Session = {
  readonly query: <R extends pg.QueryResultRow>(
    sql: string,
    values?: readonly unknown[],
  ) => Promise<pg.QueryResult<R>>;
  /** Several statements in one message, without parameters; what each of them answers. */
  readonly queries: (sql: string) => Promise<readonly pg.QueryResult[]>;
  readonly close: () => Promise<void>;
};

/**
 * With these, what a type writes it reads back as the same value (as `pg_dump` relies on), and a
 * statement means the same wherever it is run from. Compiling takes longer than a batch does.
 */
const SETTINGS = `
  set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres'; set extra_float_digits = 3;
  set bytea_output = 'hex'; set timezone = 'UTC'; set row_security = off;
  set standard_conforming_strings = on; set idle_in_transaction_session_timeout = '60s';
  set default_transaction_isolation = 'read committed'; set jit = off`;

export async function openSession(url: string): Promise<DataAnswer<Session>> {
  const client = new pg.Client({ connectionString: url, application_name: "interlock data" });
  // Without it a server that goes away ends the process; the next query says it.
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query(SETTINGS);
  } catch (error) {
    await client.end().catch(() => undefined); // the connection is what failed
    return failed(
      "STORE_UNREACHABLE",
      `the database cannot be used: ${error instanceof Error ? error.message : String(error)}`,
      "check its URL, and that the role may log in",
    );
  }
  return {
    ok: true,
    value: {
      query: <R extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []) =>
        // Several statements at once go without parameters only.
        values.length === 0 ? client.query<R>(sql) : client.query<R>(sql, [...values]),
      queries: async (sql) => {
        const said: unknown = await client.query(sql);
        // One answer a statement where there are several, as `pg` documents.
        return Array.isArray(said) ? said : [said as pg.QueryResult];
      },
      close: () => client.end(),
    },
  };
}

/** Met again later it may go well: lock, time-out, serialization, deadlock. */
const AGAIN = new Set(["55P03", "57014", "40001", "40P01"]);
const BACKOFF_MS = 200;

export const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

export type Within = {
  /** `false`: everything is rolled back. */
  readonly keep?: boolean;
  /** Statements that travel with the beginning; the work gets what they answered. */
  readonly first?: readonly string[];
};

/**
 * Runs work in a transaction under the time-outs, again where something was in the way. What it
 * answers as a failure is rolled back.
 */
export async function inTransaction<T>(
  session: Session,
  terms: Pick<DataTerms, "lockTimeoutMs" | "statementTimeoutMs" | "tries">,
  work: (said: readonly pg.QueryResult[]) => Promise<DataAnswer<T>>,
  { keep = true, first = [] }: Within = {},
): Promise<DataAnswer<T>> {
  const begin = [
    "begin",
    `set local lock_timeout = ${terms.lockTimeoutMs}`,
    `set local statement_timeout = ${terms.statementTimeoutMs}`,
  ];
  for (let tried = 1; ; tried++) {
    try {
      const said = await session.queries([...begin, ...first].join("; "));
      const answer = await work(said.slice(begin.length));
      await session.query(answer.ok && keep ? "commit" : "rollback");
      return answer;
    } catch (error) {
      const code = codeOf(error);
      // Where the connection is gone, so is the transaction; whether a commit took effect the run's row says.
      await session.query("rollback").catch(() => undefined);
      if (!AGAIN.has(code) || tried >= terms.tries) return failureOf(error);
      await sleep(BACKOFF_MS * 2 ** (tried - 1));
    }
  }
}

const HELP: Readonly<Record<string, readonly ["STORE_BUSY" | "INPUT_INVALID", string]>> = {
  "55P03": ["STORE_BUSY", "somebody holds its rows; run it again, it goes on where it is"],
  "57014": ["STORE_BUSY", "make the batch smaller, or the time-out longer, and run it again"],
  "40001": ["STORE_BUSY", "run it again, it goes on where it is"],
  "40P01": ["STORE_BUSY", "run it again, it goes on where it is"],
};

/** What the server said, as a failure; a bug of ours is thrown on. */
export function failureOf(error: unknown): ReturnType<typeof failed> {
  if (!(error instanceof Error)) throw error;
  const code = codeOf(error);
  const [named, help] = HELP[code] ?? [null, ""];
  if (named !== null) return failed(named, `the database gave up: ${error.message}`, help);
  if (/^[0-9A-Z]{5}$/.test(code) && !/^(?:08|57|53)/.test(code))
    return failed(
      "INPUT_INVALID",
      `the database refuses it: ${error.message} (${code})`,
      "nothing of this batch was written; mend the fix, or what it met",
    );
  // `pg` says without a code that its connection ended; every other error without one is a bug.
  if (code === "" && !/connection|terminated|not queryable/i.test(error.message)) throw error;
  return failed(
    "STORE_UNREACHABLE",
    `the database went away: ${error.message}`,
    "run it again when it answers, it goes on where it is",
  );
}
