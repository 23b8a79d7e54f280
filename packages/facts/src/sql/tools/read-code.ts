// SPDX-License-Identifier: Apache-2.0
import { classify } from "../classify.ts";
import type { Dialect } from "../dialect.ts";
import { roleOf } from "../migration.ts";
import { oneLine, type PlacedOperation } from "../operation.ts";
import type { PostgresParser } from "../postgres.ts";
import type { Reading } from "../reading.ts";
import { splitSql } from "../split.ts";
import { type Call, findCalls, literalVariables, type ScriptLanguage } from "./calls.ts";
import { RECIPES } from "./recipes.ts";

const LANGUAGES: readonly (readonly [RegExp, ScriptLanguage])[] = [
  [/\.rb$/i, "ruby"],
  [/\.py$/i, "python"],
  [/\.(?:js|cjs|mjs|ts)$/i, "javascript"],
  [/\.php$/i, "php"],
  [/\.cs$/i, "csharp"],
  [/\.go$/i, "go"],
];

/** Words that only migrations of the language's tools have; other code is left alone. */
const TOOL: Readonly<Record<ScriptLanguage, RegExp>> = {
  ruby: /Migration\b|\bMigration\[/,
  python: /\balembic\b|\bop\.|\bmigrations\.(?:Migration|\w+)/,
  javascript:
    /\bknex\b|\brunSql\b|\bdb-migrate\b|\bqueryInterface\b|\bqueryRunner\b|\bpgm\.|\bschema\b/,
  php: /\bSchema::|extends\s+\w*Migration\b/,
  csharp: /\bMigrationBuilder\b/,
  go: /\bgoose\b|\bmigrat/i,
};

const SECTION: Readonly<Record<ScriptLanguage, RegExp>> = {
  ruby: /^[ \t]*def (?:self\.)?(up|down|change)\b/gm,
  python: /^def (upgrade|downgrade)\b/gm,
  javascript: /\b(up|down)\s*(?:=(?!=)|\(|:)/g,
  php: /\bfunction (up|down)\s*\(/g,
  csharp: /\bvoid (Up|Down)\s*\(/g,
  go: /\bfunc (?:\([^)\n]*\) )?\w*?([Uu]p|[Dd]own)\w*\(/g,
};

const NO_TRANSACTION =
  /\bdisable_ddl_transaction!|\batomic\s*=\s*False\b|\bautocommit_block\b|transaction\s*[:=]\s*false|\bgoose\.AddMigrationNoTx/;
const NO_RETURN =
  /IrreversibleMigration|\bdef downgrade\([^)\n]*\)[^:\n]*:\s*(?:"""[^"]*"""\s*)?(?:pass|raise)\b/;

/** Reads a migration that is written in code, as far as its arguments are literal. */
export function readCode(
  path: string,
  text: string,
  dialect: Dialect,
  parse: PostgresParser,
): Reading | null {
  const language = LANGUAGES.find(([pattern]) => pattern.test(path))?.[1];
  if (language === undefined || !TOOL[language].test(text)) return null;
  const recipes = RECIPES[language];
  const { calls, truncated } = findCalls(text, language, (name) => Object.hasOwn(recipes, name));
  const sections = [...text.matchAll(SECTION[language])].map((match) => ({
    offset: match.index,
    down: /^down/i.test(match[1] ?? ""),
  }));
  const walk = walkCalls(calls, {
    language,
    sections,
    variables: literalVariables(text, language),
    dialect,
    parse,
  });
  return {
    operations: walk.operations,
    transaction: NO_TRANSACTION.test(text)
      ? "none"
      : language === "javascript"
        ? "unknown"
        : "tool",
    dialect,
    role: { ...roleOf(path, ""), migration: true, dump: false },
    wayBack: wayBackOf(language, sections, text),
    unreadable: truncated
      ? [
          ...walk.unreadable,
          { line: calls.at(-1)?.line ?? 1, why: "the migration has too many calls" },
        ]
      : walk.unreadable,
  };
}

function wayBackOf(
  language: ScriptLanguage,
  sections: readonly { readonly down: boolean }[],
  text: string,
): Reading["wayBack"] {
  if (NO_RETURN.test(text)) return "absent";
  const has = sections.some((one) => one.down);
  if (has) return "present";
  const changes = language === "ruby" && /\bdef change\b/.test(text);
  return sections.length === 0 || changes ? "no-convention" : "absent";
}

type Walk = {
  readonly language: ScriptLanguage;
  readonly sections: readonly { readonly offset: number; readonly down: boolean }[];
  readonly variables: ReturnType<typeof literalVariables>;
  readonly dialect: Dialect;
  readonly parse: PostgresParser;
};

function walkCalls(
  calls: readonly Call[],
  walk: Walk,
): { readonly operations: readonly PlacedOperation[]; readonly unreadable: Reading["unreadable"] } {
  const operations: PlacedOperation[] = [];
  const unreadable: { line: number; why: string }[] = [];
  let block = { table: "", created: false };
  for (const call of calls) {
    const recipes = RECIPES[walk.language];
    const read = recipes[call.name]?.(call, block.table) ?? {};
    const down = walk.sections.filter((one) => one.offset <= call.offset).at(-1)?.down ?? false;
    if (read.opens !== undefined) block = read.opens;
    const named = read.variable === undefined ? undefined : walk.variables.get(read.variable);
    if (read.variable !== undefined && named === undefined)
      unreadable.push({ line: call.line, why: "the statement is built at run time" });
    const text = oneLine(`${call.name} ${call.args.map((arg) => arg.text).join(", ")}`).slice(
      0,
      300,
    );
    for (const one of read.operations ?? []) {
      if (one.object === "") continue;
      operations.push({ ...one, line: call.line, text, down });
    }
    const sql = read.sql ?? named?.value;
    if (sql === undefined) continue;
    const from = named?.line ?? call.line + (read.skew ?? 0);
    for (const statement of splitSql(sql, { backslash: walk.dialect === "mysql" }).statements)
      for (const one of classify(statement.text, walk.dialect, walk.parse))
        operations.push({
          ...one,
          line: from + statement.line - 1,
          text: oneLine(statement.text.slice(0, 2_000)),
          down,
        });
  }
  return { operations, unreadable };
}
