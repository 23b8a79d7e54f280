// SPDX-License-Identifier: Apache-2.0
/**
 * What a rule is spared. That the index changes no decision is a law of `index.test.ts`; here stands
 * that it is in effect, since a policy has hundreds of rules and most have nothing to look for.
 */
import { compilePolicy, delta, type Facts, type Gap, type Rule, unknown } from "@interlock/core";
import { factsOf, policyOf, rule } from "@interlock/testkit";
import { describe, expect, it } from "vitest";
import type { Expression } from "../src/expression.ts";
import { reading, scopeOf } from "../src/scope.ts";

type Asked = "when" | number | undefined;

/** Every question in its order: `when`, or the line of the item that `where` was asked about. */
function questions(own: Partial<Rule>, facts: Partial<Facts>, gaps: readonly Gap[] = []) {
  const asked: Asked[] = [];
  const heard = (expression: Expression | null, what: (it: unknown) => Asked) =>
    expression === null
      ? null
      : {
          ...expression,
          judge: (activation: Parameters<Expression["judge"]>[0]) => {
            asked.push(what(activation.frame.it));
            return expression.judge(activation);
          },
        };
  const [compiled] = compilePolicy(policyOf([rule("r", own)])).rules;
  if (compiled === undefined) throw new Error("the policy has one rule");
  const scope = scopeOf(
    {
      ...compiled,
      when: heard(compiled.when, () => "when"),
      where: heard(compiled.where, (it) => (it as { readonly line?: number }).line),
    },
    reading(factsOf(facts), gaps),
  );
  return { asked, applies: scope.applies };
}

const item = (aspect: string, line: number) =>
  delta({ path: "a.yaml", op: "changed", aspect, line });
const kubernetes = [item("image", 3), item("other", 4), item("image", 2)];
const lost = { kubernetes: unknown("lost", "find it") } as unknown as Partial<Facts>;
const gap: Gap = { group: "kubernetes", path: "b.yaml", code: "unparsable", detail: "", help: "" };
const image = { each: "kubernetes", when: "true", where: "it.aspect == 'image' && it.line > 2" };

describe("a rule is asked about", () => {
  it.each<[string, Partial<Rule>, Partial<Facts>, readonly Gap[], readonly Asked[], string]>([
    ["items with its text", image, { kubernetes }, [], ["when", 3, 2], "yes"],
    [
      "items with one of its texts, by text",
      { ...image, where: "it.aspect in ['other', 'image', 'none']" },
      { kubernetes },
      [],
      ["when", 4, 3, 2],
      "yes",
    ],
    [
      "all items where it has no text",
      { ...image, where: "it.line > 2" },
      { kubernetes },
      [],
      ["when", 3, 4, 2],
      "yes",
    ],
    [
      "all items where one of them lacks the field",
      { ...image, where: "it.nothing == 'image'" },
      { kubernetes },
      [],
      ["when", 3, 4, 2],
      "unknown",
    ],
    [
      "all items where the field is no text",
      { ...image, where: "it.line == 'image'" },
      { kubernetes },
      [],
      ["when", 3, 4, 2],
      "no",
    ],
    [
      "all items where they are no objects",
      { ...image, each: "change.gate" },
      { change: { ...factsOf().change, gate: ["policy"] } },
      [],
      ["when", undefined],
      "unknown",
    ],
    [
      "nothing where no item has its text",
      { ...image, where: "it.aspect == 'none'" },
      { kubernetes },
      [],
      [],
      "no",
    ],
    ["nothing where its list is empty", image, {}, [], [], "no"],
    [
      "nothing where its list is empty and it has no text",
      { each: "sql", when: "true" },
      {},
      [],
      [],
      "no",
    ],
    [
      "nothing where a list is empty that its condition needs",
      { ...image, when: "config.exists(c, c.line == 1)" },
      { kubernetes },
      [],
      [],
      "no",
    ],
    [
      "nothing of the change, likewise",
      { when: "config.exists(c, c.line == 1)" },
      {},
      [],
      [],
      "no",
    ],
    ["the change where it needs no list", { when: "true" }, {}, [], ["when"], "yes"],
    ["its condition alone where the list is not known", image, lost, [], ["when"], "unknown"],
    [
      "its condition where something was not read, and no item has its text",
      { ...image, where: "it.aspect == 'none'" },
      { kubernetes },
      [gap],
      ["when"],
      "unknown",
    ],
  ])("%s", (_name, own, facts, gaps, asked, applies) => {
    expect(questions(own, facts, gaps)).toEqual({ asked, applies });
  });
});
