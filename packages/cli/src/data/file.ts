// SPDX-License-Identifier: Apache-2.0
/** A data fix as it stands in Git: an SQL file with a head in comments, or an unwind in YAML. */
import { basename } from "node:path";
import {
  bool,
  type Fields,
  GateError,
  type Infer,
  int,
  list,
  object,
  optional,
  problemsOf,
  text,
} from "@interlock/core";
import { sha256Hex, utf8 } from "@interlock/digest";
import { readDataExpression, readDataStatement } from "@interlock/facts";
import type { DataFix, Touches, UnwindFix } from "@interlock/targets";
import { parseDocument } from "yaml";
import { readText } from "../files/read.ts";

const FIRST = "-- interlock data fix";
const MS_MAX = 3_600_000;
const ROWS_MAX = 1_000_000_000;

const SHARED = {
  version: int(1, 1),
  database: text({ max: 60 }),
  pauseMs: optional(int(0, MS_MAX)),
  lockTimeoutMs: optional(int(1, MS_MAX)),
  statementTimeoutMs: optional(int(1, MS_MAX)),
  tries: optional(int(1, 20)),
  waves: optional(list(int(1, 99), 10)),
  watch: optional(object({ system: text({ max: 200 }), cells: list(text({ max: 200 }), 1_000) })),
} satisfies Fields;

const ROWS = object({ min: int(0, ROWS_MAX), max: int(0, ROWS_MAX) });
const AMOUNT = object({ min: int(), max: int() });
const EXPECT = { rows: ROWS, orders: optional(AMOUNT), money: optional(AMOUNT) } satisfies Fields;
const EXPRESSION = text({ max: 2_000 });

const HEAD = object({
  ...SHARED,
  key: list(text({ max: 63 }), 16),
  expect: object(EXPECT),
  touches: optional(
    object({
      orders: optional(EXPRESSION),
      money: optional(EXPRESSION),
      currency: optional(text({ max: 60 })),
    }),
  ),
  batch: optional(int(1, 50_000)),
  beyond: optional(list(text({ max: 200 }), 50)),
});

const UNWIND = object({
  ...SHARED,
  unwind: object({
    run: text({ max: 64, form: "digest" }),
    change: text({ max: 200 }),
    bringBack: optional(bool()),
  }),
  expect: object({ ...EXPECT, quarantine: int(0, ROWS_MAX) }),
});

/** Cells of a system of the control plane, of which the analysis is asked before each wave. */
export type Watch = { readonly system: string; readonly cells: readonly string[] };

export type DataFile = {
  readonly digest: string;
  readonly database: string;
  readonly watch: Watch | null;
} & (
  | { readonly kind: "fix"; readonly fix: DataFix }
  | { readonly kind: "unwind"; readonly unwind: UnwindFix }
);

const DATABASE = /^[a-z][a-z0-9-]{0,59}$/;

/** Reads a file. Throws `GateError` INPUT_INVALID with everything that a person has to mend. */
export async function readDataFile(path: string): Promise<DataFile> {
  const content = readText(path);
  if (content.includes("\uFFFD"))
    throw wrong(path, "is not UTF-8, or holds a replacement character", "write it in UTF-8");
  const digest = sha256Hex(utf8(content));
  if (/\.data\.ya?ml$/.test(basename(path))) {
    const read = headOf(UNWIND, content, path);
    const { run, bringBack } = read.unwind;
    const way = bringBack === true ? "redo" : "undo";
    const terms = { ...termsOf(read, path), quarantineMax: read.expect.quarantine };
    return {
      digest,
      database: databaseOf(read, path),
      watch: watchOf(read, path),
      kind: "unwind",
      unwind: { run, way, terms },
    };
  }
  const { head, sql } = cut(content, path);
  const read = headOf(HEAD, head, path);
  const statement = await readDataStatement(sql);
  if (!statement.ok) throw wrong(path, statement.says, statement.help);
  const touches = await touchesOf(read, statement.statement, path);
  if (statement.statement.action === "insert" && (read.waves ?? []).length > 0)
    throw wrong(path, "inserts in waves", "an insert is one batch: leave `waves` out");
  return {
    ...{ digest, database: databaseOf(read, path), watch: watchOf(read, path), kind: "fix" },
    fix: {
      statement: statement.statement,
      key: read.key,
      beyond: read.beyond ?? [],
      ...(touches === null ? {} : { touches }),
      terms: { ...termsOf(read, path), batch: read.batch ?? 10_000 },
    },
  };
}

/** What the rows stand for, read by the server's own grammar as the statement is. */
async function touchesOf(
  { touches, expect }: Infer<typeof HEAD>,
  statement: DataFix["statement"],
  path: string,
): Promise<Touches | null> {
  for (const what of ["orders", "money"] as const)
    if (expect[what] !== undefined && touches?.[what] === undefined)
      throw wrong(path, `expects ${what} that \`touches\` does not count`, "say how in SQL");
  if (touches === undefined) return null;
  if (statement.action === "insert")
    throw wrong(path, "counts what an insert touches", "nothing is there yet: leave `touches` out");
  const { orders = null, money = null, currency = null } = touches;
  if ((money === null) !== (currency === null))
    throw wrong(path, "has money without `currency`, or the reverse", "such as `EUR cents`");
  const functions: string[] = [];
  for (const sql of [orders, money]) {
    if (sql === null) continue;
    const read = await readDataExpression(sql, statement);
    if (!read.ok)
      throw wrong(path, `\`touches\` ${read.says}`, "write one expression, such as `sum(cents)`");
    functions.push(...read.functions);
  }
  return { orders, money, currency, functions };
}

const termsOf = (read: Pick<Infer<typeof HEAD>, "expect" | keyof typeof SHARED>, path: string) => ({
  expect: read.expect.rows,
  touched: { orders: read.expect.orders, money: read.expect.money },
  waves: risingOf(read.waves ?? [], path),
  pauseMs: read.pauseMs ?? 100,
  lockTimeoutMs: read.lockTimeoutMs ?? 2_000,
  statementTimeoutMs: read.statementTimeoutMs ?? 30_000,
  tries: read.tries ?? 5,
});

function watchOf(
  { watch, waves = [] }: Pick<Infer<typeof HEAD>, "watch" | "waves">,
  path: string,
): Watch | null {
  if (watch === undefined) return null;
  if (waves.length === 0)
    throw wrong(path, "watches cells, and has no waves", "add `waves`, such as `waves: [1, 10]`");
  if (watch.cells.length > 0 && new Set(watch.cells).size === watch.cells.length) return watch;
  throw wrong(
    path,
    "has no cells under `watch`, or one twice",
    "such as `watch: { system: shop, cells: [eu-1] }`",
  );
}

function risingOf(waves: readonly number[], path: string): readonly number[] {
  if (waves.every((one, i) => i === 0 || one > (waves[i - 1] ?? 0))) return waves;
  throw wrong(path, "has waves that do not rise", "such as `waves: [1, 10]`, in percent");
}

/** The comment lines at the top are the head; the statement begins with the first other line. */
function cut(content: string, path: string): { readonly head: string; readonly sql: string } {
  const lines = content.split(/\r?\n/);
  if (lines[0]?.trim() !== FIRST)
    throw wrong(path, `does not begin with \`${FIRST}\``, "see docs/guides/data-fixes.md");
  const end = lines.findIndex((line, i) => i > 0 && !line.startsWith("--"));
  const head = lines
    .slice(1, end === -1 ? undefined : end)
    .map((line) => line.replace(/^-- ?/, ""));
  return { head: head.join("\n"), sql: end === -1 ? "" : lines.slice(end).join("\n") };
}

function headOf<S extends typeof HEAD | typeof UNWIND>(
  schema: S,
  content: string,
  path: string,
): Infer<S> {
  const parsed = parseDocument(content, { schema: "core", merge: false });
  const [fault] = parsed.errors;
  if (fault !== undefined)
    throw wrong(path, `is no YAML: ${fault.message.split("\n")[0]}`, "mend it");
  const raw: unknown = parsed.toJS({ maxAliasCount: 0 });
  const [problem] = problemsOf(schema, raw, "no such field of a data fix");
  if (problem !== undefined)
    throw wrong(path, `${problem.path}: ${problem.message}`, "see docs/guides/data-fixes.md");
  return raw as Infer<S>; // the schema has just checked every field
}

function databaseOf({ database }: { readonly database: string }, path: string): string {
  if (DATABASE.test(database)) return database;
  throw wrong(path, "names its database in a way that is not read", "use a-z, 0-9 and `-`");
}

const wrong = (path: string, says: string, help: string): GateError =>
  new GateError("INPUT_INVALID", `\`${path}\`: ${says}`, help);

/** The URL of a database that a file names: it stands in no file. */
export function urlOf(database: string): string {
  const variable = `INTERLOCK_DATABASE_${database.toUpperCase().replaceAll("-", "_")}`;
  const url = process.env[variable];
  if (url !== undefined && /^postgres(?:ql)?:\/\//.test(url)) return url;
  throw new GateError(
    "USAGE",
    `${variable} holds no URL of the database \`${database}\``,
    "set it to `postgres://…`, for a role that may write no more than the fix needs",
  );
}

/** The file of an unwind, to be committed, reviewed and run as any other. */
export function unwindText(of: {
  readonly database: string;
  readonly run: string;
  readonly change: string;
  readonly bringBack: boolean;
  readonly rows: number;
  readonly quarantine: number;
}): string {
  return [
    "version: 1",
    `database: ${of.database}`,
    "unwind:",
    `  run: "${of.run}"`,
    `  change: "${of.change}"`,
    ...(of.bringBack ? ["  bringBack: true"] : []),
    `expect: { rows: { min: ${of.rows}, max: ${of.rows} }, quarantine: ${of.quarantine} }`,
    "",
  ].join("\n");
}
