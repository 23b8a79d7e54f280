// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DiffLine, diffOf, folded, linesOf } from "../../src/diff/lines.ts";

const said = (before: string, after: string) =>
  diffOf(linesOf(before), linesOf(after))
    .lines.map(({ kind, text }) => `${{ same: " ", removed: "-", added: "+" }[kind]}${text}`)
    .join("|");

const side = (lines: readonly DiffLine[], not: DiffLine["kind"]) =>
  lines.filter(({ kind }) => kind !== not).map(({ text }) => text);

describe("what differs between two texts", () => {
  it.each([
    ["nothing", "a\nb\n", "a\nb\n", " a| b"],
    ["one line", "a\nb\nc\n", "a\nx\nc\n", " a|-b|+x| c"],
    ["all of it", "a\n", "b\n", "-a|+b"],
    ["a file that begins", "", "a\nb\n", "+a|+b"],
    ["a file that ends", "a\nb\n", "", "-a|-b"],
    ["a line that moved", "a\nb\nc\n", "b\nc\na\n", "-a| b| c|+a"],
  ])("%s", (_name, before, after, wanted) => {
    expect(said(before, after)).toBe(wanted);
  });

  const text = fc.array(fc.constantFrom("a", "b", "c", ""), { maxLength: 40 });

  it("both sides come out of it whole, with their numbers, and no edit too many for texts of two letters", () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const { lines } = diffOf(before, after);
        expect(side(lines, "added")).toEqual(before);
        expect(side(lines, "removed")).toEqual(after);
        expect(lines.flatMap((l) => l.old ?? [])).toEqual(before.map((_, i) => i + 1));
        expect(lines.flatMap((l) => l.new ?? [])).toEqual(after.map((_, i) => i + 1));
      }),
    );
  });

  it("texts that differ too much are said to, and are whole all the same", () => {
    const before = Array.from({ length: 2_000 }, (_, i) => `old ${i}`);
    const after = Array.from({ length: 2_000 }, (_, i) => `new ${i}`);
    const { lines, whole } = diffOf(before, after);
    expect([whole, side(lines, "added"), side(lines, "removed")]).toEqual([true, before, after]);
  });

  it("folding hides nothing that changed", () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const { lines } = diffOf(before, after);
        const stretches = folded(lines, 1);
        expect(stretches.flatMap((s) => s.lines)).toEqual(lines);
        for (const { kind, lines: own } of stretches)
          if (kind === "folded") expect(own.every((l) => l.kind === "same")).toBe(true);
      }),
    );
  });
});
