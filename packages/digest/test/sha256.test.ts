// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import * as chosen from "@interlock/digest";
import { utf8 } from "@interlock/digest";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as forNode from "../src/hash.node.ts";
import * as forBrowsers from "../src/hash.ts";
import { sha256, sha256Hex } from "../src/sha256.ts";

describe("NIST vectors (FIPS 180-4 examples)", () => {
  test.each([
    ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    [
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ],
    [
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
    ],
    ["a".repeat(1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"],
  ])("%.60s", (text, hex) => {
    expect(sha256Hex(utf8(text))).toBe(hex);
  });
});

test("agrees with node:crypto on every length from 0 to 300", () => {
  for (let length = 0; length <= 300; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 131 + length) & 255);
    expect(sha256Hex(bytes)).toBe(reference(bytes));
  }
});

test("agrees with node:crypto on random bytes, also inside a larger buffer", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5_000 }), fc.nat(100), (bytes, from) => {
      const part = bytes.subarray(from);
      expect(sha256Hex(part)).toBe(reference(part));
      expect(Buffer.from(sha256(part)).toString("hex")).toBe(reference(part));
    }),
    { numRuns: 300 },
  );
});

test.each([65_535, 1_048_576, 9_999_999])("agrees with node:crypto on %d bytes", (length) => {
  const bytes = new Uint8Array(length).map((_, i) => (i * i + 7) & 255);
  expect(sha256Hex(bytes)).toBe(reference(bytes));
});

test("each call returns memory of its own", () => {
  const first = sha256(utf8("first"));
  const copy = first.slice();
  sha256(utf8("second"));
  expect(first).toEqual(copy);
});

test("what Node lends gives the bytes of our own, of texts too", () => {
  expect(chosen.sha256Hex).toBe(forNode.sha256Hex);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(forNode.sha256Hex(bytes)).toBe(forBrowsers.sha256Hex(bytes));
      expect(forNode.sha256(bytes)).toEqual(forBrowsers.sha256(bytes));
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (text) => {
      expect(forNode.sha256HexOfText(text)).toBe(reference(new TextEncoder().encode(text)));
      expect(forBrowsers.sha256HexOfText(text)).toBe(forNode.sha256HexOfText(text));
    }),
  );
});

test("a text larger than the scratch memory, and the one after it", () => {
  for (const text of ["é".repeat(40_000), "after"])
    expect(forBrowsers.sha256HexOfText(text)).toBe(forNode.sha256HexOfText(text));
});

function reference(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
