// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { piecesOf } from "../../src/hidden/pieces.ts";

const shown = (line: string) =>
  piecesOf(line)
    .map(({ text, hidden }) => (hidden === null ? text : `⟦${hidden}⟧`))
    .join("");

describe("a line is shown with what nobody would see spelled out", () => {
  test.each<readonly [string, string, string]>([
    ["nothing", "", ""],
    ["ordinary text", "let a = 1; // ä", "let a = 1; // ä"],
    ["a tab is seen", "\ta", "\ta"],
    ["UI1 an override", "a\u202eb", "a⟦U+202E⟧b"],
    ["UI1 an isolate, even one that is closed", "\u2066a\u2069", "⟦U+2066⟧a⟦U+2069⟧"],
    ["a zero-width space", "is\u200bAdmin", "is⟦U+200B⟧Admin"],
    ["a filler that is a name to JavaScript", "a,\u3164", "a,⟦U+3164⟧"],
    ["tag characters, beyond the basic plane", "x\u{e0041}", "x⟦U+E0041⟧"],
    ["UI3 a sequence for terminals", "\u001b[2K", "⟦U+001B⟧[2K"],
    ["a letter of another script in a Latin word", "p\u0430ssword = x", "p⟦U+0430⟧ssword = x"],
    ["a word of another script stays", "user привет", "user привет"],
    ["a carriage return", "a\rb", "a⟦U+000D⟧b"],
  ])("%s", (_name, line, wanted) => {
    expect(shown(line)).toBe(wanted);
  });

  test("no character of a line is lost, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (line) => {
        const pieces = piecesOf(line);
        expect(pieces.map(({ text }) => text).join("")).toBe(line);
        for (const { text, hidden } of pieces)
          if (hidden === null) expect(text.replaceAll("\t", "")).not.toMatch(/[\p{Cf}\p{Cc}]/u);
      }),
    );
  });
});
