// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { sqlSource } from "../../src/sql/source.ts";
import { splitSql } from "../../src/sql/split.ts";
import { tolerantOperations } from "../../src/sql/tolerant.ts";
import { findCalls } from "../../src/sql/tools/calls.ts";
import { changed, world } from "./changed-file.ts";

const PIECES = [
  "alter table t",
  " drop column ",
  "a",
  "'",
  '"',
  "`",
  "$$",
  "$x$",
  ";",
  "\n",
  "--",
  "/*",
  "*/",
  "(",
  ")",
  ",",
  "begin",
  "end",
  "create procedure p() ",
  "delimiter //\n",
  "//",
  "\nGO\n",
  "copy t from stdin",
  "\n\\.\n",
  "\\",
  "where",
  "1=1",
  "update t set a=1",
  "delete from t",
  "do",
  "then ",
  "<<~SQL",
  "SQL",
  "execute ",
  "op.execute(",
  '"""',
  "#",
  "[",
  "]",
  "\u0000",
  "é",
  "�",
  "with x as (",
];
const text = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 5 })), { maxLength: 60 })
  .map((parts) => parts.join(""));

test("the splitter takes anything, keeps every statement and counts lines truly", () => {
  fc.assert(
    fc.property(text, fc.boolean(), (script, backslash) => {
      const lines = script.split("\n");
      for (const { text: statement, line } of splitSql(script, { backslash }).statements) {
        expect(script).toContain(statement);
        expect(lines[line - 1]).toContain(statement.split("\n")[0]);
      }
    }),
    { numRuns: 500 },
  );
});

test("the tolerant reader and the call finder take anything", () => {
  const languages = ["ruby", "python", "javascript", "php", "go", "csharp"] as const;
  fc.assert(
    fc.property(text, fc.constantFrom(...languages), (script, language) => {
      for (const one of tolerantOperations(script)) expect(one.tags).toContain("approximate");
      for (const call of findCalls(script, language, () => true).calls)
        expect(call.line).toBeGreaterThan(0);
    }),
    { numRuns: 500 },
  );
});

test("white space, comments and letter case change no verdict", async () => {
  const statement = fc.constantFrom(
    "delete from t",
    "update t set a = 1 where 1 = 1",
    "drop table t",
    "alter table t drop column a",
    "grant all on t to public",
    "create index i on t (a)",
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(statement, { minLength: 1, maxLength: 5 }),
      fc.constantFrom("", "-- note\n", "/* note */ ", "\n\n"),
      async (list, gap) => {
        const aspects = async (script: string): Promise<readonly string[]> =>
          (await sqlSource.read([changed("migrations/1.sql", null, script)], world())).deltas.map(
            (one) => `${one.aspect} ${one.subject}`,
          );
        const plain = await aspects(`${list.join(";\n")};`);
        expect(
          await aspects(
            list
              .map((one) => `${gap}${one.toUpperCase().replace(/ /g, "  ")};`)
              .join(gap === "" ? "" : "\n"),
          ),
        ).toEqual(plain);
      },
    ),
    { numRuns: 40 },
  );
});

test("a script of nothing but quotes or brackets ends", () => {
  for (const piece of [
    "'",
    '"',
    "`",
    "(",
    "$$",
    "/*",
    "<<~SQL\n",
    "begin ",
    "#",
    "-- +goose Up\n",
  ]) {
    const long = piece.repeat(5_000);
    splitSql(long, { backslash: true });
    tolerantOperations(long.slice(0, 100_000));
    findCalls(long, "ruby", () => true);
  }
});
