// SPDX-License-Identifier: Apache-2.0
/** What one rule makes of what it found: its findings, what they must be signed with, who may waive it. */
import { type Delta, decide, delta, type Facts, type Rule, unknown } from "@interlock/core";
import { approval, DIGEST, decideBy, factsOf, NOW, policyOf, rule } from "@interlock/testkit";
import { describe, expect, it } from "vitest";

const zero = (path: string, line: number, subject = "web"): Delta =>
  delta({
    ...{ path, line, subject, aspect: "replicas", op: "changed", numeric: true },
    ...{ beforeMicro: 9_000_000, afterMicro: 0 },
  });
const FINDS = {
  ...{ each: "kubernetes", where: "it.afterMicro == 0", says: "`{subject}` goes to {after}" },
  severity: "2",
} as const;
const judged = (own: Partial<Rule>, facts: Partial<Facts>) => {
  const decision = decideBy(policyOf([rule("r", own)], { otherwise: [] }), factsOf(facts));
  const found = decision.rules.find((r) => r.rule === "r");
  if (found === undefined) throw new Error("the rule was not judged");
  return found;
};
const named = (result: ReturnType<typeof judged>): readonly string[] =>
  result.requirements.flatMap(({ requirement }) =>
    requirement.kind === "approvals" ? requirement.naming : [],
  );

describe("findings", () => {
  it("stand in the order of their places, then of their content, whatever the order of the facts", () => {
    const places = [
      zero("b.yaml", 1),
      zero("a.yaml", 9),
      zero("a.yaml", 2, "x"),
      zero("a.yaml", 2),
    ];
    const results = [places, [...places].reverse()].map((kubernetes) =>
      judged(FINDS, { kubernetes }).findings.map((f) => [f.path, f.line, f.id]),
    );
    expect(results[0]).toEqual(results[1]);
    expect(results[0]?.map(([path, line]) => [path, line])).toEqual([
      ["a.yaml", 2],
      ["a.yaml", 2],
      ["a.yaml", 9],
      ["b.yaml", 1],
    ]);
    const [first = "", second = ""] = (results[0] ?? []).map(([, , id]) => String(id));
    expect(first < second).toBe(true);
  });

  it("are counted all and shown up to two hundred", () => {
    const many = Array.from({ length: 201 }, (_, i) => zero("a.yaml", i + 1, `w${i}`));
    const result = judged(FINDS, { kubernetes: many });
    expect([result.findings.length, result.findingCount]).toEqual([200, 201]);
  });

  it("of a rule about the change as a whole has no place", () => {
    const { findings, severity } = judged({ severity: "1", says: "the change is large" }, {});
    expect(severity).toBe("1");
    expect(findings.map(({ path, line, message }) => ({ path, line, message }))).toEqual([
      { path: "", line: 0, message: "the change is large" },
    ]);
  });

  it("of a rule about the change are none while nobody knows whether it applies", () => {
    const lost = { kubernetes: unknown("lost", "find it") } as unknown as Partial<Facts>;
    const result = judged({ severity: "1", when: "kubernetes.exists(k, k.line > 1)" }, lost);
    expect([result.findings, result.outcome]).toEqual([[], "hold"]);
  });

  it("are none for a rule that only asks for something", () => {
    const result = judged({ require: [{ kind: "check", names: ["unit"] }] }, {});
    expect(result.findings).toEqual([]);
    expect("severity" in result).toBe(false);
  });
});

describe("a statement names what was found", () => {
  const ids = (kubernetes: readonly Delta[], own: Partial<Rule> = {}) =>
    named(judged({ ...FINDS, ...own }, { kubernetes }))[0];

  it("with one id for all findings, in any order and once each", () => {
    const [a, b] = [zero("a.yaml", 1), zero("b.yaml", 1)];
    expect(ids([a, b])).toBe(ids([b, a]));
    expect(ids([a, b])).toBe(ids([a, b, a]));
  });

  it("and with the same one when findings only change places within a file", () => {
    const at = (...subjects: readonly string[]) =>
      ids(subjects.map((subject, i) => zero("a.yaml", i + 1, subject)));
    expect(at("x", "y", "z")).toBe(at("z", "x", "y"));
    expect(at("x", "y", "z")).toBe(at("z", "y", "x"));
  });

  it("and another one for another finding or another rule; the line is no content", () => {
    const a = ids([zero("a.yaml", 1)]);
    expect(ids([zero("b.yaml", 1)])).not.toBe(a);
    expect(ids([zero("a.yaml", 1), zero("b.yaml", 1)])).not.toBe(a);
    expect(ids([zero("a.yaml", 7)])).toBe(a);
    const other = decideBy(
      policyOf([rule("s", FINDS)], { otherwise: [] }),
      factsOf({ kubernetes: [zero("a.yaml", 1)] }),
    );
    expect(other.rules.flatMap(named)[0]).not.toBe(a);
  });
});

describe("a waiver", () => {
  const waive = (by: readonly string[], breakGlass = false) => ({
    ...factsOf().evidence,
    waivers: [
      {
        ...{ rule: "r", digest: DIGEST, by: by.map((b) => `email:${b}@example.com`) },
        ...{ reason: "because", expiresAt: NOW + 1, breakGlass },
      },
    ],
  });
  const CHECK = { kind: "check", names: ["unit"] } as const;
  const DENY = { kind: "deny", reasons: ["r"] } as const;
  const lost = unknown("lost", "find it");

  it.each<[string, Partial<Rule>, Partial<Facts>, boolean, string]>([
    ["passes what is only asked for", { require: [CHECK] }, {}, false, "allow"],
    ["passes no denial", { require: [DENY] }, {}, false, "deny"],
    ["passes no denial beside something else", { require: [DENY, CHECK] }, {}, false, "deny"],
    ["passes a denial as break-glass", { require: [DENY, CHECK] }, {}, true, "allow"],
    [
      "passes a rule that could not look, when all it asks is a check",
      { require: [CHECK], when: "kubernetes.exists(k, k.line > 1)" },
      { kubernetes: lost } as unknown as Partial<Facts>,
      false,
      "allow",
    ],
    [
      "passes no rule that could not look and may deny",
      { require: [CHECK, DENY], when: "kubernetes.exists(k, k.line > 1)" },
      { kubernetes: lost } as unknown as Partial<Facts>,
      false,
      "hold",
    ],
    [
      "passes one as break-glass",
      { require: [CHECK, DENY], when: "kubernetes.exists(k, k.line > 1)" },
      { kubernetes: lost } as unknown as Partial<Facts>,
      true,
      "allow",
    ],
  ])("%s", (_name, own, facts, breakGlass, outcome) => {
    const result = judged(own, { ...facts, evidence: waive(["bo", "cy"], breakGlass) });
    expect(result.outcome).toBe(outcome);
    expect(result.reason.code === "waived").toBe(outcome === "allow");
  });

  it("counts beside another one that is over", () => {
    const { waivers } = waive(["bo", "cy"]);
    const over = waivers.map((w) => ({ ...w, expiresAt: NOW }));
    const outcome = (...all: typeof waivers) =>
      judged({ require: [CHECK] }, { evidence: { ...factsOf().evidence, waivers: all } }).outcome;
    expect([outcome(...over), outcome(...over, ...waivers), outcome(...waivers, ...over)]).toEqual([
      "hold",
      "allow",
      "allow",
    ]);
  });

  it.each([
    ["two people who did not contribute", ["bo", "cy"], "allow"],
    ["one of them contributed", ["ana", "bo"], "hold"],
    ["one of them is nobody known", ["stranger", "bo"], "hold"],
    ["one of them is an agent", ["agent", "cy"], "hold"],
    ["one of them stands twice", ["bo", "bo"], "hold"],
  ])("takes %s", (_name, by, outcome) => {
    expect(judged({ require: [CHECK] }, { evidence: waive(by) }).outcome).toBe(outcome);
  });
});

describe("what is not known", () => {
  it("is named up to twenty times", () => {
    const gaps = Array.from({ length: 30 }, (_, i) => ({
      ...{ group: "kubernetes" as const, path: `f${String(i).padStart(2, "0")}.yaml` },
      ...{ code: "unparsable", detail: "", help: "" },
    }));
    const { reason, requirements } = judged(FINDS, { gaps });
    expect(reason).toMatchObject({ code: "facts-unknown" });
    expect(JSON.stringify(reason).match(/unparsable/g)).toHaveLength(20);
    expect(requirements.map((r) => r.requirement)).toMatchObject([{ kind: "known" }]);
    expect(JSON.stringify(requirements[0]?.requirement).match(/unparsable/g)).toHaveLength(20);
  });
});

describe("results that belong to no rule of the policy", () => {
  it("`otherwise` is ordinary and needs no help of its own", () => {
    const { rules } = decideBy(policyOf([]), factsOf({ evidence: factsOf().evidence }));
    expect(rules).toMatchObject([
      {
        ...{ rule: "otherwise", title: "What every change needs that no other rule covers" },
        ...{ baseline: true, help: "", findings: [], findingCount: 0, outcome: "hold" },
      },
    ]);
  });

  it("a policy that cannot be read holds until somebody mends it", () => {
    const { rules } = decide(
      [{ role: "in-force", kind: "unreadable", because: "line 3" }],
      factsOf({ evidence: { ...factsOf().evidence, approvals: [approval("bo"), approval("cy")] } }),
    );
    expect(rules).toMatchObject([
      {
        ...{ rule: "policy", title: "The policy can be read", mode: "enforce", outcome: "hold" },
        ...{ baseline: false, help: "run `interlock policy lint` to see where it fails" },
        requirements: [{ state: "unknown", who: ["whoever maintains the policy"], final: false }],
      },
    ]);
  });
});
