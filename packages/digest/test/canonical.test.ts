// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, DigestError, type Json, MAX_DEPTH } from "@interlock/digest";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { json, shuffled } from "./arbitrary.ts";

describe("RFC 8785 samples", () => {
  test("section 3.2.2: literals, strings and numbers", () => {
    const input: unknown = JSON.parse(
      String.raw`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],
        "string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`,
    );
    expect(canonical(input)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  test("section 3.2.3: keys by UTF-16 code units", () => {
    const input: unknown = JSON.parse(
      String.raw`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh",
        "1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`,
    );
    const values = Object.values(JSON.parse(canonical(input)) as object);
    // "1" is first in any JavaScript object, and the RFC puts it second, after "\r".
    expect(canonical(input).startsWith(String.raw`{"\r":"Carriage Return","1":"One",`)).toBe(true);
    expect(values.filter((v) => v !== "One")).toEqual([
      "Carriage Return",
      "Control",
      "Latin Small Letter O With Diaeresis",
      "Euro Sign",
      "Emoji: Grinning Face",
      "Hebrew Letter Dalet With Dagesh",
    ]);
  });

  test.each([
    ["0000000000000000", "0"],
    ["8000000000000000", "0"],
    ["0000000000000001", "5e-324"],
    ["8000000000000001", "-5e-324"],
    ["7fefffffffffffff", "1.7976931348623157e+308"],
    ["ffefffffffffffff", "-1.7976931348623157e+308"],
    ["4340000000000000", "9007199254740992"],
    ["c340000000000000", "-9007199254740992"],
    ["4430000000000000", "295147905179352830000"],
    ["44b52d02c7e14af5", "9.999999999999997e+22"],
    ["44b52d02c7e14af6", "1e+23"],
    ["44b52d02c7e14af7", "1.0000000000000001e+23"],
    ["444b1ae4d6e2ef4e", "999999999999999700000"],
    ["444b1ae4d6e2ef4f", "999999999999999900000"],
    ["444b1ae4d6e2ef50", "1e+21"],
    ["3eb0c6f7a0b5ed8c", "9.999999999999997e-7"],
    ["3eb0c6f7a0b5ed8d", "0.000001"],
    ["41b3de4355555553", "333333333.3333332"],
    ["41b3de4355555554", "333333333.33333325"],
    ["41b3de4355555555", "333333333.3333333"],
    ["41b3de4355555556", "333333333.3333334"],
    ["41b3de4355555557", "333333333.33333343"],
    ["becbf647612f3696", "-0.0000033333333333333333"],
    ["43143ff3c1cb0959", "1424953923781206.2"],
  ])("appendix B: %s is %s", (bits, text) => {
    expect(canonicalJson(double(bits))).toBe(text);
  });

  test.each(["7fffffffffffffff", "7ff0000000000000", "fff0000000000000"])(
    "appendix B: %s is an error",
    (bits) => expect(failure(double(bits)).code).toBe("NOT_FINITE"),
  );
});

describe("refusals", () => {
  const cyclic: unknown[] = [];
  cyclic.push({ again: cyclic });
  class Box {
    readonly a = 1;
  }
  test.each<[string, unknown, string, string]>([
    ["undefined", undefined, "NOT_JSON", "the root"],
    ["an undefined field", { a: { b: undefined } }, "NOT_JSON", "`/a/b`"],
    ["a hole in a list", new Array(1), "NOT_JSON", "`/0`"],
    ["a function", { f: () => 1 }, "NOT_JSON", "`/f`"],
    ["a symbol", [Symbol("s")], "NOT_JSON", "`/0`"],
    ["a bigint", { n: 1n }, "NOT_JSON", "`/n`"],
    ["a date", { at: new Date(0) }, "NOT_JSON", "`/at`"],
    ["a map", new Map(), "NOT_JSON", "the root"],
    ["an instance", [new Box()], "NOT_JSON", "`/0`"],
    ["not a number", [1, Number.NaN], "NOT_FINITE", "`/1`"],
    ["infinity", Number.NEGATIVE_INFINITY, "NOT_FINITE", "the root"],
    ["half a character", { a: "x\ud800y" }, "LONE_SURROGATE", "`/a`"],
    ["half a character in a key", { "\udc00": 1 }, "LONE_SURROGATE", "`/\\udc00`"],
    ["the wrong half first", ["\udc00\ud800"], "LONE_SURROGATE", "`/0`"],
    ["a pointer with separators", { "a/b~c": Number.NaN }, "NOT_FINITE", "`/a~1b~0c`"],
    ["a key that breaks lines", { "a\n\u001b[2J": 1n }, "NOT_JSON", "`/a\\n\\u001b[2J`"],
    ["a cycle", cyclic, "CYCLE", "/again/"],
    ["a value nested too deeply", nested(MAX_DEPTH + 1), "TOO_DEEP", "/0/"],
    ["a small value that writes out large", shared(40), "TOO_LARGE", "/0/"],
  ])("%s", (_, value, code, at) => {
    const error = failure(value);
    expect(error.code).toBe(code);
    expect(error.message).toContain(at);
    expect(error.message).not.toMatch(/\n|\.$|^[A-Z]/);
    expect(error.message.length).toBeLessThan(300);
  });

  test("the deepest value that is allowed, and one part used twice, are no cycles", () => {
    expect(canonical(nested(MAX_DEPTH))).toBe("[".repeat(MAX_DEPTH) + "]".repeat(MAX_DEPTH));
    const part = { a: 1 };
    expect(canonical([part, part])).toBe('[{"a":1},{"a":1}]');
  });

  test("a key that objects inherit is a field like any other", () => {
    expect(canonical(JSON.parse('{"toJSON":1,"__proto__":{"a":2},"constructor":3}'))).toBe(
      '{"__proto__":{"a":2},"constructor":3,"toJSON":1}',
    );
    expect(canonical(Object.assign(Object.create(null), { a: 1 }))).toBe('{"a":1}');
  });
});

describe("laws", () => {
  test("the order of keys never matters", () => {
    fc.assert(
      fc.property(json(), fc.integer(), (value, seed) => {
        expect(canonicalJson(shuffled(value, seed))).toBe(canonicalJson(value));
      }),
    );
  });

  test("what is written reads back as the same value", () => {
    fc.assert(
      fc.property(json(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test("writing what was read back changes nothing", () => {
    fc.assert(
      fc.property(json(), (value) => {
        const once = canonicalJson(value);
        expect(canonical(JSON.parse(once))).toBe(once);
      }),
    );
  });

  test("any value at all is either written as JSON or refused with a code", () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSparseArray: true,
      withTypedArray: true,
      withNullPrototype: true,
    });
    fc.assert(
      fc.property(fc.oneof(anything, fc.string({ unit: "binary" }), halves), (value) => {
        try {
          JSON.parse(canonical(value));
        } catch (error) {
          expect(error).toBeInstanceOf(DigestError);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

const halves = fc
  .array(fc.integer({ min: 0xd7ff, max: 0xe000 }))
  .map((units) => String.fromCharCode(...units));

// Tests hand over what the type forbids, as a caller without types could.
function canonical(value: unknown): string {
  return canonicalJson(value as Json);
}

function failure(value: unknown): DigestError {
  try {
    canonical(value);
  } catch (error) {
    if (error instanceof DigestError) return error;
    throw error;
  }
  throw new Error("expected a DigestError");
}

function double(bits: string): number {
  return new DataView(new BigUint64Array([BigInt(`0x${bits}`)]).buffer).getFloat64(0, true);
}

function nested(depth: number): unknown {
  let value: unknown[] = [];
  for (let i = 1; i < depth; i++) value = [value];
  return value;
}

function shared(depth: number): unknown {
  let value: unknown = "x".repeat(1_000);
  for (let i = 0; i < depth; i++) value = [value, value];
  return value;
}
