// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { optionOf } from "../../src/config/options.ts";
import { onlyNumber } from "../../src/settings/inside.ts";
import { covers } from "../../src/settings/widened.ts";

describe("the only number in which two lines differ", () => {
  it.each([
    ["an argument of a directive", "web 500 a.example.com:80", "web 50 a.example.com:80", 500, 50],
    ["an option", "serve --max=500 --fast", "serve --max=5 --fast", 500, 5],
    ["a time", "sleep 10s; go", "sleep 10m; go", 10_000, 600_000],
    ["a heap", "java -Xmx4g -jar a", "java -Xmx400m -jar a", 4e9, 4e8],
    ["the last word", "limit 10", "limit 12", 10, 12],
  ])("%s", (_, before, after, was, is) => {
    const found = onlyNumber(before, after);
    expect(found?.before.micro).toBe(was * 1_000_000);
    expect(found?.after.micro).toBe(is * 1_000_000);
  });
  it.each([
    ["a port", "listen port 80", "listen port 8080"],
    ["a part of an address", "allow 10.0.0.1;", "allow 10.0.0.9;"],
    ["a version", "image web:1.2.3 up", "image web:1.2.9 up"],
    ["two numbers", "size 10 expire 30", "size 12 expire 36"],
    ["another unit", "wait 10s now", "wait 10kb now"],
    ["a word", "mode fast now", "mode slow now"],
    ["a number that comes", "mode fast", "mode fast 3"],
    ["the whole text", "10", "100"],
  ])("is not %s", (_, before, after) => {
    expect(onlyNumber(before, after)).toBeNull();
  });
  it("turns round when the lines are exchanged, and never throws", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), fc.string({ maxLength: 40 }), (a, b) => {
        const there = onlyNumber(a, b);
        const back = onlyNumber(b, a);
        if (there !== null && back !== null) expect(back.before).toEqual(there.after);
      }),
    );
  });
});

describe("a pattern that covers another", () => {
  it.each([
    ["secret/*", "secret/data/shop/*", true],
    ["s3:*", "s3:GetObject", true],
    ["*.example.com", "shop.example.com", true],
    ["a*c*e", "abcde", true],
    ["s3:Get*", "s3:*", false],
    ["s3:*", "s3:*", false],
    ["shop", "shop", false],
    ["a*a", "a", false],
    ["*b", "abc", false],
  ])("%s over %s: %s", (wide, narrow, expected) => {
    expect(covers(wide, narrow)).toBe(expected);
  });
  it("is irreflexive, and what it covers stays covered when a star is put in", () => {
    const text = fc.stringMatching(/^[ab*]{0,12}$/);
    fc.assert(
      fc.property(text, text, fc.nat(12), (wide, narrow, at) => {
        expect(covers(wide, wide)).toBe(false);
        const wider = `${wide.slice(0, at)}*${wide.slice(at)}`;
        if (covers(wide, narrow) && wider !== narrow) expect(covers(wider, narrow)).toBe(true);
      }),
    );
  });
});

it.each([
  ["--max-conns=500", "--max-conns", "500"],
  ["--verbose", "--verbose", null],
  ["-Xmx4g", "-Xmx", "4g"],
  ["-Dshop.size=3", "-Dshop.size", "3"],
  ["LOG_LEVEL=debug", "LOG_LEVEL", "debug"],
])("an option of a list: %s", (text, name, value) => {
  expect(optionOf(text)).toEqual({ name, value });
});
it.each(["web", "Web=1", "-", "--", "-v", "10.0.0.1", "a=b", "", "--a b"])(
  "no option of a list: %s",
  (text) => {
    expect(optionOf(text)).toBeNull();
  },
);
