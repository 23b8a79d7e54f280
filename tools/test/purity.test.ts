// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { checkPurity } from "../checks/purity.ts";
import { filesOf, lines } from "./files.ts";

const of = (text: string, path = "packages/core/src/a.ts"): readonly string[] =>
  lines(checkPurity(filesOf({ [path]: text })));

test.each([
  ["a clock", "const now = Date.now();", "`Date`: this package has no clock"],
  ["a clock as a type", "type A = { at: Date };", "`Date`: this package has no clock"],
  ["another clock", "performance.now();", "`performance`: this package has no clock"],
  ["randomness", "const r = Math.random();", "`Math.random`: there is no randomness here"],
  ["the environment", "if (process.env.X) f();", "`process`: this package has no environment"],
  [
    "the environment by a side door",
    "globalThis.a;",
    "`globalThis`: this package has no environment",
  ],
  ["the network", "fetch(url);", "`fetch`: this package has no network"],
  ["a promise", "const p: Promise<void> = f();", "`Promise`: this package is synchronous"],
  ["a timer", "setTimeout(f, 1);", "`setTimeout`: this package is synchronous"],
  ["a locale", "a.localeCompare(b);", "`localeCompare` depends on the machine's locale"],
  ["an async function", "async function f() {}", "nothing in it is `async`"],
  ["an async arrow", "const f = async () => 1;", "nothing in it is `async`"],
  ["an async method", "const o = { async f() {} };", "nothing in it is `async`"],
])("catches %s", (_, text, message) => {
  const found = of(`\n${text}`);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain("packages/core/src/a.ts:2 ");
  expect(found[0]).toContain(message);
});

test("comments, texts and members of the same name are innocent", () => {
  expect(of("// Date, Promise, async\nconst a = 'fetch';\nb.process;\nMath.max(1);\n")).toEqual([]);
});

test("packages that face the world may do all of it", () => {
  expect(of("await fetch(String(Date.now()));", "packages/facts/src/a.ts")).toEqual([]);
  expect(of("Date.now();", "packages/core/test/a.test.ts")).toEqual([]);
});
