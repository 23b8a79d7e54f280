/** The promises of the decision, each as a law over generated policies, facts and evidence. */
import {
  approvals,
  compilePolicy,
  type Decision,
  decide,
  type Facts,
  type JudgingPolicy,
  normalise,
  type Outcome,
  type Policy,
  replay,
  unknown,
} from "@interlock/core";
import {
  approval,
  change,
  contributor,
  decideBy,
  factsOf,
  generators,
  policyOf,
  rule,
  TWO_OWNERS,
} from "@interlock/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const { knownFacts, policies, rules } = generators;
const RANK: Readonly<Record<Outcome, number>> = { allow: 0, hold: 1, deny: 2 };
const looser = (a: Decision, b: Decision) =>
  RANK[a.outcome] < RANK[b.outcome] || RANK[a.effective] < RANK[b.effective];
const judging = (policy: Policy, role: JudgingPolicy["role"] = "in-force"): JudgingPolicy => ({
  role,
  kind: "policy",
  policy: compilePolicy(policy),
});

function shuffled<T>(items: readonly T[], seed: number): readonly T[] {
  return items
    .map((item, i) => ({ item, key: ((i + 1) * (seed * 2 + 1) * 7919) % 104_729 }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

describe("order-free", () => {
  it("the order of rules, facts, evidence and policies changes no byte", () => {
    fc.assert(
      fc.property(policies, policies, knownFacts, fc.nat(1_000), (policy, other, facts, seed) => {
        const { evidence } = facts;
        const moved: Facts = {
          ...facts,
          kubernetes: shuffledFact(facts.kubernetes, seed),
          config: shuffledFact(facts.config, seed),
          context: shuffled(facts.context, seed),
          evidence: {
            ...evidence,
            approvals: shuffledFact(evidence.approvals, seed),
            checks: shuffledFact(evidence.checks, seed),
            documents: shuffledFact(evidence.documents, seed),
            waivers: shuffled(evidence.waivers, seed),
          },
        };
        const movedPolicy = {
          ...policy,
          rules: shuffled(policy.rules, seed),
          otherwise: shuffled(policy.otherwise, seed),
          overrides: shuffled(policy.overrides, seed),
        };
        const one = decide([judging(policy), judging(other, "proposed")], facts);
        const two = decide([judging(other, "proposed"), judging(movedPolicy)], moved);
        expect(two).toEqual(one);
      }),
      { numRuns: 200 },
    );
  });
});

function shuffledFact<T>(fact: readonly T[] | { $unknown: unknown }, seed: number): never {
  return (Array.isArray(fact) ? shuffled(fact, seed) : fact) as never;
}

describe("only-tightens", () => {
  it("adding a rule that covers nothing never loosens", () => {
    fc.assert(
      fc.property(policies, rules, knownFacts, (policy, extra, facts) => {
        const added = rule("z", { ...extra, id: "z", covers: false });
        // Approvals given under a named set of rules end when the set changes, so none here names one.
        const before = decideBy(policy, facts);
        const after = decideBy({ ...policy, rules: [...policy.rules, added] }, facts);
        expect(looser(after, before)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it.each(["approvals", "checks", "documents"] as const)(
    "removing supporting evidence never loosens: %s",
    (kind) => {
      fc.assert(
        fc.property(policies, knownFacts, fc.nat(4), (policy, facts, i) => {
          const list = facts.evidence[kind];
          if (!Array.isArray(list) || list.length === 0) return;
          const item = list[i % list.length] as { state?: string };
          if (item.state === "failed") return;
          const fewer = {
            ...facts,
            evidence: { ...facts.evidence, [kind]: list.filter((x) => x !== item) },
          };
          expect(looser(decideBy(policy, fewer), decideBy(policy, facts))).toBe(false);
        }),
        { numRuns: 300 },
      );
    },
  );

  it("removing a waiver never loosens, adding a rejection, a freeze, a debt or a failed check never does", () => {
    fc.assert(
      fc.property(policies, knownFacts, (policy, facts) => {
        const base = decideBy(policy, facts);
        const { evidence } = facts;
        const opposed: Facts["evidence"][] = [
          { ...evidence, waivers: [] },
          {
            ...evidence,
            rejections: [
              ...evidence.rejections,
              {
                by: "email:cy@example.com",
                digest: "f".repeat(64),
                at: 0,
                reason: "",
                closed: false,
              },
            ],
          },
          {
            ...evidence,
            rejections: [
              ...evidence.rejections,
              {
                by: "email:cy@example.com",
                digest: facts.change.digest as string,
                at: 0,
                reason: "",
                closed: false,
              },
            ],
          },
          { ...evidence, freezes: [...evidence.freezes, { name: "x", from: 0, systems: [] }] },
          {
            ...evidence,
            debts: [...(evidence.debts ?? []), { entry: "b".repeat(64), teams: [], at: 0 }],
          },
          {
            ...evidence,
            checks: [
              ...(evidence.checks as never[]),
              {
                name: "unit",
                state: "failed" as const,
                digest: facts.change.digest as string,
                source: "ci",
              },
            ],
          },
        ];
        for (const e of opposed)
          expect(looser(decideBy(policy, { ...facts, evidence: e }), base)).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  it("context from a contributor never loosens", () => {
    const needsProof = policyOf(
      [
        rule("restore", {
          when: "!context.exists(c, c.kind == 'restore-tested')",
          require: [{ kind: "deny", reasons: ["no restore"] }],
        }),
      ],
      { otherwise: [] },
    );
    const context = (by: string) => [
      {
        kind: "restore-tested",
        subject: "db",
        value: "yes",
        micro: 0,
        source: "x",
        by: `email:${by}@example.com`,
        observedAt: 0,
        validForMs: Number.MAX_SAFE_INTEGER,
      },
    ];
    expect(decideBy(needsProof, factsOf({ context: context("bo") })).outcome).toBe("allow");
    expect(decideBy(needsProof, factsOf({ context: context("ana") })).outcome).toBe("deny");
    expect(decideBy(needsProof, factsOf({ context: context("stranger") })).outcome).toBe("deny");
  });

  it("the joined requirements of a decision are met exactly when it allows", () => {
    fc.assert(
      fc.property(policies, knownFacts, (policy, facts) => {
        const decision = decideBy(
          { ...policy, mode: "enforce" },
          { ...facts, evidence: { ...facts.evidence, waivers: [] } },
        );
        const open = decision.rules
          .filter((r) => r.counts.outcome)
          .flatMap((r) => r.requirements)
          .some((r) => r.state !== "met");
        expect(decision.outcome === "allow").toBe(!open);
        expect(decision.requires).toEqual(normalise(decision.requires));
      }),
      { numRuns: 200 },
    );
  });
});

/** Every place of the document where a fact may be unknown, as a function that makes it so. */
const FORGET: readonly (readonly [string, (f: Facts) => Facts])[] = [
  ["change.digest", (f) => ({ ...f, change: { ...f.change, digest: lost } })],
  ["change.files", (f) => ({ ...f, change: { ...f.change, files: lost } })],
  ["change.systems", (f) => ({ ...f, change: { ...f.change, systems: lost } })],
  ["change.contributors", (f) => ({ ...f, change: { ...f.change, contributors: lost } })],
  ["change.pushedBy", (f) => ({ ...f, change: { ...f.change, pushedBy: lost } })],
  ["blast", (f) => ({ ...f, blast: lost })],
  ["kubernetes", (f) => ({ ...f, kubernetes: lost })],
  ["config", (f) => ({ ...f, config: lost })],
  ["people", (f) => ({ ...f, people: lost })],
  ["evidence.approvals", (f) => ({ ...f, evidence: { ...f.evidence, approvals: lost } })],
  ["evidence.checks", (f) => ({ ...f, evidence: { ...f.evidence, checks: lost } })],
  ["evidence.documents", (f) => ({ ...f, evidence: { ...f.evidence, documents: lost } })],
  [
    "a gap in kubernetes",
    (f) => ({
      ...f,
      gaps: [
        ...f.gaps,
        { group: "kubernetes", path: "x", code: "unparsable", detail: "", help: "" },
      ],
    }),
  ],
  [
    "a gap in context",
    (f) => ({
      ...f,
      gaps: [...f.gaps, { group: "context", path: "x", code: "stale", detail: "", help: "" }],
    }),
  ],
];
const lost = unknown("lost", "find it");

describe("fail-closed", () => {
  it.each(FORGET)(
    "turning a known fact into an unknown one never lets a change through: %s",
    (_name, forget) => {
      fc.assert(
        fc.property(policies, knownFacts, (policy, facts) => {
          const before = decideBy(policy, facts);
          const after = decideBy(policy, forget(facts));
          if (before.outcome !== "allow") expect(after.outcome).not.toBe("allow");
          if (before.effective !== "allow") expect(after.effective).not.toBe("allow");
        }),
        { numRuns: 150 },
      );
    },
  );

  it("no policy, an unreadable policy and an expression that fails all hold in enforce", () => {
    const facts = factsOf();
    expect(decide([], facts)).toMatchObject({ outcome: "hold", effective: "hold" });
    expect(
      decide([{ role: "in-force", kind: "unreadable", because: "line 3" }], facts),
    ).toMatchObject({ effective: "hold" });
    for (const when of [
      "change.nothing == 1",
      "((",
      "1",
      "change.totals.files > 'a'",
      "change.kind.matches('(')",
    ]) {
      const decision = decideBy(policyOf([rule("r", { when })], { otherwise: [] }), facts);
      expect([when, decision.effective]).toEqual([when, "hold"]);
    }
  });

  it("what no rule covers meets `otherwise`", () => {
    const decision = decideBy(policyOf([]), factsOf());
    expect(decision.outcome).toBe("hold");
    expect(decision.rules.map((r) => r.rule)).toEqual(["otherwise"]);
    expect(decision.beyond).toEqual([]);
  });

  it("`otherwise` lapses in `effective` only under an enforced covering rule", () => {
    const covering = (mode: "observe" | "enforce") =>
      policyOf([rule("c", { covers: true, mode })], { mode: "enforce" });
    expect(decideBy(covering("observe"), factsOf())).toMatchObject({
      outcome: "allow",
      effective: "hold",
    });
    expect(decideBy(covering("enforce"), factsOf())).toMatchObject({
      outcome: "allow",
      effective: "allow",
    });
  });

  it("stale context leaves the rules that read it unknown", () => {
    const policy = policyOf(
      [rule("r", { when: "context.exists(c, c.kind == 'load' && c.micro > 5)", require: [] })],
      { otherwise: [] },
    );
    const context = [
      {
        kind: "load",
        subject: "db",
        value: "1",
        micro: 1,
        source: "metrics",
        by: "email:bo@example.com",
        observedAt: 0,
        validForMs: 1,
      },
    ];
    expect(decideBy(policy, factsOf({ context }))).toMatchObject({ outcome: "hold" });
  });
});

describe("two-people", () => {
  const people = (n: number) => ["bo", "cy", "dee"].slice(0, n).map((p) => approval(p));
  const owners = { files: change().files };

  it("no set of statements by contributors, machines, agents, strangers or one person twice reaches two", () => {
    const statements = fc.array(
      fc.constantFrom(
        "email:ana@example.com",
        "email:ana2@example.com",
        "agent:ana",
        "robot",
        "agent:bo",
        "stranger",
        "email:bo@example.com",
        "key:bo",
        "email:gone@example.com",
      ),
      { maxLength: 8 },
    );
    const base = factsOf();
    const persons = [
      {
        id: "ana",
        accounts: ["email:ana@example.com"],
        agents: ["agent:ana"],
        teams: ["payments"],
        active: true,
      },
      {
        id: "ana-again",
        accounts: ["email:ana@example.com", "email:ana2@example.com"],
        agents: [],
        teams: ["payments"],
        active: true,
      },
      {
        id: "bo",
        accounts: ["email:bo@example.com", "key:bo"],
        agents: ["agent:bo"],
        teams: ["payments"],
        active: true,
      },
      {
        id: "gone",
        accounts: ["email:gone@example.com"],
        agents: [],
        teams: ["payments"],
        active: false,
      },
    ];
    fc.assert(
      fc.property(statements, (accounts) => {
        const facts: Facts = {
          ...base,
          people: { persons, machines: [{ account: "robot", purpose: "", mayTouch: ["**"] }] },
          evidence: { ...base.evidence, approvals: accounts.map((by) => approval("x", { by })) },
        };
        expect(decideBy(TWO_OWNERS, facts).outcome).toBe("hold");
      }),
    );
  });

  it("two owners who did not contribute are enough, one is not", () => {
    expect(
      decideBy(TWO_OWNERS, factsOf({ change: owners, evidence: { approvals: people(2) } })).outcome,
    ).toBe("allow");
    expect(
      decideBy(TWO_OWNERS, factsOf({ change: owners, evidence: { approvals: people(1) } })).outcome,
    ).toBe("hold");
  });

  it.each([
    "author",
    "committer",
    "co-author",
    "pusher",
    "prompter",
    "sponsor",
    "rebaser",
  ] as const)("a %s is no approver", (did) => {
    const facts = factsOf({
      change: { contributors: [contributor("ana"), contributor("bo", did)] },
      evidence: { approvals: people(2) },
    });
    expect(decideBy(TWO_OWNERS, facts).outcome).toBe("hold");
  });

  it("a rebaser whose delta is proven identical stays an approver", () => {
    const facts = factsOf({
      change: {
        contributors: [contributor("ana"), { ...contributor("bo", "rebaser"), identical: true }],
      },
      evidence: { approvals: people(2) },
    });
    expect(decideBy(TWO_OWNERS, facts).outcome).toBe("allow");
  });
});

describe("bound", () => {
  const policy = policyOf([
    rule("r", { covers: true, require: [approvals(1, "owners", { via: "passkey" })] }),
  ]);
  const given = (more: Parameters<typeof approval>[1]) => {
    const rulesDigest = decideBy(policy, factsOf()).rulesDigest;
    return decideBy(
      policy,
      factsOf({
        evidence: { approvals: [approval("bo", { via: "passkey", rules: rulesDigest, ...more })] },
      }),
    ).outcome;
  };
  it("PE12 counts for exactly one digest, target, environment, time and set of rules", () => {
    expect(given({})).toBe("allow");
    expect(given({ digest: "f".repeat(64) })).toBe("hold");
    expect(given({ target: "refs/heads/other" })).toBe("hold");
    expect(given({ environment: "production" })).toBe("hold");
    expect(given({ rules: "f".repeat(64) })).toBe("hold");
    expect(given({ via: "review" })).toBe("hold");
    expect(given({ withdrawn: true })).toBe("hold");
    expect(given({ expiresAt: 5 })).toBe("hold");
    expect(given({ at: Number.MAX_SAFE_INTEGER })).toBe("hold");
  });
  it("a passkey statement that names no rules does not count", () => {
    const facts = factsOf({ evidence: { approvals: [approval("bo", { via: "passkey" })] } });
    expect(decideBy(policy, facts).outcome).toBe("hold");
  });
});

describe("own-policy", () => {
  it("PE14 a change to the policy, also back to an older one, must satisfy the policy in force and the proposed one", () => {
    fc.assert(
      fc.property(policies, policies, knownFacts, (inForce, proposed, facts) => {
        const both = decide([judging(inForce), judging(proposed, "proposed")], facts);
        for (const alone of [
          decide([judging(inForce)], facts),
          decide([judging(proposed, "proposed")], facts),
        ]) {
          expect(RANK[both.outcome]).toBeGreaterThanOrEqual(RANK[alone.outcome]);
          expect(RANK[both.effective]).toBeGreaterThanOrEqual(RANK[alone.effective]);
        }
      }),
      { numRuns: 200 },
    );
  });
  it("a proposed policy that cannot be read, or a deleted one, holds", () => {
    const facts = factsOf({ evidence: { approvals: [approval("bo"), approval("cy")] } });
    expect(decide([judging(TWO_OWNERS)], facts).effective).toBe("allow");
    expect(
      decide(
        [judging(TWO_OWNERS), { role: "proposed", kind: "unreadable", because: "deleted" }],
        facts,
      ).effective,
    ).toBe("hold");
  });
});

describe("replayable", () => {
  it("a stored decision re-evaluates to the same bytes after a trip through JSON", () => {
    fc.assert(
      fc.property(policies, policies, knownFacts, (policy, proposed, facts) => {
        const decision = decide([judging(policy), judging(proposed, "proposed")], facts);
        const record = JSON.parse(
          JSON.stringify({
            record: "interlock/decision/v1",
            policies: [
              { role: "in-force", policy },
              { role: "proposed", policy: proposed },
            ],
            facts,
            decision,
          }),
        );
        expect(replay(record)).toEqual({ kind: "same" });
        expect(replay({ ...record, facts: null })).toEqual({ kind: "erased" });
        const tampered = {
          ...record,
          decision: { ...decision, outcome: decision.outcome === "allow" ? "deny" : "allow" },
        };
        expect(replay(tampered).kind).toBe("different");
      }),
      { numRuns: 150 },
    );
  });
});
