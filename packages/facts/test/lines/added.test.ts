import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addedLines } from "../../src/lines/added.ts";

const text = fc
  .array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 14 })
  .map((l) => l.join("\n"));

/** Length of the longest common subsequence, the textbook way. */
function lcs(a: readonly string[], b: readonly string[]): number {
  const row = new Array<number>(b.length + 1).fill(0);
  for (const x of a) {
    let diagonal = 0;
    for (const [j, y] of b.entries()) {
      const above = row[j + 1] ?? 0;
      row[j + 1] = x === y ? diagonal + 1 : Math.max(above, row[j] ?? 0);
      diagonal = above;
    }
  }
  return row[b.length] ?? 0;
}

describe("added lines", () => {
  it.each([
    ["nothing changed", "a\nb\n", "a\nb\n", []],
    ["a new file", null, "a\nb\n", [1, 2]],
    ["a line in the middle", "a\nc\n", "a\nb\nc\n", [2]],
    ["a line replaced", "a\nb\nc", "a\nx\nc", [2]],
    ["a line repeated", "a\n", "a\na\n", [2]],
    ["all removed", "a\nb\n", "", []],
  ])("%s", (_name, before, after, expected) => {
    expect(addedLines(before, after).map((l) => l.line)).toEqual(expected);
  });

  it("are the fewest possible, and are what stands there", () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const a = before === "" ? [] : before.split("\n");
        const b = after === "" ? [] : after.split("\n");
        const added = addedLines(before, after);
        expect(added.length).toBe(b.length - lcs(a, b));
        for (const { line, text } of added) expect(b[line - 1]).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });

  it("a rewrite of a long text ends and misses no new text", () => {
    const before = Array.from({ length: 5_000 }, (_, i) => `old ${i}`).join("\n");
    const after = Array.from({ length: 5_000 }, (_, i) => `new ${i}`).join("\n");
    expect(addedLines(before, after)).toHaveLength(5_000);
  });
});
