// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { checkInvariants } from "../checks/invariants.ts";
import { filesOf, lines } from "./files.ts";

const PROMISES = { all: ["bound", "erasable"], proved: ["bound"] };
const PROVED = { "packages/core/test/p.test.ts": 'test("(bound): one digest", () => {});' };
const of = (texts: Record<string, string>): readonly string[] =>
  lines(checkInvariants(filesOf({ ...PROVED, ...texts }), PROMISES));

test("catches a cited name that nobody declared", () => {
  expect(of({ "packages/core/src/a.ts": "/* x\n * never, by (one way). */\n" })).toEqual([
    "packages/core/src/a.ts:2 `one way` is cited but is no named invariant",
  ]);
});

test("catches a declared invariant without a test of its name", () => {
  const text = "/**\n * INVARIANT (one way): nothing comes back.\n */\n";
  expect(of({ "packages/core/src/a.ts": text })).toEqual([
    "packages/core/src/a.ts:2 no test is named `(one way)`",
  ]);
});

test("catches a promise that nothing proves", () => {
  expect(lines(checkInvariants([], PROMISES))).toEqual([
    "tools/checks/promises.json:1 the promise `bound` has no test whose title says `(bound)`",
  ]);
});

test.each([
  ["in brackets", 'test("(one way): forth only", f);'],
  ["as a prefix", 'it("one way: forth only", f);'],
  ["alone, over a group", 'describe("one way", f);'],
  ["in a table of cases", 'test.each([1])("%d (one way)", f);'],
  ["in a template", "test.only(`(one way)`, f);"],
])("finds the name in a title %s", (_, text) => {
  const source = "// INVARIANT (one way): nothing comes back.\n// by (one way), by (erasable)\n";
  const found = of({ "packages/core/src/a.ts": source, "packages/core/test/a.test.ts": text });
  // `test.each` is called twice; the title is in the outer call, whose callee starts with `test.each`.
  expect(found).toEqual([]);
});

test("a word that happens to be in a title, a comment or a text proves nothing", () => {
  const text = '// (one way)\nconst s = "(one way)";\ntest("goes one way or the other", f);';
  const source = "// INVARIANT (one way): nothing comes back.\n";
  expect(
    of({ "packages/core/src/a.ts": source, "packages/core/test/a.test.ts": text }),
  ).toHaveLength(1);
});

test("a name in code is no declaration", () => {
  expect(of({ "packages/core/src/a.ts": 'const s = "INVARIANT (x): by (y)";' })).toEqual([]);
});
