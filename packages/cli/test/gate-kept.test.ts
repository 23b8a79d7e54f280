// SPDX-License-Identifier: Apache-2.0
/** What softens the gate is signed with two passkeys, whatever the policy itself lists. by (own-policy) */
import {
  type Approval,
  approvals,
  decide,
  type JudgingPolicy,
  type Mode,
  type Policy,
} from "@interlock/core";
import { loadPolicy } from "@interlock/policy";
import { approval, factsOf, file, NOW, policyOf, rule } from "@interlock/testkit";
import { describe, expect, it } from "vitest";
import { GATE_RULE, gateKept } from "../src/judge/gate-kept.ts";

const OWNERS = approvals(1, "owners");
const pay = (mode: Mode) =>
  rule("pay", { when: "change.totals.files > 99", require: [OWNERS], mode });
/** As `interlock init` writes it, with one rule that somebody enforces. */
const STARTER = policyOf([pay("enforce"), rule("R65", { mode: "observe" })], {
  mode: "observe",
  otherwise: [OWNERS],
});
const SOFTER = { ...STARTER, rules: [pay("observe"), rule("R65", { mode: "observe" })] };
const judging = (role: JudgingPolicy["role"], policy: Policy): JudgingPolicy => ({
  ...{ role, kind: "policy" },
  policy: gateKept(policy),
});

function landing(
  given: readonly Approval[],
  { from = STARTER, to = SOFTER, now = NOW }: { from?: Policy; to?: Policy; now?: number } = {},
) {
  const policies = [judging("in-force", from), judging("proposed", to)];
  const change = { files: [file("interlock/policy.yaml")], gate: ["policy"] };
  const decided = (approvals: readonly Approval[]) =>
    decide(policies, factsOf({ now, change, evidence: { approvals } }));
  // Whoever signs names the rules of every policy that judges, as a server asks them to.
  const rules = decided([]).rulesDigest.split("+");
  return decided(
    given.flatMap((a) => (a.via === "review" ? [a] : rules.map((own) => ({ ...a, rules: own })))),
  );
}

const signed = (id: string): Approval => approval(id, { via: "passkey" });
const ruled = (policy: Policy) => gateKept(policy).rules.map((r) => r.rule.id);

describe("a change that takes a mode back", () => {
  it.each<[string, readonly Approval[], string]>([
    ["nobody", [], "hold"],
    ["one person", [signed("bo")], "hold"],
    ["one person twice", [signed("bo"), signed("bo")], "hold"],
    ["a person and the author", [signed("bo"), signed("ana")], "hold"],
    ["a person and one who owns nothing of it", [signed("bo"), signed("dee")], "hold"],
    ["two reviews on a forge", [approval("bo"), approval("cy")], "hold"],
    ["a passkey and a review", [signed("bo"), approval("cy")], "hold"],
    ["two owners with passkeys", [signed("bo"), signed("cy")], "allow"],
  ])("by the approval of %s: %#", (_who, given, effective) => {
    expect(landing(given).effective).toBe(effective);
  });

  it("is judged by the policy in force: what the change makes of it does not help the change", () => {
    const held = landing([signed("bo")]).rules.filter((r) => r.outcome === "hold");
    expect(held).toMatchObject([{ rule: GATE_RULE, policy: "in-force", mode: "enforce" }]);
  });

  it("PE14 a policy put back to an older, softer version is held like any that softens", () => {
    const older = { ...SOFTER, version: STARTER.version - 1 };
    expect(landing([signed("bo")], { to: older }).effective).toBe("hold");
  });

  it("is judged by the proposed policy too: what hardens the gate is signed by two as well", () => {
    const hardens = { from: SOFTER, to: STARTER };
    expect(landing([signed("bo")], hardens).effective).toBe("hold");
    expect(landing([signed("bo"), signed("cy")], hardens).effective).toBe("allow");
  });
});

describe("after the leave", () => {
  it("a change is let through, and what would have been decided is recorded", () => {
    const { outcome, effective, rules } = decide([judging("in-force", SOFTER)], factsOf());
    expect([outcome, effective]).toEqual(["hold", "allow"]);
    expect(rules.map((r) => [r.rule, r.mode, r.outcome])).toEqual([
      ["otherwise", "observe", "hold"],
      ["R65", "observe", "allow"],
    ]);
  });

  it("nothing keeps the gate that observes", () => expect(ruled(SOFTER)).toEqual(["R65", "pay"]));
});

describe("the gate is kept as loudly as the loudest rule, and as long", () => {
  const until = NOW + 1_000;

  it.each<[string, Policy, readonly [Mode, Mode]]>([
    [
      "an override for a time",
      { ...SOFTER, overrides: [{ rule: "pay", system: "shop", mode: "enforce", until }] },
      ["enforce", "observe"],
    ],
    [
      "a rule of an addendum",
      { ...SOFTER, rules: [rule("pay", { mode: "enforce", until })] },
      ["enforce", "observe"],
    ],
    [
      "an override for a time above one that stays",
      {
        ...SOFTER,
        overrides: [
          { rule: "pay", system: "", mode: "warn" },
          { rule: "pay", system: "shop", mode: "enforce", until },
        ],
      },
      ["enforce", "warn"],
    ],
    ["an override that stays", STARTER, ["enforce", "enforce"]],
  ])("%s", (_name, policy, [before, after]) => {
    const kept = gateKept(policy).policy;
    const own = kept.rules.find((r) => r.id === GATE_RULE) ?? rule(GATE_RULE);
    const at = (now: number) => gateKept(policy).modeOf(own, { systems: [], now });
    expect([at(until - 1), at(until)]).toEqual([before, after]);
  });

  it.each([
    ["a rule of that name", `rules: [{ id: "${GATE_RULE}", class: n }]`, "FIELD_INVALID"],
    ["an override of it", `overrides: [{ rule: "${GATE_RULE}", mode: observe }]`, "RULE_UNKNOWN"],
  ])("no file can bring %s", (_name, text, code) => {
    const loaded = loadPolicy("interlock/policy.yaml", `policy: own\n${text}\n`);
    expect(loaded.ok || loaded.problems.map((p) => p.code)).toContain(code);
  });
});
