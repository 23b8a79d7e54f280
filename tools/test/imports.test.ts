// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { checkImports, type ImportTable } from "../checks/imports.ts";
import { filesOf, lines } from "./files.ts";

const TABLE = JSON.parse(
  readFileSync(new URL("../checks/imports.json", import.meta.url), "utf8"),
) as ImportTable;

const of = (texts: Record<string, string>): readonly string[] =>
  lines(checkImports(filesOf(texts), TABLE));

test.each<[string, string, string, string]>([
  [
    "an edge against the table",
    "packages/digest/src/a.ts",
    'import { decide } from "@interlock/core";',
    "`digest` may not import `@interlock/core`",
  ],
  [
    "an edge by re-export",
    "packages/core/src/a.ts",
    'export * from "@interlock/policy";',
    "`core` may not import `@interlock/policy`",
  ],
  [
    "an edge by a type",
    "packages/policy/src/a.ts",
    'import type { F } from "@interlock/facts";',
    "`policy` may not import `@interlock/facts`",
  ],
  [
    "an edge by import()",
    "packages/policy/src/a.ts",
    'const f = await import("@interlock/facts");',
    "`policy` may not import `@interlock/facts`",
  ],
  [
    "node in a package for browsers",
    "packages/policy/src/a.ts",
    'import { readFileSync } from "node:fs";',
    "`policy` runs in a browser and may not import `node:fs`",
  ],
  [
    "a library that is not listed",
    "packages/digest/src/a.ts",
    'import x from "left-pad";',
    "`digest` may not import `left-pad`",
  ],
  [
    "node without its prefix",
    "packages/facts/src/a.ts",
    'import fs from "fs";',
    "`facts` may not import `fs`",
  ],
  [
    "a computed name",
    "packages/facts/src/a.ts",
    "const m = await import(name);",
    "`facts` may not import `name`",
  ],
  [
    "another package by a path",
    "packages/core/src/a/b.ts",
    'import { x } from "../../../digest/src/canonical.ts";',
    "`../../../digest/src/canonical.ts` leaves packages/core/src/: import another package by its name",
  ],
  [
    "a test of another package by a path",
    "packages/core/test/a.test.ts",
    'import { x } from "../../policy/test/b.ts";',
    "`../../policy/test/b.ts` leaves packages/core/: import another package by its name",
  ],
  [
    "sources that use tests",
    "packages/core/src/a.ts",
    'import { x } from "../test/b.ts";',
    "`../test/b.ts` leaves packages/core/src/: import another package by its name",
  ],
  [
    "the inside of a package",
    "packages/core/src/a.ts",
    'import { x } from "@interlock/digest/src/utf8.ts";',
    "`@interlock/digest/src/utf8.ts` is no package: import `@interlock/NAME` without a path",
  ],
  [
    "the test kit in a source",
    "packages/cli/src/a.ts",
    'import { x } from "@interlock/testkit";',
    "`@interlock/testkit` is for tests only",
  ],
  [
    "a package without a row",
    "packages/extra/src/a.ts",
    'import { x } from "@interlock/core";',
    "package `extra` is not in the table of imports",
  ],
])("catches %s", (_, path, text, message) => {
  expect(of({ [path]: `\n${text}\n` })).toEqual([`${path}:2 ${message}`]);
});

test("catches a library that two modules use though it belongs behind one", () => {
  const text = 'import { run } from "@bufbuild/cel";\n';
  expect(of({ "packages/core/src/cel.ts": text, "packages/core/src/decide.ts": text })).toEqual([
    "packages/core/src/decide.ts:1 `@bufbuild/cel` belongs behind one module, which is `packages/core/src/cel.ts`",
  ]);
  expect(of({ "packages/core/src/cel/a.ts": text, "packages/core/src/cel/b.ts": text })).toEqual(
    [],
  );
});

test("accepts what the table allows, and anything that tests need", () => {
  expect(
    of({
      "packages/core/src/a/b.ts":
        'import { x } from "../c.ts";\nimport { y } from "./d.ts";\nimport { z } from "@interlock/digest";',
      "packages/facts/src/a.ts": 'import { readFileSync } from "node:fs";\nimport "yaml";',
      "packages/core/test/a.test.ts":
        'import { x } from "../src/a.ts";\nimport { y } from "@interlock/testkit";\nimport "node:fs";',
      "tools/a.mjs": 'import "anything";',
    }),
  ).toEqual([]);
});

test("what only looks like an import is none", () => {
  const text = "// import 'left-pad'\nconst a = \"import x from 'left-pad'\";\nexport { a };\n";
  expect(of({ "packages/digest/src/a.ts": text })).toEqual([]);
});
