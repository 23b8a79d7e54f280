// SPDX-License-Identifier: Apache-2.0
import { celValue, count, expression, list, object, text, VISIBLE } from "@interlock/core";
import { checkExpression } from "@interlock/policy";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { conditions, LOST, type Scope, visibleFacts } from "./expressions.ts";

const SCOPE: Scope = VISIBLE.fields;

type Facts = Readonly<Record<string, unknown>>;
const bindings = (facts: Facts) =>
  Object.fromEntries(Object.entries(facts).map(([n, v]) => [n, celValue(v)]));

const accepted = (source: string) => checkExpression(source, SCOPE).problems.length === 0;

describe("an expression that the checker accepts", () => {
  it("is sound: it gives true or false, or is unknown because a fact is, and never fails", () => {
    let tried = 0;
    fc.assert(
      fc.property(conditions(SCOPE, 2), visibleFacts, (source, facts) => {
        if (!accepted(source)) return;
        tried++;
        const verdict = expression(source).evaluate(bindings(facts));
        if (verdict.kind === "unknown") expect([source, verdict.because]).toEqual([source, LOST]);
      }),
      { numRuns: 2_000 },
    );
    expect(tried, "generated expressions that fit").toBeGreaterThan(300);
  });

  it("comes out as the checker says where it says so", () => {
    fc.assert(
      fc.property(conditions(SCOPE, 2), visibleFacts, (source, facts) => {
        const { problems, always } = checkExpression(source, SCOPE);
        if (problems.length > 0 || always === null) return;
        const verdict = expression(source).evaluate(bindings(facts));
        if (verdict.kind === "known") expect([source, verdict.holds]).toEqual([source, always]);
      }),
      { numRuns: 500 },
    );
  });

  it("reads no other facts than it names", () => {
    fc.assert(
      fc.property(conditions(SCOPE, 2), visibleFacts, (source, facts) => {
        if (!accepted(source)) return;
        const run = expression(source);
        const few = Object.fromEntries(run.reads.map((name) => [name, facts[name]]));
        expect([source, run.evaluate(bindings(few))]).toEqual([
          source,
          run.evaluate(bindings(facts)),
        ]);
      }),
      { numRuns: 500 },
    );
  });

  it("is false as soon as a list is empty that it needs", () => {
    let tried = 0;
    fc.assert(
      fc.property(conditions(SCOPE, 2), visibleFacts, (source, facts) => {
        if (!accepted(source)) return;
        const run = expression(source);
        for (const path of run.needs) {
          const emptied = replaced(facts, path.split("."));
          if (emptied === null) continue;
          tried++;
          const verdict = run.evaluate(bindings(emptied as Facts)); // an object with one member replaced
          // The evaluator looks from left to right: what is lost before the list leaves it unknown.
          const said = verdict.kind === "known" ? verdict.holds : verdict.because;
          expect([source, path, said]).not.toEqual([source, path, true]);
          if (said !== false) expect([source, path, said]).toEqual([source, path, LOST]);
        }
      }),
      { numRuns: 1_000 },
    );
    expect(tried).toBeGreaterThan(50);
  });
});

/** The facts with an empty list at the path; `null` where an unknown stands in the way. */
function replaced(value: unknown, [head, ...rest]: readonly string[]): unknown {
  if (head === undefined) return [];
  if (typeof value !== "object" || value === null || "$unknown" in value) return null;
  const inner = replaced((value as Facts)[head], rest); // an object, as asked above
  return inner === null ? null : { ...value, [head]: inner };
}

describe("the static cost", () => {
  // Small bounds, so that lists can be filled up to them.
  const item = object({ a: count(), t: text({ max: 3 }), zs: list(object({ b: count() }), 2) });
  const scope: Scope = { xs: list(item, 4), ys: list(item, 3) };
  let steps = 0;
  class Counted extends Array<unknown> {
    override *values(): ArrayIterator<unknown> {
      for (let i = 0; i < this.length; i++) {
        steps++;
        yield this[i];
      }
    }
  }
  const filled = (n: number, of: () => unknown): unknown => {
    const items = new Counted();
    for (let i = 0; i < n; i++) items.push(of());
    return items;
  };
  const thing = () => ({ a: 1, t: "a", zs: filled(2, () => ({ b: 1 })) });
  const facts = { xs: filled(4, thing), ys: filled(3, thing) };

  it("bounds how often any loop runs", () => {
    let most = 0;
    fc.assert(
      fc.property(conditions(scope, 3), (source) => {
        const { problems, cost } = checkExpression(source, scope);
        if (problems.length > 0) return;
        const loops = source.match(/exists|all|filter|map|\bin\b|==|!=/g)?.length ?? 0;
        steps = 0;
        expression(source).evaluate(bindings(facts));
        most = Math.max(most, steps);
        expect(steps, source).toBeLessThanOrEqual(cost * loops);
      }),
      { numRuns: 1_000 },
    );
    expect(most, "steps are counted").toBeGreaterThan(20);
  });
});

describe("any text at all", () => {
  it("is judged without an exception and with places inside it", () => {
    const pieces = fc.constantFrom(
      "change",
      ".",
      "files",
      "exists",
      "(",
      ")",
      "f",
      ",",
      "&&",
      "'",
      '"',
      "\\",
      "[",
      "{",
      "?",
      ":",
      "1",
      "0x",
      "r'",
      "\n",
      "é",
      "\u{1f600}",
      "has",
      "!",
      "in",
      "//",
      "b'",
      "1u",
      "1.0",
      "null",
      "-",
      "%",
    );
    const sources = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(pieces, { maxLength: 30 }).map((p) => p.join("")),
      conditions(SCOPE, 1).chain((s) =>
        fc.nat(s.length).map((n) => s.slice(0, n) + s.slice(n + 1)),
      ),
    );
    fc.assert(
      fc.property(sources, (source) => {
        for (const p of checkExpression(source, SCOPE).problems) {
          expect(p.offset).toBeGreaterThanOrEqual(0);
          expect(p.offset).toBeLessThanOrEqual(source.length);
          expect(p.message).not.toMatch(/\n|^[A-Z]|\.$/);
          expect(p.help).not.toBe("");
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
