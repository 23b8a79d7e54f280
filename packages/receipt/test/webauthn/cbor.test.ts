// SPDX-License-Identifier: Apache-2.0
import { type CborValue, encodeCbor } from "@interlock/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes.ts";
import { attemptNow } from "../../src/refusal.ts";
import { type Cbor, readWholeCbor } from "../../src/webauthn/cbor.ts";

const fromHex = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));

function read(bytes: Uint8Array): Cbor | string {
  const result = attemptNow(() => readWholeCbor(bytes));
  return result.ok ? result.value : `refused: ${result.refusal.code}`;
}

// RFC 8949 appendix A, those that CTAP2 allows.
test.each([
  ["00", 0],
  ["17", 23],
  ["1818", 24],
  ["1903e8", 1_000],
  ["1a000f4240", 1_000_000],
  ["1b000000e8d4a51000", 1_000_000_000_000],
  ["20", -1],
  ["3903e7", -1_000],
  ["f4", false],
  ["f5", true],
  ["f6", null],
  ["40", new Uint8Array()],
  ["4401020304", Uint8Array.of(1, 2, 3, 4)],
  ["6449455446", "IETF"],
  ["62c3bc", "ü"],
  ["8301820203820405", [1, [2, 3], [4, 5]]],
  [
    "a201020304",
    new Map([
      [1, 2],
      [3, 4],
    ]),
  ],
])("`%s` is read", (hex, value) => {
  expect(read(fromHex(hex))).toEqual(value);
});

describe("PX7 what is not canonical CTAP2 is refused", () => {
  test.each([
    ["nothing", "", "cbor-malformed"],
    ["bytes after the end", "0000", "cbor-malformed"],
    ["a number in more bytes than it needs", "1817", "cbor-malformed"],
    ["the same, two bytes", "1900ff", "cbor-malformed"],
    ["the same, four bytes", "1a0000ffff", "cbor-malformed"],
    ["the same, eight bytes", "1b00000000ffffffff", "cbor-malformed"],
    ["a number beyond 2^53", "1b0020000000000000", "cbor-malformed"],
    ["a negative number beyond 2^53", "3b001fffffffffffff", "cbor-malformed"],
    ["a reserved length", "1c", "cbor-malformed"],
    ["an indefinite text", "7f6161ff", "cbor-malformed"],
    ["an indefinite list", "9fff", "cbor-malformed"],
    ["an indefinite map", "bfff", "cbor-malformed"],
    ["a tag", "c001", "cbor-malformed"],
    ["undefined", "f7", "cbor-malformed"],
    ["a float", "fb3ff199999999999a", "cbor-malformed"],
    ["a half float", "f93c00", "cbor-malformed"],
    ["a break", "ff", "cbor-malformed"],
    ["bytes that are cut off", "4401", "cbor-malformed"],
    ["bytes longer than any memory", "5b7fffffffffffffff", "cbor-malformed"],
    ["a text that is not UTF-8", "61ff", "cbor-malformed"],
    ["a list of more than there is", "9b001fffffffffff00", "cbor-malformed"],
    ["a list that promises a billion items", "9a3b9aca0000", "cbor-malformed"],
    ["a key twice", "a201000100", "cbor-malformed"],
    ["keys out of order", "a203000100", "cbor-malformed"],
    ["a negative key before a positive one", "a220000100", "cbor-malformed"],
    ["a longer key first", "a262616100616200", "cbor-malformed"],
    ["a key of bytes", "a1410100", "cbor-malformed"],
    ["five levels", "8181818181", "cbor-too-deep"],
    ["a bomb of lists", "81".repeat(60_000), "cbor-too-deep"],
    ["many items", `990201${"00".repeat(513)}`, "cbor-too-deep"],
  ])("%s", (_name, hex, code) => {
    expect(read(fromHex(hex))).toBe(`refused: ${code}`);
  });
});

const leaf: fc.Arbitrary<CborValue> = fc.oneof(
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 }),
  fc.boolean(),
  fc.constant(null),
  fc.string({ unit: "binary", maxLength: 40 }).filter((s) => s.isWellFormed()),
  fc.uint8Array({ maxLength: 300 }),
);

const ordered = (pairs: readonly (readonly [number | string, CborValue])[]) => {
  const order = (key: number | string) => {
    const hex = toHex(encodeCbor(key));
    const major = Number.parseInt(hex.slice(0, 2), 16) >> 5;
    return `${major} ${String(hex.length).padStart(6, "0")} ${hex}`;
  };
  return new Map([...new Map(pairs)].sort(([a], [b]) => (order(a) < order(b) ? -1 : 1)));
};

const nested = (inner: fc.Arbitrary<CborValue>): fc.Arbitrary<CborValue> =>
  fc.oneof(
    leaf,
    fc.array(inner, { maxLength: 4 }),
    fc
      .array(
        fc.tuple(fc.oneof(fc.integer({ min: -300, max: 300 }), fc.string({ maxLength: 4 })), inner),
        {
          maxLength: 5,
        },
      )
      .map(ordered),
  );

test("what is written in canonical form is read back", () => {
  fc.assert(
    fc.property(nested(nested(leaf)), (value) => {
      expect(read(encodeCbor(value))).toEqual(value);
    }),
  );
});

test("PX7 no bytes make the reader fail in another way than by refusing", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(() => read(bytes)).not.toThrow();
    }),
    { numRuns: 2_000 },
  );
});

test("PX7 nor do canonical bytes with some of them changed; what is still read has one encoding", () => {
  fc.assert(
    fc.property(
      nested(nested(leaf)),
      fc.nat(),
      fc.integer({ min: 0, max: 255 }),
      (value, at, byte) => {
        const bytes = encodeCbor(value);
        bytes[at % bytes.length] = byte;
        const result = read(bytes);
        if (typeof result !== "string" || !result.startsWith("refused: "))
          expect(toHex(encodeCbor(result as CborValue))).toBe(toHex(bytes));
      },
    ),
    { numRuns: 2_000 },
  );
});
