import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgeRegex } from "../../src/code/regex/ambiguity.ts";

const EXPONENTIAL = [
  "(a+)+$",
  "^(\\w+\\s?)*$",
  "([a-z]+)*@",
  "(a|a)*b",
  "(a|ab|b)*c",
  "^(([a-z])+.)+[A-Z]([a-z])+$",
  "(x+x+)+y",
  "^([a-zA-Z0-9])(([\\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+[.]{1}(([a-z]{2,3})|([a-z]{2,3}[.]{1}[a-z]{2,3}))$",
  "^(a*)*$",
  "^(\\s*\\w+\\s*)+$",
  "^(?:[a-z]{1,40})+!",
  "(?i)^(A+a+)+x",
  "^(.+)+;$",
];

const POLYNOMIAL = [
  // The pattern of 2 July 2019.
  "(?:(?:\\\"|'|\\]|\\}|\\\\|\\d|(?:nan|infinity|true|false|null|undefined|symbol|math)|\\`|\\-|\\+)+[)]*;?((?:\\s|-|~|!|{}|\\|\\||\\+)*.*(?:.*=.*)))",
  ".*.*=",
  "^a[^,]*.*b",
];

const LINEAR = [
  "(a+)+",
  "(a|b)*c",
  "(\\d{3})+x",
  "^\\s*(.*)\\s*$",
  "^(.*?),(.*)$",
  "^(?:[a-z0-9]+-)*[a-z0-9]+$",
  "(?:\\.\\w+)+$",
  "(?>a+)+b",
  "(\\s*,\\s*\\w+)*;",
  "^((\\d{1,3}\\.){3})\\d{1,3}$",
  '^(([^<>()[\\]\\\\.,;:\\s@"]+(\\.[^<>()[\\]\\\\.,;:\\s@"]+)*)|(".+"))@((\\[[0-9]{1,3}\\.[0-9]{1,3}\\])|(([a-zA-Z\\-0-9]+\\.)+[a-zA-Z]{2,}))$',
  "^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$",
  "^v?(\\d+)\\.(\\d+)\\.(\\d+)(?:-([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?$",
  "[\\s\\S]*?end",
  "^(foo|bar|baz)+$",
];

describe("judgeRegex", () => {
  it.each(EXPONENTIAL)("finds %s exponential", (source) => {
    expect(judgeRegex(source).kind).toBe("exponential");
  });
  it.each(POLYNOMIAL)("finds %s polynomial", (source) => {
    expect(judgeRegex(source).kind).toBe("polynomial");
  });
  it.each(LINEAR)("leaves %s alone", (source) => {
    expect(judgeRegex(source).kind).toBe("linear");
  });
  it.each(["(", "a**", "[a", "a)", "*a"])("says that %s is no pattern", (source) => {
    expect(judgeRegex(source).kind).toBe("no-regex");
  });
  it("knows that a whole match can fail at its end", () => {
    expect(judgeRegex("(a+)+", { whole: true }).kind).toBe("exponential");
  });

  it("always answers", () => {
    const piece = fc.constantFrom(
      "a",
      "b",
      ".",
      "\\s",
      "(",
      ")",
      "*",
      "+",
      "?",
      "|",
      "{2,}",
      "[ab]",
      "[^a]",
      "$",
      "^",
      "\\",
      "(?:",
      "(?=",
      "{1,3}",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        expect(judgeRegex(pieces.join("")).kind).toMatch(
          /^(linear|exponential|polynomial|too-complex|no-regex)$/,
        );
      }),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        expect(judgeRegex(text).kind).toBeTypeOf("string");
      }),
      { numRuns: 300 },
    );
  });

  it("gives up instead of running long", () => {
    expect(judgeRegex(`^(${"(a|b|ab|ba)*".repeat(60)})*x`).kind).toMatch(/exponential|too-complex/);
    expect(judgeRegex(`${"(".repeat(3000)}`).kind).toBe("no-regex");
    expect(judgeRegex("a".repeat(3999)).kind).toBe("too-complex");
  });
});
