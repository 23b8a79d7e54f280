// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { checkBudgets, type Exception, reportBudgets } from "../checks/budgets.ts";
import { filesOf, lines } from "./files.ts";

const PATH = "packages/core/src/a.ts";
const long = (count: number): string => `function f() {\n${"  g();\n".repeat(count - 2)}}\n`;
const EXCEPTION: Exception = {
  path: PATH,
  budget: "function-lines",
  name: "f",
  upTo: 80,
  reason: "a table of opcodes reads best in one piece",
};
const of = (text: string, exceptions: readonly Exception[] = [], path = PATH): readonly string[] =>
  lines(checkBudgets(filesOf({ [path]: text }), exceptions));

describe("functions", () => {
  test("70 lines are within the budget, 71 are not", () => {
    expect(of(long(70))).toEqual([]);
    expect(of(`\n${long(71)}`)).toEqual([`${PATH}:2 \`f\` has 71 lines, the budget is 70`]);
  });

  test.each([
    ["an arrow", `const f = () => {${"\n".repeat(80)}};`, "`f`"],
    ["a method", `const o = { f() {${"\n".repeat(80)}} };`, "`f`"],
    ["an arrow in an object", `const o = { f: () => {${"\n".repeat(80)}} };`, "`f`"],
    ["a callback", `run(() => {${"\n".repeat(80)}});`, "`(anonymous)`"],
    ["a generator", `function* f() {${"\n".repeat(80)}}`, "`f`"],
  ])("catches %s", (_, text, name) => {
    expect(of(text)).toEqual([`${PATH}:1 ${name} has 81 lines, the budget is 70`]);
  });

  test("a fifth parameter is one too many", () => {
    expect(of("function f(a: A, b: B, { c, d }: C, ...e: E[]) {}")).toEqual([]);
    expect(of("function f(a: A, b: B, c: C, d: D, e: E) {}")).toEqual([
      `${PATH}:1 \`f\` has 5 parameters, the budget is 4`,
    ]);
  });

  test("tests may have long functions, since a `describe` is one", () => {
    expect(of(long(200), [], "packages/core/test/a.test.ts")).toEqual([]);
  });
});

test("a file of more than 400 lines is too long, in tests too", () => {
  const path = "packages/core/test/a.test.ts";
  expect(of("a;\n".repeat(400), [], path)).toEqual([]);
  expect(of("a;\n".repeat(401), [], path)).toEqual([
    `${path}:1 the file has 401 lines, the budget is 400`,
  ]);
});

describe("exceptions", () => {
  test("one with a reason is accepted, up to its own limit", () => {
    expect(of(long(80), [EXCEPTION])).toEqual([]);
    expect(of(long(81), [EXCEPTION])).toHaveLength(2);
  });

  test("one that nothing needs is a failure", () => {
    expect(of(long(60), [EXCEPTION])).toEqual([
      expect.stringContaining("is needed by nothing: remove it"),
    ]);
  });

  test("one without a reason is a failure", () => {
    expect(of(long(80), [{ ...EXCEPTION, reason: "" }])).toEqual([
      expect.stringContaining("gives no reason"),
    ]);
  });
});

test("the report leaves tests out", () => {
  const files = filesOf({ [PATH]: long(10), "packages/core/test/a.test.ts": long(300) });
  expect(reportBudgets(files)).toBe(
    "file-lines: 1 measured, median 10, p95 10, most 10\n" +
      "function-lines: 1 measured, median 10, p95 10, most 10",
  );
});
