// SPDX-License-Identifier: Apache-2.0
import { DigestError, utf8 } from "@interlock/digest";
import fc from "fast-check";
import { expect, test } from "vitest";

test("encodes the edges of every length", () => {
  const edges = "\u0000\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff\u{10000}\u{10ffff}";
  expect(utf8(edges)).toEqual(new TextEncoder().encode(edges));
});

test("encodes well-formed text as the platform does", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
      expect(utf8(text)).toEqual(new TextEncoder().encode(text));
    }),
  );
});

test.each([
  ["a high half at the end", "ab\ud83d", 2],
  ["a high half before another", "\ud83d\ud83d\ude00", 0],
  ["a high half before a letter", "\ud83dx", 0],
  ["a low half alone", "x\ude00", 1],
])("refuses %s", (_, text, position) => {
  expect(() => utf8(text)).toThrow(DigestError);
  expect(() => utf8(text)).toThrow(`position ${position}`);
});

test("refuses exactly what the platform would replace", () => {
  const units = fc.array(fc.integer({ min: 0xd7f0, max: 0xe00f }), { maxLength: 12 });
  fc.assert(
    fc.property(units, (codes) => {
      const text = String.fromCharCode(...codes);
      const replaced = new TextDecoder().decode(new TextEncoder().encode(text)) !== text;
      if (replaced) expect(() => utf8(text)).toThrow(DigestError);
      else expect(utf8(text)).toEqual(new TextEncoder().encode(text));
    }),
    { numRuns: 1_000 },
  );
});
