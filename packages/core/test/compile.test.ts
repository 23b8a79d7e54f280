// SPDX-License-Identifier: Apache-2.0
/** What a compiled policy knows of its rules before one of them is asked. */
import {
  type Analysis,
  type CompiledRule,
  compilePolicy,
  type Mode,
  type Override,
  type Rule,
} from "@interlock/core";
import { NOW, policyOf, rule } from "@interlock/testkit";
import { describe, expect, it } from "vitest";

function compiled(own: Partial<Rule>, known?: ReadonlyMap<string, Analysis>): CompiledRule {
  const [only] = compilePolicy(policyOf([rule("r", own)]), known).rules;
  if (only === undefined) throw new Error("the policy has one rule");
  return only;
}

const ofRule = (own: Partial<Rule>, known?: ReadonlyMap<string, Analysis>): Analysis => {
  const { reads, needs, key } = compiled(own, known);
  return { reads, needs, key };
};

describe("what a rule reads, needs and looks for", () => {
  it.each<[string, Partial<Rule>, Analysis]>([
    ["nothing", {}, { reads: [], needs: [], key: null }],
    [
      "its condition, in order and once each",
      { when: "sql.exists(s, s.line == 1) && config.exists(c, c.line == 1) && sql.size() > 1" },
      { reads: ["config", "sql"], needs: ["config", "sql"], key: null },
    ],
    [
      "its list",
      { each: "change.files" },
      { reads: ["change"], needs: ["change.files"], key: null },
    ],
    [
      "its list, and what the condition on an item reads beside the item",
      { each: "config", where: "it.aspect == 'image' && blast.cells > 1" },
      {
        reads: ["blast", "config"],
        needs: ["config"],
        key: { field: "aspect", values: new Set(["image"]) },
      },
    ],
    [
      "a list that its condition needs as well, once",
      { each: "sql", when: "sql.exists(s, s.line == 1) && config.exists(c, c.line == 1)" },
      { reads: ["config", "sql"], needs: ["config", "sql"], key: null },
    ],
    [
      "only lists without which no item can match are needed",
      { each: "sql", where: "config.exists(c, c.line == 1) || it.line == 2" },
      { reads: ["config", "sql"], needs: ["sql"], key: null },
    ],
    ["what is no path at all", { each: "x y" }, { reads: [""], needs: [""], key: null }],
  ])("%s", (_name, own, expected) => {
    expect(ofRule(own)).toEqual(expected);
  });

  it("takes what is known of a text instead of parsing it", () => {
    const known = (reads: string, field: string): Analysis => ({
      ...{ reads: [reads], needs: [reads] },
      key: { field, values: new Set(["x"]) },
    });
    const analyses = new Map([
      ["((", known("config", "a")],
      ["))", known("sql", "b")],
    ]);
    expect(ofRule({ when: "((" }, analyses)).toEqual({
      ...{ reads: ["config"], needs: ["config"], key: null },
    });
    expect(ofRule({ each: "change.files", when: "((", where: "))" }, analyses)).toEqual({
      reads: ["change", "config", "sql"],
      needs: ["change.files", "config"],
      key: { field: "b", values: new Set(["x"]) },
    });
  });

  it.each<[string, Partial<Rule>, readonly string[]]>([
    ["a rule without expressions and list", {}, []],
    ["a list", { each: "change.files" }, ["change"]],
    ["a condition", { when: "sql.size() > 1" }, ["sql"]],
    ["a condition on an item", { each: "config", where: "blast.cells > 1" }, ["blast", "config"]],
    ["a word that is no name of a fact", { when: "change.subject == 'sql'" }, ["change", "sql"]],
  ])("may read, told from the text alone: %s", (_name, own, expected) => {
    const groups = ["blast", "change", "config", "sql"];
    expect(groups.filter(compiled(own).mayRead)).toEqual(expected);
  });
});

describe("the order of rules", () => {
  it("is by id, and of one id by content, however they were written", () => {
    const rules = ["b", "a", "c"].flatMap((id) => [
      rule(id, { when: "true" }),
      rule(id, { when: "false" }),
      rule(id),
    ]);
    const order = (given: readonly Rule[]) =>
      compilePolicy(policyOf(given)).rules.map((r) => [r.rule.id, r.digest] as const);
    const expected = order(rules);
    expect(expected.map(([id]) => id)).toEqual([..."aaabbbccc"]);
    for (const id of "abc") {
      const digests = expected.filter((r) => r[0] === id).map((r) => r[1]);
      expect(digests).toEqual([...digests].sort());
      expect(new Set(digests).size).toBe(3);
    }
    expect(order([...rules].reverse())).toEqual(expected);
  });
});

describe("the mode of a rule", () => {
  const override = (system: string, mode: Mode, id = "r"): Override => ({ rule: id, system, mode });
  type Row = readonly [
    name: string,
    own: Mode | undefined,
    overrides: readonly Override[],
    systems: readonly string[] | null,
    mode: Mode,
    enforced: boolean,
  ];

  it.each<Row>([
    ["that of the policy", undefined, [], ["pay"], "warn", false],
    ["its own before that of the policy", "enforce", [], ["pay"], "enforce", true],
    ["an override before its own", "enforce", [override("", "observe")], ["pay"], "observe", false],
    [
      "an override for the system before one for all",
      "warn",
      [override("", "observe"), override("pay", "enforce")],
      ["pay"],
      "enforce",
      true,
    ],
    ["an override of another rule", "warn", [override("", "enforce", "s")], ["pay"], "warn", false],
    ["an override of another system", "warn", [override("web", "enforce")], ["pay"], "warn", false],
    [
      "the strictest for any of the systems",
      "observe",
      [override("web", "enforce"), override("ops", "warn")],
      ["pay", "web", "ops"],
      "enforce",
      true,
    ],
    [
      "the strictest, first or last",
      "warn",
      [override("web", "observe")],
      ["web", "pay"],
      "warn",
      false,
    ],
    ["without systems, that for all", "warn", [override("pay", "enforce")], [], "warn", false],
    [
      "of unknown systems the strictest that may be, enforced only where each would be",
      "warn",
      [override("pay", "enforce")],
      null,
      "enforce",
      false,
    ],
    [
      "of unknown systems, one that is excepted",
      "enforce",
      [override("pay", "observe")],
      null,
      "enforce",
      false,
    ],
    ["of unknown systems, none excepted", "enforce", [], null, "enforce", true],
    [
      "of unknown systems, an exception of another rule",
      "enforce",
      [override("pay", "warn", "s")],
      null,
      "enforce",
      true,
    ],
    [
      "an override that ends later",
      "observe",
      [{ ...override("pay", "enforce"), until: NOW + 1 }],
      ["pay"],
      "enforce",
      true,
    ],
    [
      "an override no longer, from its end on",
      "observe",
      [{ ...override("pay", "enforce"), until: NOW }],
      ["pay"],
      "observe",
      false,
    ],
    [
      "an override for all no longer, so that the rule's own counts again",
      "enforce",
      [{ ...override("", "observe"), until: NOW }],
      [],
      "enforce",
      true,
    ],
    [
      "of unknown systems, none that has ended",
      "observe",
      [{ ...override("pay", "enforce"), until: NOW }],
      null,
      "observe",
      false,
    ],
    [
      "of two for one system the strictest",
      "observe",
      [override("pay", "warn"), override("pay", "enforce"), override("pay", "observe")],
      ["pay"],
      "enforce",
      true,
    ],
  ])("%s", (_name, own, overrides, systems, mode, enforced) => {
    const one = rule("r", own === undefined ? {} : { mode: own });
    const { modeOf, isEnforced } = compilePolicy(policyOf([one], { mode: "warn", overrides }));
    const where = { systems, now: NOW };
    expect([modeOf(one, where), isEnforced(one, where)]).toEqual([mode, enforced]);
  });
});
