// SPDX-License-Identifier: Apache-2.0
import { DELTAS_MAX, type Gap } from "@interlock/core";
import type { ChangedFile, Source, SourceResult, World } from "../source.ts";
import { type Dialect, dialectOf } from "./dialect.ts";
import { judge, type ReadFile } from "./judge.ts";
import { isCodeMigration, roleOf } from "./migration.ts";
import { loadPostgres, type PostgresParser } from "./postgres.ts";
import { EMPTY_READING, type Reading, readScript } from "./reading.ts";
import { declarationsIn } from "./reference-type.ts";
import { readCode } from "./tools/read-code.ts";

/** A larger script is a data dump; splitting it is linear but would cost seconds a commit. */
const SCRIPT_MAX = 8_000_000;
/** Neighbours looked at to learn the dialect of a script that is plain SQL. */
const NEIGHBOURS_MAX = 6;
const SQL = /\.(?:sql|ddl|pgsql|psql|mysql|tsql|cql)$/i;

/** Statements of new migrations and SQL scripts, judged by what they do to existing data. */
export const sqlSource: Source = {
  group: "sql",
  wants: (file) => SQL.test(file.path) || isCodeMigration(file.path),
  read: readSql,
};

async function readSql(files: readonly ChangedFile[], world: World): Promise<SourceResult> {
  const parse = await loadPostgres();
  const read: ReadFile[] = [];
  const gaps: Gap[] = [];
  for (const file of files) {
    const size = Math.max(file.before?.length ?? 0, file.after?.length ?? 0);
    if (size > SCRIPT_MAX && !roleOf(file.path, file.after ?? "").dump) {
      gaps.push({
        group: "sql",
        path: file.path,
        code: "too-large",
        detail: `the script has ${size} characters; ${SCRIPT_MAX} are read`,
        help: "split the script, or move its data out of the migration",
      });
      continue;
    }
    const one = await readFile(file, world, parse);
    if (one !== null) read.push(one);
  }
  const { deltas, effects } = judge(read);
  if (deltas.length > DELTAS_MAX) gaps.push(tooMany(deltas.length));
  return { deltas: deltas.slice(0, DELTAS_MAX), effects: effects.slice(0, 1_000), gaps };
}

async function readFile(
  file: ChangedFile,
  world: World,
  parse: PostgresParser,
): Promise<ReadFile | null> {
  const { path } = file;
  const text = file.after ?? "";
  const code = !SQL.test(path);
  const dialect = await dialectFor(path, file.after ?? file.before ?? "", world);
  const readSide = (at: string, side: string | null): Reading | null => {
    if (side === null) return null;
    return code ? readCode(at, side, dialect, parse) : readScript(at, side, dialect, parse);
  };
  const after = readSide(path, file.after) ?? {
    ...EMPTY_READING,
    dialect,
    role: roleOf(path, text),
  };
  const before = readSide(file.oldPath ?? path, file.before);
  return {
    path,
    environment: file.environment,
    format: code ? file.language : "sql",
    added: file.status === "added",
    counterpart: file.status === "added" ? await counterpart(path, world) : null,
    before,
    declares: {
      before: code || file.before === null ? null : declarationsIn(file.before),
      after: declarationsIn(code ? "" : text),
    },
    after: file.kind === "test" ? { ...after, role: { ...after.role, test: true } } : after,
  };
}

/** Whether `X.up.sql` has its `X.down.sql`; `null` where the tool has no such convention. */
async function counterpart(path: string, world: World): Promise<boolean | null> {
  if (!/\.up\.sql$/i.test(path)) return null;
  const text = await world.readAfter(path.replace(/\.up\.sql$/i, ".down.sql"));
  return text !== null && text.replace(/--[^\n]*/g, "").trim() !== "";
}

async function dialectFor(path: string, text: string, world: World): Promise<Dialect> {
  const own = dialectOf(path, text);
  if (own !== "unknown") return own;
  const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
  const neighbours = (await world.listAfter(folder))
    .filter(
      (one) =>
        one !== path && SQL.test(one) && one.slice(0, Math.max(0, one.lastIndexOf("/"))) === folder,
    )
    .slice(-NEIGHBOURS_MAX);
  for (const neighbour of neighbours) {
    const other = dialectOf(neighbour, (await world.readAfter(neighbour)) ?? "");
    if (other !== "unknown") return other;
  }
  return "unknown";
}

function tooMany(count: number): Gap {
  return {
    group: "sql",
    path: "",
    code: "truncated",
    detail: `the change does ${count} things to databases; ${DELTAS_MAX} are kept`,
    help: "split the change",
  };
}
