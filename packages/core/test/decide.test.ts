// SPDX-License-Identifier: Apache-2.0
/** What a decision puts together from its rules: order, times, what is beyond, and its digest. */
import {
  approvals,
  compilePolicy,
  type Decision,
  decide,
  delta,
  type Facts,
  type JudgingPolicy,
  type Policy,
  type PolicyRole,
  type Rule,
  unknown,
} from "@interlock/core";
import { approval, DIGEST, decideBy, factsOf, NOW, policyOf, rule } from "@interlock/testkit";
import { describe, expect, it } from "vitest";

const lost = unknown("lost", "find it");
const NEVER = "change.totals.files > 999";
const UNIT = { kind: "check", names: ["unit"] } as const;
const DENY = { kind: "deny", reasons: ["no"] } as const;

const judging = (policy: Policy, role: PolicyRole = "in-force"): JudgingPolicy => ({
  ...{ role, kind: "policy" },
  policy: compilePolicy(policy),
});
const unreadable = (because: string, role: PolicyRole = "in-force"): JudgingPolicy => ({
  ...{ role, kind: "unreadable" },
  because,
});
/** By rules alone: nothing else is asked for. */
const by = (rules: readonly Rule[], facts: Facts = factsOf(), more: Partial<Policy> = {}) =>
  decideBy(policyOf(rules, { otherwise: [], ...more }), facts);
const ids = ({ rules }: Decision) => rules.map((r) => `${r.policy} ${r.rule} ${r.outcome}`);

describe("the order of results", () => {
  it("is the worst first, then by id, then the policy in force first", () => {
    const rules = [
      rule("c", { require: [UNIT] }),
      rule("a", { require: [UNIT] }),
      rule("b", { require: [DENY] }),
      rule("d"),
    ];
    const policy = policyOf(rules, { otherwise: [] });
    const both = decide([judging(policy, "proposed"), judging(policy)], factsOf());
    expect(ids(both)).toEqual([
      "in-force b deny",
      "proposed b deny",
      "in-force a hold",
      "proposed a hold",
      "in-force c hold",
      "proposed c hold",
      "in-force d allow",
      "proposed d allow",
      "in-force otherwise allow",
      "proposed otherwise allow",
    ]);
  });

  it("of policies is the one in force first, then by what they say", () => {
    const [p, q] = [policyOf([rule("p")]), policyOf([rule("q")])];
    const digests = [p, q].map((policy) => compilePolicy(policy).digest).sort();
    for (const [a, b] of [
      [p, q],
      [q, p],
    ] as const) {
      const decision = decide(
        [judging(q, "proposed"), judging(a), unreadable("z", "proposed"), judging(b)],
        factsOf(),
      );
      expect(decision.policies.slice(0, 2)).toEqual(digests);
      expect(decision.policies.slice(2).sort()).toEqual(["", compilePolicy(q).digest].sort());
      expect(decision.rulesDigest.split("+")).toHaveLength(4);
    }
    const reasons = decide([unreadable("z"), unreadable("a")], factsOf());
    expect(reasons.rules.map((r) => r.reason.params)).toEqual([{ because: "a" }, { because: "z" }]);
  });
});

describe("a policy that is not there", () => {
  it("holds and says so", () => {
    const { rules, policies, rulesDigest, skipped } = decide([], factsOf());
    expect(rules.map((r) => [r.policy, r.outcome, r.reason])).toEqual([
      [
        "in-force",
        "hold",
        { code: "policy-unreadable", params: { because: "no policy was given" } },
      ],
    ]);
    expect([policies, rulesDigest, skipped]).toEqual([[""], "", []]);
  });
});

describe("rules that do not apply", () => {
  it("are told once each, sorted, whichever policy has them", () => {
    const rules = [rule("b", { when: NEVER }), rule("a", { when: NEVER }), rule("c")];
    expect(by(rules).skipped).toEqual(["a", "b"]);
    const other = policyOf([rule("b", { when: NEVER }), rule("0", { when: NEVER })]);
    const both = decide([judging(policyOf(rules)), judging(other, "proposed")], factsOf());
    expect(both.skipped).toEqual(["0", "a", "b"]);
  });

  it.each<[string, Partial<Rule>, boolean]>([
    ["starts now", { from: NOW + 0 }, true],
    ["starts in a moment", { from: NOW + 1 }, false],
    ["ends now", { until: NOW + 0 }, false],
    ["ends in a moment", { until: NOW + 1 }, true],
    ["has ended, whenever it began", { from: NOW - 2, until: NOW - 1 }, false],
    ["has neither", {}, true],
  ])("a rule that %s: %j", (_name, time, applies) => {
    const { rules, skipped } = by([rule("r", { ...time, require: [UNIT] })]);
    expect(rules.some((r) => r.rule === "r")).toBe(applies);
    expect(skipped).toEqual([]);
  });
});

describe("until when", () => {
  const calendar = (opens: number) => ({
    ...{ zone: "UTC", tzdata: "t", from: NOW - 1, until: NOW + 1_000 },
    open: [{ from: NOW + opens, until: NOW + 1_000 }],
  });
  const facts = factsOf({ calendars: { soon: calendar(10), late: calendar(20) } });
  const SOON = { kind: "window", calendars: ["soon"] } as const;
  const LATE = { kind: "window", calendars: ["late"] } as const;

  it.each<[string, readonly Rule[], number | undefined]>([
    ["one window opens", [rule("a", { require: [SOON] })], NOW + 10],
    [
      "the last of several opens",
      [rule("a", { require: [SOON] }), rule("b", { require: [LATE] })],
      NOW + 20,
    ],
    ["time does not bring what else is open", [rule("a", { require: [SOON, UNIT] })], undefined],
    [
      "what is met does not matter",
      [rule("a", { require: [SOON, approvals(1, "anyone")] })],
      NOW + 10,
    ],
    [
      "a rule on trial does not matter",
      [rule("a", { require: [SOON] }), rule("b", { require: [LATE, UNIT], mode: "observe" })],
      NOW + 10,
    ],
    [
      "a denial stays one",
      [rule("a", { require: [SOON] }), rule("b", { require: [DENY] })],
      undefined,
    ],
    ["nothing is open", [rule("a")], undefined],
  ])("%s", (_name, rules, until) => {
    const decision = by(rules, {
      ...facts,
      evidence: { ...facts.evidence, approvals: [approval("bo")] },
    });
    expect(decision.until).toBe(until);
    expect("until" in decision).toBe(until !== undefined);
  });
});

describe("what goes beyond ordinary review", () => {
  it("is every open requirement but bare approvals of `otherwise` and of covering rules", () => {
    const named = approvals(1, "owners", { naming: ["f".repeat(64)] });
    const rules = [
      rule("covering", { covers: true, require: [approvals(1, "owners"), named, UNIT] }),
      rule("other", { require: [approvals(2, "owners"), { kind: "check", names: ["done"] }] }),
      rule("passed", { require: [{ kind: "check", names: ["done"] }] }),
    ];
    const done = { name: "done", state: "passed", digest: DIGEST, source: "ci" } as const;
    const decision = by(rules, factsOf({ evidence: { checks: [done] } }));
    expect(decision.beyond).toEqual([
      { rule: "covering", kind: "approvals", state: "unmet" },
      { rule: "covering", kind: "check", state: "unmet" },
      { rule: "other", kind: "approvals", state: "unmet" },
    ]);
    expect(by([]).beyond).toEqual([]);
    expect(by([], factsOf(), { otherwise: [approvals(1, "owners")] }).beyond).toEqual([]);
    expect(by([], factsOf(), { otherwise: [UNIT] }).beyond).toEqual([
      { rule: "otherwise", kind: "check", state: "unmet" },
    ]);
  });

  it("is nothing of a rule that was waived", () => {
    const waiver = {
      ...{ rule: "r", digest: DIGEST, by: ["email:bo@example.com", "email:cy@example.com"] },
      ...{ reason: "because", expiresAt: NOW + 1, breakGlass: false },
    };
    const decision = by(
      [rule("r", { require: [UNIT] })],
      factsOf({ evidence: { waivers: [waiver] } }),
    );
    expect([decision.outcome, decision.beyond]).toEqual(["allow", []]);
  });
});

describe("what all rules demand together", () => {
  it("is joined, and leaves out what a covering rule replaces", () => {
    const rules = [
      rule("a", { require: [UNIT, approvals(1, "owners")] }),
      rule("b", {
        mode: "observe",
        covers: true,
        require: [{ kind: "check", names: ["lint"] }, approvals(2, "owners")],
      }),
    ];
    const decision = by(rules, factsOf(), { otherwise: [approvals(5, "anyone")] });
    expect(decision.requires).toEqual([
      approvals(2, "owners"),
      { kind: "check", names: ["lint", "unit"] },
    ]);
    const otherwise = decision.rules.find((r) => r.rule === "otherwise");
    expect(otherwise?.counts).toEqual({ outcome: false, effective: true });
    expect(by([], factsOf(), { otherwise: [approvals(5, "anyone")] }).requires).toEqual([
      approvals(5, "anyone"),
    ]);
  });
});

describe("the digest of the rules that applied", () => {
  const digest = (rules: readonly Rule[], otherwise: Policy["otherwise"] = []) =>
    by(rules, factsOf(), { otherwise }).rulesDigest;
  const covering = rule("c", { covers: true, require: [UNIT] });

  it("is another one when a rule or what every change needs is", () => {
    const one = digest([rule("a")]);
    expect(digest([rule("a"), rule("b", { when: NEVER })])).toBe(one);
    expect(digest([rule("a"), rule("b")])).not.toBe(one);
    expect(digest([rule("a", { require: [UNIT] })])).not.toBe(one);
    expect(digest([rule("a")], [UNIT])).not.toBe(one);
  });

  it("leaves out what a covering rule replaces, and only then", () => {
    // Approvals are bound to it: another digest for the same rules would end them all.
    expect(digest([covering])).toBe(
      "2c8bf2f016805e17c689060875ae1a99c03501be04f15a571f0394804afab5b9",
    );
    expect(digest([covering], [UNIT])).toBe(digest([covering], []));
    const onTrial = { ...covering, mode: "observe" } as const;
    expect(digest([onTrial], [UNIT])).not.toBe(digest([onTrial], []));
  });
});

describe("(replayable) the digest of a decision", () => {
  it("is the one that stored decisions have: another one needs another version of the engine", () => {
    const [waived, frozen] = [
      {
        rule: "waived",
        digest: DIGEST,
        by: ["email:bo@example.com", "email:cy@example.com"],
        reason: "because",
        expiresAt: NOW + 1,
        breakGlass: false,
      },
      { name: "sale", from: NOW - 1, until: NOW + 60_000, systems: [] },
    ];
    const zero = delta({
      path: "a.yaml",
      line: 3,
      aspect: "replicas",
      op: "changed",
      afterMicro: 0,
    });
    const decision = by(
      [
        rule("finds", {
          each: "kubernetes",
          where: "it.afterMicro == 0",
          says: "zero",
          severity: "2",
        }),
        rule("waived", { require: [UNIT] }),
        rule("tested", { mode: "warn", require: [UNIT, { kind: "cooldown", ms: 1 }] }),
        rule("unsure", { when: "sql.exists(s, s.line > 1)", require: [UNIT] }),
      ],
      factsOf({
        kubernetes: [zero],
        sql: lost,
        evidence: { waivers: [waived], freezes: [frozen], approvals: [approval("bo")] },
      }),
      {
        otherwise: [approvals(1, "owners"), { kind: "cooldown", ms: 2 }],
        overrides: [
          { rule: "tested", system: "", mode: "enforce" },
          { rule: "finds", system: "pay", mode: "observe" },
        ],
        freezes: [
          { name: "winter", from: NOW + 1, systems: ["pay"] },
          { name: "autumn", from: NOW - 9, until: NOW, systems: [] },
        ],
        calendars: [
          {
            ...{ name: "office", zone: "Europe/Berlin", days: [1, 2], fromMinute: 540 },
            ...{ untilMinute: 1_020, except: ["2030-05-03"] },
          },
        ],
      },
    );
    expect([decision.engine, decision.digest, decision.rulesDigest, decision.policies]).toEqual([
      "interlock-core/1",
      "40f3f4f5b87b07db104b6b37717f1fd8c207f97f63394bf5b485e63aa7b13a06",
      "deff915daa5be15ceea9d6e85b7a0ecb95fc6928d068fddb4320519840f6a467",
      ["7d5c5deb22f756f85b4e6a9c3bf705931c5e83b890cfeb6606556750a0690e36"],
    ]);
  });

  it("names the change, or nothing where the change has no digest", () => {
    expect(by([]).change).toBe(DIGEST);
    const without = by([], factsOf({ change: { digest: lost } }));
    expect(without.change).toBeNull();
    expect(without.digest).not.toBe(by([]).digest);
  });
});
