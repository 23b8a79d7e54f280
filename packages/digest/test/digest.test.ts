// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { canonicalJson, digestOf, isDigest } from "@interlock/digest";
import fc from "fast-check";
import { expect, test } from "vitest";
import { json, shuffled } from "./arbitrary.ts";

test("is SHA-256 over the tag, a zero byte and the canonical JSON", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z][a-z0-9/-]{0,20}$/), json(), (tag, value) => {
      const expected = createHash("sha256")
        .update(`${tag}\0${canonicalJson(value)}`)
        .digest("hex");
      expect(digestOf(tag, value)).toBe(expected);
    }),
  );
});

test("a digest owes nothing to the one before it, whatever their sizes", () => {
  const sizes = [70_000, 3, 21_000, 0, 22_000, 1, 70_000];
  for (const size of sizes) {
    const value = "é".repeat(size);
    const expected = createHash("sha256").update(`interlock/test\0${canonicalJson(value)}`);
    expect([size, digestOf("interlock/test", value)]).toEqual([size, expected.digest("hex")]);
  }
});

test("one value, pinned: these bytes are promised to stored decisions", () => {
  expect(digestOf("interlock/test/v1", { b: [1, "é"], a: null })).toBe(
    "0b64b7847ed050105dc428dde7ccdf112fe9c3781b473a31897a923fd547d6e6",
  );
});

test("the order of keys never matters, the tag always does", () => {
  fc.assert(
    fc.property(json(), fc.integer(), (value, seed) => {
      expect(digestOf("a", shuffled(value, seed))).toBe(digestOf("a", value));
      expect(digestOf("b", value)).not.toBe(digestOf("a", value));
    }),
  );
});

test("(one meaning): a tag that could run into the value is refused", () => {
  for (const tag of ["", "A", "a\0b", "a b", "é", "a".repeat(101), "-a"]) {
    expect(() => digestOf(tag, null)).toThrow("the tag");
  }
});

test.each<[unknown, boolean]>([
  ["0".repeat(64), true],
  ["0123456789abcdef".repeat(4), true],
  ["0".repeat(63), false],
  ["0".repeat(65), false],
  ["A".repeat(64), false],
  [`${"0".repeat(64)}\n`, false],
  [undefined, false],
  [[`${"0".repeat(64)}`], false],
])("isDigest of %j is %j", (text, is) => {
  expect(isDigest(text)).toBe(is);
});
