// SPDX-License-Identifier: Apache-2.0
import { type Digest, digestOf, sha256Hex, sixWords, utf8 } from "@interlock/digest";
import fc from "fast-check";
import { expect, test } from "vitest";
import { WORDS } from "../src/words.ts";

test("the list has 2048 plain words whose first four letters differ", () => {
  expect(WORDS).toHaveLength(2048);
  expect(WORDS.filter((word) => !/^[a-z]{4,8}$/.test(word))).toEqual([]);
  expect(new Set(WORDS.map((word) => word.slice(0, 4))).size).toBe(2048);
  expect([...WORDS].sort()).toEqual(WORDS);
});

test("the list never changes: two versions would show other words for one change", () => {
  expect(sha256Hex(utf8(WORDS.join(" ")))).toBe(
    "f8194fd83249866eae6dd476c02790904edfbc101939002a2ba5951c1ceb694a",
  );
});

test("six words carry the first 66 bits and nothing else", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const digest = digestOf("test", text);
      const bits = sixWords(digest).map((w) => WORDS.indexOf(w).toString(2).padStart(11, "0"));
      const hex = digest.slice(0, 17);
      const all = [...hex].map((c) => Number.parseInt(c, 16).toString(2).padStart(4, "0")).join("");
      expect(bits.join("")).toBe(all.slice(0, 66));
    }),
  );
});

test("a text that is no digest is refused", () => {
  expect(() => sixWords("abc" as Digest)).toThrow("not a digest");
});
