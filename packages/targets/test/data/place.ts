// SPDX-License-Identifier: Apache-2.0
/** A database of one's own on the shared server, and fixes as data. */
import { createHash } from "node:crypto";
import { sharedPostgres } from "@interlock/testkit";
import pg from "pg";
import { onTestFinished } from "vitest";
import type { DataFix, DataStatement, DataTerms, RunOf, Session } from "../../src/index.ts";
import { openSession, prepareJournal } from "../../src/index.ts";

export const TERMS: DataTerms = {
  expect: { min: 0, max: 1_000_000 },
  batch: 3,
  pauseMs: 0,
  lockTimeoutMs: 1_000,
  statementTimeoutMs: 20_000,
  tries: 2,
};

export const UNDO = { ...TERMS, quarantineMax: 1_000_000 };

export type Place = {
  readonly url: string;
  readonly db: pg.Client;
  readonly session: () => Promise<Session>;
  readonly rows: (sql: string) => Promise<readonly Record<string, unknown>[]>;
};

export async function place(setUp: string): Promise<Place | null> {
  const server = await sharedPostgres();
  if (server === null) return null;
  const url = server.newDatabase();
  const db = new pg.Client({ connectionString: url });
  await db.connect();
  // What is killed here are processes of ours, not the server.
  await db.query(`alter database "${new URL(url).pathname.slice(1)}" set synchronous_commit = off`);
  await db.query(`set synchronous_commit = off; ${setUp}`);
  const open: Session[] = [];
  const session = async () => {
    const opened = await openSession(url);
    if (!opened.ok) throw new Error(opened.failure.message);
    open.push(opened.value);
    return opened.value;
  };
  await prepareJournal(await session());
  onTestFinished(async () => {
    for (const one of open) await one.close().catch(() => undefined); // killed by the test
    await db.end();
  });
  return { url, db, session, rows: async (sql) => (await db.query(sql)).rows };
}

export const runOf = (name: string): RunOf => {
  const hash = createHash("sha256").update(name).digest("hex");
  return { run: hash, change: hash.slice(0, 20), digest: hash, entry: hash };
};

type Update = Extract<DataStatement, { action: "update" }>;

export const update = (
  table: string,
  columns: Update["columns"],
  { set, where, whereReads = [] }: { set: string; where: string; whereReads?: readonly string[] },
): Update => ({
  ...{ action: "update", schema: null, table, alias: null, functions: [] },
  ...{ set, columns, where, whereReads },
});

export const remove = (table: string, where: string): DataStatement => ({
  ...{ action: "delete", schema: null, table, alias: null, functions: [], where, whereReads: [] },
});

export const insert = (table: string, text: string, rows: number): DataStatement => ({
  ...{ action: "insert", schema: null, table, alias: null, functions: [], text, rows },
});

export const fixOf = (statement: DataStatement, more: Partial<DataFix> = {}): DataFix => ({
  ...{ statement, key: ["id"], beyond: [], terms: TERMS },
  ...more,
});
