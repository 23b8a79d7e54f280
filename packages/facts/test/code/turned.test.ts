// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changedRegions } from "../../src/code/region.ts";
import { repeatedJumps, turnedDeltas } from "../../src/code/turned.ts";

const side = (text: string) => ({ path: "a.ts", text, language: null, root: () => null });

function pairOf(before: string, after: string) {
  const lines = after.split("\n");
  const old = before.split("\n");
  const added = lines.flatMap((line, i) => (old[i] === line ? [] : [i + 1]));
  return {
    before: side(before),
    after: side(after),
    regions: changedRegions(before, after),
    addedLines: () => new Set(added),
  };
}

const turned = (before: string, after: string) =>
  turnedDeltas(pairOf(before, after)).map((d) => [d.line, d.before, d.after]);

describe("a change of one sign", () => {
  it.each<[string, string, string, unknown[]]>([
    ["and, or", "x();\nif (a && b) {}\n", "x();\nif (a || b) {}\n", [[2, "&&", "||"]]],
    ["a bound", "while (i < n) i++;\n", "while (i <= n) i++;\n", [[1, "<", "<="]]],
    ["a negation comes", "if (ok) go();\n", "if (!ok) go();\n", [[1, "", "not"]]],
    ["a negation goes", "x();\nif not ok: stop()\n", "x();\nif ok: stop()\n", [[2, "not", ""]]],
    ["an answer", "return false;\n", "return true;\n", [[1, "false", "true"]]],
    [
      "on several lines",
      "if (a) {\n  return a == b;\n}\n",
      "if (a) {\n  return a != b;\n}\n",
      [[2, "==", "!="]],
    ],
    ["a setting", "wide = false;\n", "wide = true;\n", []],
    ["a name too", "if (a && b) {}\n", "if (a || c) {}\n", []],
    ["a sign of another kind", "if (a < b) {}\n", "if (a && b) {}\n", []],
    ["strictness", "if (a == b) {}\n", "if (a === b) {}\n", []],
    ["in a comment", "if (a) {} // x && y\n", "if (a) {} // x || y\n", []],
    ["in a text", 'if (a) say("x && y");\n', 'if (a) say("x || y");\n', []],
    ["nothing", "if (a) {}\n", "if (a) {}\n", []],
  ])("%s", (_, before, after, expected) => {
    expect(turned(before, after)).toEqual(expected);
  });

  it("points at a line of the new text, and says the same the other way round", () => {
    const line = fc
      .array(
        fc.constantFrom(
          "if",
          "a",
          "b",
          "&&",
          "||",
          "!",
          "<",
          "(",
          ")",
          "return",
          "true",
          "false",
          "\n",
        ),
        { maxLength: 20 },
      )
      .map((words) => words.join(" "));
    fc.assert(
      fc.property(line, line, (a, b) => {
        const there = turned(a, b);
        for (const [at] of there) expect(Number(at)).toBeLessThanOrEqual(b.split("\n").length);
        if (there.length === 1) expect(turnedDeltas(pairOf(b, a)).length).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe("a jump that stands twice", () => {
  const jumps = (before: string, after: string) =>
    repeatedJumps(pairOf(before, after)).map((d) => [d.line, d.subject]);
  it.each<[string, string, string, unknown[]]>([
    ["goto", "if (a)\n  goto x;\nb();\n", "if (a)\n  goto x;\n  goto x;\nb();\n", [[3, "goto x;"]]],
    ["return", "if (a)\n  return 1;\n", "if (a)\n  return 1;\n  return 1;\n", [[3, "return 1;"]]],
    ["a call may stand twice", "a();\n", "a();\na();\n", []],
    ["two conditions", "if (a)\n  break;\n", "if (a)\n  break;\nif (b)\n  break;\n", []],
  ])("%s", (_, before, after, expected) => {
    expect(jumps(before, after)).toEqual(expected);
  });
});
