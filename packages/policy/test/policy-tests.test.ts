// SPDX-License-Identifier: Apache-2.0
/** Tests of a policy, as `interlock policy test` runs them. */
import { compilePolicy } from "@interlock/core";
import { loadPolicy, runPolicyTests, untested } from "@interlock/policy";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const POLICY = `policy: shop
mode: enforce
rules:
  - id: two-owners
    when: change.systems.exists(s, s.tier == 1)
    covers: true
    require: [{ approvals: 2 }]
  - id: quiet
    when: change.totals.files > 100
    class: H
`;
const GOOD = `- case: one owner is not enough for Tier 1
  why: the second pair of eyes is the point
  given:
    systems: { checkout: { tier: 1 } }
    approvals: [{ by: bo }]
  then:
    outcome: hold
    because: [{ rule: two-owners, outcome: hold, contains: 1 of 2 }]
    not: [quiet]
  also allows when:
    - approvals: [{ by: bo }, { by: cy }]
- case: anything else needs one
  why: the default
  given: { approvals: [{ by: bo }] }
  then: { outcome: allow, because: [{ rule: otherwise, says: everything it needs is there }] }
`;

const loaded = loadPolicy("policy.yaml", POLICY);
if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
const { places } = loaded;
const policy = compilePolicy(loaded.policy);
const run = (text: string) => runPolicyTests(policy, { file: "t.yaml", text });

describe("tests of a policy", () => {
  it("agree with it where they say what it does", () => {
    const { results, problems, rules } = run(GOOD);
    expect(problems).toEqual([]);
    expect(results.map((r) => [r.line, r.situation, r.differences])).toEqual([
      [1, "the case", []],
      [11, "also allows when 1", []],
      [12, "the case", []],
    ]);
    expect(rules).toEqual(["otherwise", "quiet", "two-owners"]);
  });

  it.each([
    ["outcome: hold\n", "outcome: deny\n", 7, "outcome is hold, not deny"],
    ["outcome: hold\n", "outcome: hold\n    effective: allow\n", 8, "effective is hold, not allow"],
    ["contains: 1 of 2", "contains: 2 of 3", 8, "nobody says"],
    ["not: [quiet]", "not: [quiet, two-owners]", 9, "`two-owners` stands in the way"],
    ["{ by: bo }, { by: cy }]", "{ by: bo }]", 11, "outcome is hold, not allow"],
  ])("tell the line where they differ: %j", (old, text, line, says) => {
    const { results, problems } = run(GOOD.replace(old, text));
    expect(problems).toEqual([]);
    const told = results.flatMap((r) => r.differences);
    expect(told).toContainEqual({ line, says: expect.stringContaining(says) });
    expect(results.find((r) => r.differences.length > 0)?.decided.length).toBeGreaterThan(0);
  });

  const LAST = "[{ by: bo }] }";
  it.each([
    ["tier: 1", "tier: one", "{ tier: one", "expected a whole number"],
    ["outcome: hold\n", "outcome: held\n", "held", "`held` is none of"],
    ["{ rule: two-owners,", "{ rules: two-owners,", "rules:", "no key is called `rules`"],
    ["approvals: [{ by: bo }, ", "approvals: [{ by: bo, at: noon }, ", "{ by", "is no time"],
    ["why: the default", "why: x\n  policy: other.yaml", "other.yaml", "is not read here"],
    ["- case: anything else needs one", "- case: *a", "*a", "aliases have no place"],
    ["why: the default", "why: the default\n  why: two", "why: two", "is there twice"],
    [LAST, "[{ by: bo }], unknown: constructor }", "constructor", "cannot be unknown"],
    [LAST, "[{ by: bo }], config: [{ before: 5 }] }", "5", "expected a text"],
    [LAST, "[{ by: bo }], config: [{ tags: [5] }] }", "[5]", "expected a text"],
    [GOOD, "[]", "[]", "no case"],
    [GOOD, "5", "5", "expected a mapping"],
  ])("tell the place of what cannot be read: %#", (old, part, stands, says) => {
    const text = GOOD.replace(old, part);
    const [problem, ...more] = run(text).problems;
    expect(more).toEqual([]);
    expect(problem?.message).toContain(says);
    const line = text.split("\n")[(problem?.line ?? 0) - 1] ?? "";
    expect(line.slice((problem?.column ?? 0) - 1)).toMatch(
      new RegExp(`^${stands.replace(/[[\]{}*]/g, "\\$&")}`),
    );
  });

  it("say nothing of modes unless they name what is in force", () => {
    const observing = loadPolicy("policy.yaml", POLICY.replace("enforce", "observe"));
    if (!observing.ok) throw new Error(JSON.stringify(observing.problems));
    const { results } = runPolicyTests(compilePolicy(observing.policy), { file: "t", text: GOOD });
    expect(results.flatMap((r) => r.differences)).toEqual([]);
  });

  it("warn of a policy without tests, and of its rules that no test names", () => {
    expect(untested("policy.yaml", places, []).map((p) => p.code)).toEqual(["POLICY_UNTESTED"]);
    const few = run(GOOD.replace("    not: [quiet]\n", ""));
    expect(untested("policy.yaml", places, [few])).toMatchObject([
      { code: "RULE_UNTESTED", line: 8, column: 9, message: "no test names `quiet`" },
    ]);
  });

  it("are read or refused, never an exception, whatever is done to them", () => {
    const mutated = fc
      .tuple(
        fc.nat(),
        fc.nat(30),
        fc.constantFrom("", "[", "{", ": ", "- x", "null", "\n", "'", "7", "[]"),
      )
      .map(([n, size, piece]) => {
        const at = n % GOOD.length;
        return GOOD.slice(0, at) + piece + GOOD.slice(at + size);
      });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.string({ unit: "binary" })), (text) => {
        const { results, problems } = run(text);
        expect(results.length + problems.length).toBeGreaterThan(0);
        for (const p of problems) expect(Math.min(p.line, p.column)).toBeGreaterThanOrEqual(1);
      }),
      { numRuns: 300 },
    );
  });
});
