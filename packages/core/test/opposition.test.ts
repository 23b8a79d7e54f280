/** Freezes and rejections: whom they stop, until when, and who can lift them. */
import {
  compilePolicy,
  type Evidence,
  type Facts,
  type Policy,
  type PolicyRole,
  unknown,
} from "@interlock/core";
import { DIGEST, factsOf, NOW, policyOf } from "@interlock/testkit";
import { describe, expect, it } from "vitest";
import { frozen, rejected } from "../src/opposition.ts";
import type { Given } from "../src/ruling.ts";

const given = (facts: Facts, more: Partial<Given> = {}, policy: Partial<Policy> = {}): Given => ({
  role: "in-force",
  policy: compilePolicy(policyOf([], policy)),
  facts,
  terms: { rulesDigest: "", missingOwner: "hold" },
  systems: ["shop"],
  ...more,
});
const saying = (evidence: Partial<Evidence>, change: Partial<Facts["change"]> = {}): Facts => {
  const facts = factsOf();
  return {
    ...facts,
    change: { ...facts.change, ...change },
    evidence: { ...facts.evidence, ...evidence },
  };
};

describe("a freeze", () => {
  const freeze = { name: "sale", from: NOW, until: NOW + 1, systems: [] as readonly string[] };
  it.each<[string, Partial<typeof freeze>, readonly string[] | null, number]>([
    ["of every system stops", {}, ["shop"], 1],
    ["begins with its first millisecond", { from: NOW + 1, until: NOW + 9 }, ["shop"], 0],
    ["ends with its last", { from: NOW - 9, until: NOW }, ["shop"], 0],
    ["of one of the systems stops", { systems: ["shop"] }, ["cart", "shop"], 1],
    ["of one of several frozen ones stops", { systems: ["cart", "shop"] }, ["shop"], 1],
    ["of other systems does not", { systems: ["search"] }, ["shop"], 0],
    ["stops where nobody knows the systems", { systems: ["search"] }, null, 1],
    ["of one system lets pass what touches none", { systems: ["search"] }, [], 0],
  ])("%s", (_name, own, systems, count) => {
    const facts = saying({ freezes: [{ ...freeze, ...own }] });
    expect(frozen(given(facts, { systems }))).toHaveLength(count);
  });

  it("with an end holds until then, and only time lifts it", () => {
    const [result] = frozen(given(saying({ freezes: [freeze] })));
    expect(result).toMatchObject({
      ...{ rule: "freeze/sale", title: "No change during sale", outcome: "hold", baseline: false },
      ...{ mode: "enforce", counts: { outcome: true, effective: true }, help: "" },
      requirements: [
        {
          requirement: { kind: "window", calendars: ["freeze sale"] },
          ...{ state: "unmet", who: ["time"], final: false, until: NOW + 1 },
          reason: { code: "frozen", params: { name: "sale", until: NOW + 1 } },
        },
      ],
    });
  });

  it("without an end denies, and whoever declared it lifts it", () => {
    const { until: _until, ...endless } = freeze;
    const [result] = frozen(given(saying({ freezes: [endless] })));
    expect(result?.outcome).toBe("deny");
    expect(result?.requirements[0]).toMatchObject({
      ...{ who: ["whoever declared the freeze"], final: true },
    });
    expect(result?.requirements[0]).not.toHaveProperty("until");
  });

  it.each<[PolicyRole, readonly string[]]>([
    ["in-force", ["freeze/of the policy", "freeze/sale"]],
    ["proposed", ["freeze/of the policy"]],
  ])("declared beside the policies is said once, by the one in force: %s", (role, rules) => {
    const own = { freezes: [{ ...freeze, name: "of the policy" }] };
    const results = frozen(given(saying({ freezes: [freeze] }), { role }, own));
    expect(results.map((r) => r.rule)).toEqual(rules);
  });
});

describe("a rejection", () => {
  const no = { by: "cy", digest: DIGEST, at: NOW, reason: "not today", closed: false };
  it.each<[string, Partial<typeof no>, readonly string[]]>([
    ["holds from the moment it is given", {}, ["rejection/cy"]],
    ["of the future does not count yet", { at: NOW + 1 }, []],
    ["that its giver closed", { closed: true }, []],
    ["of another content", { digest: "0".repeat(64) }, []],
  ])("%s", (_name, own, rules) => {
    const results = rejected(given(saying({ rejections: [{ ...no, ...own }] })));
    expect(results.map((r) => r.rule)).toEqual(rules);
  });

  it("names who can close it", () => {
    expect(rejected(given(saying({ rejections: [no] })))).toMatchObject([
      {
        ...{ rule: "rejection/cy", title: "Somebody rejected the change", outcome: "hold" },
        ...{ findings: [], findingCount: 0, help: "" },
        requirements: [
          {
            requirement: { kind: "known", facts: ["rejection by cy closed"] },
            ...{ state: "unmet", who: ["cy"], final: false },
            reason: { code: "rejected", params: { by: "cy" } },
          },
        ],
      },
    ]);
  });

  it("holds whatever it was about where the content is not known", () => {
    const lost = { digest: unknown("lost", "find it") };
    const facts = saying({ rejections: [{ ...no, digest: "0".repeat(64) }] }, lost);
    expect(rejected(given(facts))).toHaveLength(1);
  });

  it("of several persons is one each, in the order of their accounts", () => {
    const rejections = ["dee", "bo", "dee", "ana"].map((by) => ({ ...no, by }));
    const results = rejected(given(saying({ rejections })));
    expect(results.map((r) => r.rule)).toEqual(["rejection/ana", "rejection/bo", "rejection/dee"]);
  });

  it("is said once, by the policy in force", () => {
    expect(rejected(given(saying({ rejections: [no] }), { role: "proposed" }))).toEqual([]);
  });
});
