// SPDX-License-Identifier: Apache-2.0
/** Expressions at the border to the CEL evaluator: what it is given, and what is made of its failures. */
import { analysisOf, celValue, expression, parseExpression, unknown } from "@interlock/core";
import { factsOf } from "@interlock/testkit";
import { describe, expect, it } from "vitest";
import { activationOf } from "../src/expression.ts";

const bindings = activationOf(factsOf()).bindings;
const known = (holds: boolean) => ({ kind: "known", holds });
const because = (says: unknown) => ({ kind: "unknown", because: says });

describe("parseExpression", () => {
  it("knows where each node stands", () => {
    const parsed = parseExpression("change.x  ==  sql");
    if (!parsed.ok || parsed.expr.exprKind.case !== "callExpr") throw new Error("it parses");
    const { args } = parsed.expr.exprKind.value;
    expect([parsed.expr, ...args].map((e) => parsed.offsetOf(e.id))).toEqual([10, 6, 14]);
    expect(parsed.offsetOf(9_999n)).toBe(0);
  });

  it.each(["", "((", "a ==", "'"])("says where `%s` does not parse", (source) => {
    expect(parseExpression(source)).toEqual({
      ok: false,
      message: expect.stringMatching(/^<input>:1:\d+: found .* but expecting /) as string,
    });
  });
});

describe("an expression that does not parse", () => {
  const source = `((${"a".repeat(100)}`;

  it("reads nothing, and says so of itself for as long as it takes to recognise it", () => {
    const broken = expression(source);
    expect(broken).toMatchObject({ source, reads: [], needs: [], key: null });
    expect(analysisOf(source)).toEqual({ reads: [], needs: [], key: null });
    const says = because(
      expect.stringMatching(
        /^the expression `\(\(a{78}` cannot be evaluated: <input>:1:\d+: found/,
      ),
    );
    expect(broken.evaluate({})).toEqual(says);
    expect(broken.judge(activationOf(factsOf()))).toEqual(says);
  });

  it("an analysis says what the expression says of itself", () => {
    const both = "it.aspect == 'image' && sql.exists(s, s.line == 1)";
    expect(analysisOf(both)).toEqual({
      reads: ["it", "sql"],
      needs: ["sql"],
      key: { field: "aspect", values: new Set(["image"]) },
    });
  });
});

describe("what the evaluator says", () => {
  it.each<[string, string, object]>([
    ["yes", "change.totals.files == 1", known(true)],
    ["no", "change.totals.files == 2", known(false)],
    ["a text", "'true'", because("it gave string, not a boolean")],
    ["a list", "[true]", because("it gave object, not a boolean")],
    ["an integer", "1", because("it gave bigint, not a boolean")],
    ["no such field", "change.nothing == 1", because("field not found: nothing")],
    ["no such name", "nothing == 1", because("unresolved attribute")],
    ["no such function", "nothing(1)", because("unbound function: nothing")],
    [
      "a message that only quotes what its own begin with",
      "change['Unsupported input Error: x'] == 1",
      because("field not found: Unsupported input Error: x"),
    ],
  ])("%s", (_name, source, verdict) => {
    expect(expression(source).evaluate(bindings())).toEqual(verdict);
  });

  it("why a fact is not known, in its own words and no more than 300 characters", () => {
    const { evaluate } = expression("sql.exists(s, s.line == 1)");
    const about = (why: string) =>
      evaluate(activationOf(factsOf({ sql: unknown(why, "find it") })).bindings());
    expect(about("the file is lost")).toEqual(because("the file is lost"));
    expect(about("x".repeat(400))).toEqual(because("x".repeat(300)));
  });

  it("PE3 what throws is unknown, and so is what the world throws at it", () => {
    const hostile = {
      get sql(): never {
        throw new Error("cannot be read");
      },
    };
    expect(expression("sql.size() == 1").evaluate(hostile)).toEqual(because("cannot be read"));
  });

  it("is not asked where the plain answer is enough", () => {
    const { frame } = activationOf(factsOf());
    const noEvaluator = (): never => {
      throw new Error("asked");
    };
    const judge = (source: string) => expression(source).judge({ frame, bindings: noEvaluator });
    expect(judge("change.totals.files == 1")).toEqual(known(true));
    expect(judge("change.totals.files == 2")).toEqual(known(false));
    expect(() => judge("change.subject.size() == 1")).toThrow("asked");
  });
});

describe("facts as the evaluator sees them", () => {
  const fact = {
    text: "x",
    count: 2,
    none: null,
    absent: undefined,
    list: [1, "a"],
    inner: { yes: true },
    lost: unknown("lost", "find it"),
  };
  const says = (source: string) => {
    const activation = activationOf(factsOf());
    activation.frame.it = fact;
    return expression(source).evaluate(activation.bindings());
  };

  it.each<[string, object]>([
    ["it.text == 'x' && it.count == 2 && it.inner.yes && it.none == null", known(true)],
    ["it.list == [1, 'a'] && it.list.size() == 2", known(true)],
    ["it.inner == {'yes': true} && it.inner != {'yes': false}", known(true)],
    ["it.inner.size() == 1 && it.size() == 6", known(true)],
    ["it.exists(k, k == 'lost') && !it.exists(k, k == 'absent')", known(true)],
    ["'text' in it && !('absent' in it) && !('other' in it)", known(true)],
    ["has(it.text) && has(it.inner.yes) && !has(it.absent) && !has(it.toString)", known(true)],
    ["it.lost == 1", because("lost")],
    ["it.lost.exists(x, x == 1)", because("lost")],
    ["it.absent == 1", because("field not found: absent")],
    ["it.toString == 1", because("field not found: toString")],
  ])("%s", (source, verdict) => {
    expect(says(source)).toEqual(verdict);
  });

  it("an object is a map of what it holds, and what is undefined is not in it", () => {
    const map = celValue({ a: 1, b: undefined, c: "x", d: false }) as ReadonlyMap<string, unknown>;
    const members = [
      ["a", 1n],
      ["c", "x"],
      ["d", false],
    ];
    expect(map.size).toBe(3);
    expect([...map]).toEqual(members);
    expect([...map.entries()]).toEqual(members);
    expect([...map.keys()]).toEqual(["a", "c", "d"]);
    expect([...map.values()]).toEqual([1n, "x", false]);
    expect(["a", "b", "d", "toString"].map((name) => map.has(name))).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(["a", "b", "d", "toString"].map((name) => map.get(name))).toEqual([
      1n,
      undefined,
      false,
      undefined,
    ]);
    const visited: unknown[] = [];
    map.forEach((value, name, whole) => {
      visited.push([name, value]);
      expect(whole).toBe(map);
    });
    expect(visited).toEqual(members);
  });

  it.each<[string, unknown, unknown]>([
    ["nothing", null, null],
    ["a text", "x", "x"],
    ["yes", true, true],
    ["an integer", 7, 7n],
    ["what is missing", undefined, new Error("the fact is missing")],
    ["what is no fact", () => 1, new Error("the fact is missing")],
    ["what is unknown", unknown("lost", "find it"), new Error("lost")],
  ])("%s", (_name, fact, expected) => {
    expect(celValue(fact)).toEqual(expected);
  });
});
