// SPDX-License-Identifier: Apache-2.0
/** Whether a rule applies, to what, and what it says of all that it could not see. */
import {
  type Context,
  compilePolicy,
  type Delta,
  delta,
  type Facts,
  type Gap,
  type Rule,
  unknown,
} from "@interlock/core";
import { decideBy, factsOf, file, NOW, policyOf, rule } from "@interlock/testkit";
import { describe, expect, it } from "vitest";
import { reading, type Scope, scopeOf, stricter } from "../src/scope.ts";

const UNIT = { kind: "check", names: ["unit"] } as const;
const lost = unknown("lost", "find it");
const item = (aspect: string, line: number): Delta =>
  delta({ path: "a.yaml", op: "changed", aspect, line });
const gap = (group: string, path: string, code = "unparsable"): Gap => ({
  ...{ group, path, code },
  ...{ detail: "d", help: "h" },
});

/** What the rule asks for, what it could not know, and the lines of what it found. */
function asked(own: Partial<Rule>, facts: Facts) {
  const policy = policyOf([rule("r", { says: "x", require: [UNIT], ...own })], { otherwise: [] });
  const { rules, skipped } = decideBy(policy, facts);
  const found = rules.find((r) => r.rule === "r");
  if (found === undefined) return { skipped };
  const requirements = found.requirements.map((r) => r.requirement);
  return {
    kinds: requirements.map((r) => r.kind).sort(),
    unknowns: requirements.flatMap((r) => (r.kind === "known" ? r.facts : [])),
    lines: found.findings.map((f) => f.line),
  };
}

const applies = (lines: readonly number[] = []) => ({ kinds: ["check"], unknowns: [], lines });
const perhaps = (unknowns: readonly string[]) => ({ kinds: ["known"], unknowns, lines: [] });
const both = (unknowns: readonly string[], lines: readonly number[] = []) => ({
  ...{ kinds: ["check", "known"], unknowns },
  lines,
});
const no = { skipped: ["r"] };

describe("a rule about the change as a whole", () => {
  it.each<[string, Partial<Rule>, Facts, object]>([
    ["without a condition always applies", {}, factsOf(), applies()],
    ["whose condition holds", { when: "change.totals.files == 1" }, factsOf(), applies()],
    ["whose condition does not hold", { when: "change.totals.files == 2" }, factsOf(), no],
    [
      "whose condition fails",
      { when: "change.totals.nothing == 1" },
      factsOf(),
      perhaps([expect.stringContaining("nothing")]),
    ],
    [
      "that reads a list which is not known",
      { when: "sql.exists(s, s.line == 1)" },
      factsOf({ sql: lost }),
      perhaps(["lost"]),
    ],
    ["that needs a list which is empty", { when: "sql.exists(s, s.no == 1)" }, factsOf(), no],
    [
      "that reads a group with gaps, whatever it sees there",
      { when: "sql.exists(s, s.line == 1)" },
      factsOf({
        gaps: [gap("sql", "b.sql"), gap("sql", "a.sql", "too-large"), gap("sql", "b.sql")],
      }),
      perhaps(["sql too-large a.sql", "sql unparsable b.sql"]),
    ],
    [
      "that reads a group with a gap, and another one that rules it out",
      { when: "sql.exists(s, s.line == 1) && change.totals.files == 2" },
      factsOf({ gaps: [gap("sql", "")] }),
      perhaps(["sql unparsable"]),
    ],
    [
      "that reads another group",
      { when: "change.totals.files == 1" },
      factsOf({ gaps: [gap("sql", "b.sql")] }),
      applies(),
    ],
  ])("%s", (_name, own, facts, expected) => {
    expect(asked(own, facts)).toEqual(expected);
  });
});

describe("a rule that looks through a list", () => {
  const own = { each: "kubernetes", where: "it.aspect == 'image' && it.line > 1" } as const;
  const found = factsOf({ kubernetes: [item("image", 3), item("other", 4), item("image", 2)] });

  it.each<[string, Partial<Rule>, Facts, object]>([
    ["applies to what matches", own, found, applies([2, 3])],
    ["applies to all items where it names none", { each: "kubernetes" }, found, applies([2, 3, 4])],
    ["applies to nothing in an empty list", { each: "kubernetes" }, factsOf(), no],
    ["applies to nothing where no item matches", { ...own, where: "it.line > 9" }, found, no],
    [
      "applies to nothing where no item has the text",
      { ...own, where: "it.aspect == 'x'" },
      found,
      no,
    ],
    [
      "does not apply where its condition does not hold",
      { ...own, when: "change.totals.files == 2" },
      found,
      no,
    ],
    [
      "cannot know where the list is not known",
      own,
      factsOf({ kubernetes: lost } as unknown as Partial<Facts>),
      perhaps(["lost"]),
    ],
    [
      "cannot know where the list is not known, even if nobody said why",
      own,
      factsOf({ kubernetes: unknown("", "") } as unknown as Partial<Facts>),
      perhaps([""]),
    ],
    [
      "cannot know where what holds the list is not known",
      { ...own, each: "blast.none" },
      factsOf({ blast: lost } as unknown as Partial<Facts>),
      perhaps(["lost"]),
    ],
    [
      "says that neither its list nor its condition is known",
      { ...own, when: "sql.exists(s, s.line == 1)" },
      factsOf({ kubernetes: lost, sql: unknown("gone", "find it") } as unknown as Partial<Facts>),
      perhaps(["gone", "lost"]),
    ],
    [
      "cannot know where there is no such list",
      { ...own, each: "no.where" },
      found,
      perhaps(["`no.where` is no list of facts"]),
    ],
    [
      "cannot know where a fact is no list",
      { ...own, each: "change.totals" },
      found,
      perhaps(["`change.totals` is no list of facts"]),
    ],
    [
      "cannot know where what it names is no path",
      { ...own, each: "x y" },
      found,
      perhaps(["`x y` is no list of facts"]),
    ],
    [
      "cannot know where a fact on the way is not known",
      { each: "change.files" },
      factsOf({ change: { files: lost } }),
      perhaps(["lost"]),
    ],
    [
      "applies to what matches, and says which items it could not judge",
      { each: "kubernetes", where: "it.line == 3 || it.nothing == 1" },
      found,
      both([expect.stringContaining("nothing")], [3]),
    ],
    [
      "cannot know where its condition cannot be known and something matches",
      { ...own, when: "sql.exists(s, s.line == 1)" },
      factsOf({ kubernetes: found.kubernetes, sql: lost }),
      both(["lost"], [2, 3]),
    ],
    [
      "does not mind its condition where nothing matches",
      { ...own, where: "it.line > 9", when: "sql.exists(s, s.line == 1)" },
      factsOf({ kubernetes: found.kubernetes, sql: lost }),
      no,
    ],
    [
      "minds a gap even where nothing matches",
      { ...own, where: "it.line > 9" },
      factsOf({ kubernetes: found.kubernetes, gaps: [gap("kubernetes", "b.yaml")] }),
      perhaps(["kubernetes unparsable b.yaml"]),
    ],
  ])("%s", (_name, more, facts, expected) => {
    expect(asked(more, facts)).toEqual(expected);
  });

  it("may be asked by values of several items, one of which has none", () => {
    const files = [file("a.yaml"), file("b.yaml", { language: "go" })];
    const facts = factsOf({ change: { files } });
    const where = "it.language in ['go', 'rust'] && it.path == 'b.yaml'";
    expect(asked({ each: "change.files", where }, facts)).toEqual(applies([0]));
    expect(
      asked({ each: "change.gate", where }, factsOf({ change: { gate: ["policy"] } })),
    ).toEqual(perhaps([expect.any(String)]));
  });
});

describe("context of which a contributor supplied a part", () => {
  const context = (kind: string, subject: string, by: string): Context => ({
    ...{ kind, subject, by: `email:${by}@example.com`, value: "", micro: 0 },
    ...{ source: "probe", observedAt: NOW, validForMs: 1 },
  });
  const own = { each: "context", where: "it.kind == 'load'" } as const;
  const subjects = (facts: Facts, more: Partial<Rule> = {}) =>
    decideBy(
      policyOf([rule("r", { ...own, says: "{subject}", severity: "1", ...more })], {
        otherwise: [],
      }),
      facts,
    )
      .rules.filter((r) => r.rule === "r")
      .flatMap((r) => r.findings.map((f) => f.message))
      .sort();

  it("counts all that either reading finds, once each", () => {
    const facts = factsOf({
      context: [context("load", "db", "cy"), context("load", "api", "ana")],
    });
    expect(subjects(facts)).toEqual(["api", "db"]);
  });

  it("does not make certain what is so only with it", () => {
    const covering = rule("c", { when: "context.exists(c, c.kind == 'load')", covers: true });
    const otherwise = (by: string) =>
      decideBy(policyOf([covering]), factsOf({ context: [context("load", "db", by)] })).rules.map(
        (r) => `${r.rule} ${r.counts.outcome}`,
      );
    expect(otherwise("cy")).toEqual(["c true"]);
    expect(otherwise("ana")).toEqual(["otherwise true", "c true"]);
  });

  it("says what is unknown in either reading", () => {
    const when =
      "context.exists(c, c.kind == 'load' && c.nothing == 1) || sql.exists(s, s.line == 1)";
    const facts = { context: [context("load", "db", "ana")], sql: lost } as const;
    expect(asked({ when }, factsOf(facts))).toMatchObject({ kinds: ["known"] });
    expect(asked({ when }, factsOf({ ...facts, sql: [] }))).toMatchObject({
      ...{ kinds: ["known"] },
      unknowns: [expect.stringContaining("nothing")],
    });
  });
});

describe("what is known for certain", () => {
  const compiled = (own: Partial<Rule>) => {
    const [only] = compilePolicy(policyOf([rule("r", own)])).rules;
    if (only === undefined) throw new Error("the policy has one rule");
    return only;
  };
  const scope = (own: Partial<Rule>, facts: Facts, gaps: readonly Gap[] = []) =>
    scopeOf(compiled(own), reading(facts, gaps));
  const one = item("a", 1);

  it.each<[string, Partial<Rule>, Facts, readonly Gap[], Pick<Scope, "applies" | "certain">]>([
    ["a rule without condition", {}, factsOf(), [], { applies: "yes", certain: true }],
    ["a match", { each: "sql" }, factsOf({ sql: [one] }), [], { applies: "yes", certain: true }],
    ["no match", { each: "sql" }, factsOf(), [], { applies: "no", certain: false }],
    [
      "a match beside a gap",
      { each: "sql" },
      factsOf({ sql: [one] }),
      [gap("sql", "b.sql")],
      { applies: "yes", certain: false },
    ],
    [
      "a gap alone",
      { each: "sql" },
      factsOf(),
      [gap("sql", "b.sql")],
      { applies: "unknown", certain: false },
    ],
    [
      "a gap of a group that only a text of the rule names",
      { when: "change.subject != 'sql'" },
      factsOf(),
      [gap("sql", "b.sql")],
      { applies: "yes", certain: true },
    ],
    [
      "a condition that is lost, and one match",
      { each: "sql", when: "config.exists(c, c.line == 1)" },
      factsOf({ sql: [one], config: lost }),
      [],
      { applies: "yes", certain: false },
    ],
  ])("%s", (_name, own, facts, gaps, expected) => {
    const { applies, certain } = scope(own, facts, gaps);
    expect({ applies, certain }).toEqual(expected);
  });

  it("names what is unknown once each, in order", () => {
    const gaps = [gap("sql", "c.sql"), gap("sql", "a.sql"), gap("sql", "c.sql")];
    expect(scope({ each: "sql" }, factsOf(), gaps).unknowns).toEqual([
      "sql unparsable a.sql",
      "sql unparsable c.sql",
    ]);
  });

  const yes: Scope = { applies: "yes", certain: true, unknowns: [], matches: [one] };
  const none: Scope = { applies: "no", certain: false, unknowns: [], matches: [] };
  const maybe: Scope = { applies: "unknown", certain: false, unknowns: ["b", "c"], matches: [] };
  it.each<[string, Scope, Scope, Scope]>([
    ["yes and no", yes, none, { ...yes, certain: false }],
    ["yes and yes", yes, yes, yes],
    ["no and no", none, none, none],
    ["no and unknown", none, maybe, maybe],
    ["yes and unknown", yes, maybe, { ...yes, certain: false, unknowns: ["b", "c"] }],
    [
      "unknown and unknown",
      maybe,
      { ...maybe, unknowns: ["a", "c"] },
      { ...maybe, unknowns: ["a", "b", "c"] },
    ],
  ])("the stricter of %s", (_name, a, b, expected) => {
    expect(stricter(a, b)).toEqual(expected);
    expect(stricter(b, a)).toEqual(expected);
  });
});
