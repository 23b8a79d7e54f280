// SPDX-License-Identifier: Apache-2.0
/** Which signatures become an exception, what it passes, and whom an unreviewed one holds. */
import { type Facts, type Statement, teamsTouched, unknown, waiversFrom } from "@interlock/core";
import {
  approval,
  DIGEST,
  decideBy,
  factsOf,
  file,
  NOW,
  policyOf,
  rule,
  statementWith,
} from "@interlock/testkit";
import { describe, expect, it } from "vitest";

type Waives = NonNullable<Statement["waives"]>;
const override = (person: string, waives: Partial<Waives> = {}, expiresAt = NOW + 9) => ({
  statement: statementWith({
    ...{ decision: "override", person, digest: DIGEST, expiresAt, issuedAt: NOW },
    waives: { rule: "r", breakGlass: false, ...waives },
  }),
  reason: `${person} says so`,
});
const URGENT = { breakGlass: true, incident: "i-1" };
const PLAIN = { rule: "r", digest: DIGEST, breakGlass: false };

describe("overrides become a waiver", () => {
  it.each<[string, readonly ReturnType<typeof override>[], readonly object[]]>([
    [
      "of two persons, until the earlier ends",
      [override("cy", {}, NOW + 5), override("bo")],
      [
        {
          ...{ ...PLAIN, by: ["person:bo", "person:cy"], expiresAt: NOW + 5 },
          reason: "bo says so",
        },
      ],
    ],
    ["never of one", [override("bo")], []],
    ["never of one person twice", [override("bo"), override("bo")], []],
    ["never of two rules", [override("bo"), override("cy", { rule: "s" })], []],
    ["never of break-glass and a waiver", [override("bo"), override("cy", URGENT)], []],
    [
      "never of two incidents",
      [override("bo", URGENT), override("cy", { ...URGENT, incident: "i-2" })],
      [],
    ],
    [
      "as break-glass when both say so for one incident",
      [override("bo", URGENT), override("cy", URGENT)],
      [{ rule: "r", breakGlass: true }],
    ],
    [
      "one a rule, in the order of the rules",
      ["s", "r"].flatMap((of) => [override("bo", { rule: of }), override("cy", { rule: of })]),
      [{ rule: "r" }, { rule: "s" }],
    ],
    ["never of approvals", [{ statement: statementWith(), reason: "" }], []],
  ])("%s", (_name, overrides, waivers) => {
    expect(waiversFrom(overrides).map(({ waiver }) => waiver)).toMatchObject(waivers);
    expect(waiversFrom(overrides)).toHaveLength(waivers.length);
  });

  it("of at most four signers and twelve rules", () => {
    const persons = ["a", "b", "c", "d", "e"];
    const rules = Array.from({ length: 13 }, (_, i) => `r${i}`);
    const made = waiversFrom(
      rules.flatMap((of) => persons.map((person) => override(person, { rule: of }))),
    );
    expect(made.map(({ from }) => from.length)).toEqual(Array(12).fill(4));
  });
});

const waiver = (of: string, breakGlass: boolean, over: object = {}) => ({
  ...{ rule: of, digest: DIGEST, reason: "because", expiresAt: NOW + 1, breakGlass },
  ...{ by: ["email:bo@example.com", "email:cy@example.com"], ...over },
});
const FREEZE = { name: "sale", from: NOW, systems: [] };
const outcomes = (evidence: Partial<Facts["evidence"]>, change: Partial<Facts["change"]> = {}) => {
  const facts = factsOf({ evidence });
  const rules = [rule("r", { covers: true, require: [] })];
  const policy = policyOf(rules, { otherwise: [{ kind: "check", names: ["unit"] }] });
  const decision = decideBy(policy, { ...facts, change: { ...facts.change, ...change } });
  return new Map(decision.rules.map((one) => [one.rule, one.outcome]));
};

describe("a freeze and `otherwise`", () => {
  it.each<[string, readonly ReturnType<typeof waiver>[], string]>([
    ["are passed by nothing", [], "deny"],
    ["are passed by no waiver", [waiver("freeze/sale", false)], "deny"],
    ["are passed by no break-glass of another", [waiver("freeze/other", true)], "deny"],
    [
      "are passed by no break-glass that is over",
      [waiver("freeze/sale", true, { expiresAt: NOW })],
      "deny",
    ],
    ["are passed by break-glass", [waiver("freeze/sale", true)], "allow"],
  ])("%s", (_name, waivers, outcome) => {
    expect(outcomes({ freezes: [FREEZE], waivers }).get("freeze/sale")).toBe(outcome);
    const renamed = waivers.map((one) => ({
      ...one,
      rule: one.rule === "freeze/sale" ? "otherwise" : one.rule,
    }));
    const decision = decideBy(
      policyOf([], { otherwise: [{ kind: "check", names: ["unit"] }] }),
      factsOf({ evidence: { waivers: renamed } }),
    );
    expect(decision.outcome).toBe(outcome === "deny" ? "hold" : "allow");
  });

  it("a rejection is passed by no break-glass", () => {
    const no = { by: "cy", digest: DIGEST, at: NOW, reason: "no", closed: false };
    const evidence = { rejections: [no], waivers: [waiver("rejection/cy", true)] };
    expect(outcomes(evidence).get("rejection/cy")).toBe("hold");
  });
});

const system = (owner: string) => ({
  ...{ id: `of-${owner}`, tier: 1, owner, org: [], cells: [], orderSharePpm: 0, incidents: 0 },
});
const lost = unknown("lost", "find it");

describe("teams that own what a change touches", () => {
  const of = (change: Partial<Facts["change"]>) => {
    const base = factsOf().change;
    return teamsTouched({ ...base, systems: [], files: [], ...change });
  };
  it.each<[string, Partial<Facts["change"]>, readonly string[] | null]>([
    ["none", {}, []],
    ["of its systems", { systems: [system("b"), system("a"), system("")] }, ["a", "b"]],
    ["of files in no system", { files: [file("x", { owners: ["c"] })] }, ["c"]],
    [
      "not of files in a system",
      { systems: [system("a")], files: [file("x", { owners: ["c"], systems: ["of-a"] })] },
      ["a"],
    ],
    ["unknown with the systems", { systems: lost }, null],
    ["unknown with the files", { files: lost }, null],
    ["unknown with one owner", { systems: [{ ...system("a"), owner: lost }] }, null],
    ["unknown with a file's owners", { files: [file("x", { owners: lost })] }, null],
  ])("%s", (_name, change, teams) => {
    expect(of(change)).toEqual(teams);
  });
});

describe("a debt", () => {
  const debt = (teams: readonly string[], at = NOW) => ({ entry: "a".repeat(64), teams, at });
  const held = (debts: readonly ReturnType<typeof debt>[], more = {}, change = {}) =>
    outcomes({ debts, ...more }, { systems: [system("payments")], files: [], ...change }).get(
      "debt",
    );

  it.each<[string, string | undefined, readonly ReturnType<typeof debt>[], object]>([
    ["of its team holds", "hold", [debt(["payments"])], {}],
    ["of another team does not", undefined, [debt(["search"])], {}],
    ["of nobody known holds everybody", "hold", [debt([])], {}],
    ["of any team holds what nobody knows", "hold", [debt(["search"])], { systems: lost }],
    ["of the future does not count yet", undefined, [debt(["payments"], NOW + 1)], {}],
  ])("%s", (_name, outcome, debts, change) => {
    expect(held(debts, {}, change)).toBe(outcome);
  });

  it("lets pass what the glass is broken for, whatever the rule, and no mere waiver", () => {
    expect(held([debt([])], { waivers: [waiver("r", true)] })).toBe("allow");
    expect(held([debt([])], { waivers: [waiver("r", false)] })).toBe("hold");
    expect(held([debt([])], { waivers: [waiver("debt", false)] })).toBe("hold");
    const own = { by: ["email:ana@example.com", "email:bo@example.com"] };
    expect(held([debt([])], { waivers: [waiver("r", true, own)] })).toBe("hold");
  });

  it("is not met by approvals", () => {
    const approvals = ["bo", "cy"].map((by) => approval(by));
    expect(held([debt([])], { approvals })).toBe("hold");
  });
});
