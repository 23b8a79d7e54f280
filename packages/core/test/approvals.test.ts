// SPDX-License-Identifier: Apache-2.0
/** Approvals in every state: the reason with its parameters, and who can help. */
import {
  type Approval,
  approvals,
  type Facts,
  type Requirement,
  type RequirementResult,
  unknown,
} from "@interlock/core";
import { approval, DIGEST, factsOf, file, NOW, person } from "@interlock/testkit";
import { describe, expect, it } from "vitest";
import type { ApprovalTerms } from "../src/approvals.ts";
import { evaluateRequirement } from "../src/evaluation.ts";

type Overrides = Parameters<typeof factsOf>[0];
type Expected = Pick<RequirementResult, "state" | "reason" | "who">;

const lost = unknown("lost", "find it");
const OTHER = "f".repeat(64);
const RULES = "a".repeat(64);
const PERSONS = [
  ...["ana", "bo", "cy"].map((id) => person(id, { teams: ["payments"] })),
  person("dee", { teams: ["search"] }),
];
const PEOPLE_FILE = "whoever maintains `interlock/people.yaml`";

function judged(
  requirement: Requirement,
  facts: Facts,
  terms: Partial<ApprovalTerms> = {},
): Expected {
  const all = { rulesDigest: RULES, missingOwner: "hold", ...terms } as const;
  const result = evaluateRequirement(requirement, facts, all);
  expect([result.requirement, result.final]).toEqual([requirement, false]);
  const { state, reason, who } = result;
  return { state, reason, who };
}

const by = (...given: readonly Approval[]): Overrides => ({ evidence: { approvals: given } });
const approved = (persons: readonly string[], count = 1): Expected => ({
  state: "met",
  reason: { code: "approved", params: { by: [...persons], count } },
  who: [],
});
const lacking = (
  requirement: Requirement,
  have: readonly string[],
  who: readonly string[],
): Expected => {
  if (requirement.kind !== "approvals") throw new Error("approvals are judged here");
  const { count: need, from, via, naming } = requirement;
  return {
    state: "unmet",
    reason: {
      code: "approvals-missing",
      params: { have: have.length, need, from, via, by: [...have], naming: [...naming] },
    },
    who,
  };
};

const ONE = approvals(1, "owners");
const TWO = approvals(2, "owners");

describe("what is missing", () => {
  it("is said with who approved so far, in the order of their ids", () => {
    const three = approvals(3, "anyone", { via: "review" });
    const facts = factsOf(by(approval("dee"), approval("bo"), approval("bo")));
    expect(judged(three, facts)).toEqual(
      lacking(three, ["bo", "dee"], ["any person who did not contribute to the change"]),
    );
  });

  it.each<[string, Requirement, Overrides, readonly string[]]>([
    ["the owners", ONE, {}, ["payments"]],
    [
      "the owners of all files, sorted",
      ONE,
      { change: { files: [file("b", { owners: ["y", "x"] }), file("a", { owners: ["a"] })] } },
      ["a", "x", "y"],
    ],
    [
      "twenty owners at most",
      ONE,
      {
        change: {
          files: [file("a", { owners: Array.from({ length: 21 }, (_, i) => `o${i + 10}`) })],
        },
      },
      Array.from({ length: 20 }, (_, i) => `o${i + 10}`),
    ],
    ["a team", approvals(1, "team:sre"), {}, ["team:sre"]],
    ["anybody", approvals(1, "anyone"), {}, ["any person who did not contribute to the change"]],
  ])("can be supplied by %s", (_name, requirement, more, who) => {
    expect(judged(requirement, factsOf(more))).toEqual(lacking(requirement, [], who));
  });

  it("is simply missing where nobody said anything, even if nobody knows the people", () => {
    expect(judged(ONE, factsOf({ people: lost }))).toEqual(lacking(ONE, [], ["payments"]));
    expect(judged(ONE, factsOf({ people: lost, ...by(approval("bo")) }))).toEqual({
      state: "unknown",
      reason: { code: "people-unknown", params: { because: "lost" } },
      who: ["payments"],
    });
  });
});

describe("what cannot be read", () => {
  it.each<[string, Overrides, Expected]>([
    [
      "the approvals",
      { evidence: { approvals: lost } },
      {
        state: "unknown",
        reason: { code: "approvals-unknown", params: { because: "lost" } },
        who: ["payments"],
      },
    ],
    [
      "the digest",
      { change: { digest: lost } },
      {
        state: "unknown",
        reason: { code: "digest-unknown", params: { because: "lost" } },
        who: ["payments"],
      },
    ],
    [
      "the files and with them their owners",
      { change: { files: lost }, ...by(approval("bo")) },
      {
        state: "unknown",
        reason: { code: "facts-unknown", params: { what: ["owners"], because: "lost" } },
        who: ["an owner: none is declared for these paths"],
      },
    ],
    [
      "the owners of one file",
      { change: { files: [file("a", { owners: lost }), file("b")] }, ...by(approval("bo")) },
      {
        state: "unknown",
        reason: { code: "facts-unknown", params: { what: ["owners"], because: "lost" } },
        who: ["payments"],
      },
    ],
  ])("%s", (_name, more, expected) => {
    expect(judged(ONE, factsOf(more))).toEqual(expected);
  });

  it("does not matter to approvals that need no owners", () => {
    const facts = factsOf({ change: { files: lost }, ...by(approval("bo")) });
    expect(judged(approvals(1, "anyone"), facts)).toEqual(approved(["bo"]));
  });
});

describe("enough approvals, but somebody may be hidden", () => {
  const machine = { account: "machine:bot", purpose: "docs", mayTouch: ["docs/**"] };
  const contributed = (account: string) => [{ account, did: "author" as const }];
  it.each<[string, Overrides, string, object, string]>([
    [
      "contributors are not known",
      { change: { contributors: lost } },
      ...(["contributors-unknown", {}, PEOPLE_FILE] as const),
    ],
    [
      "a contributor resolves to nobody",
      { change: { contributors: contributed("email:x@example.com") } },
      ...(["account-unresolved", { accounts: ["email:x@example.com"] }, PEOPLE_FILE] as const),
    ],
    [
      "a machine touched what it is not named for",
      {
        people: { persons: PERSONS, machines: [machine] },
        change: { contributors: contributed("machine:bot") },
      },
      ...(["machine-out-of-scope", { accounts: ["machine:bot"] }, PEOPLE_FILE] as const),
    ],
    [
      "nobody saw the push",
      { change: { pushedBy: lost } },
      ...(["pusher-unobserved", {}, "an enforcement point that sees the push"] as const),
    ],
  ])("%s", (_name, more, code, params, who) => {
    const facts = factsOf({ ...more, ...by(approval("bo")) });
    expect(judged(ONE, facts)).toEqual({ state: "unknown", reason: { code, params }, who: [who] });
    expect(judged(TWO, facts)).toEqual(lacking(TWO, ["bo"], ["payments"]));
  });
});

describe("a statement counts", () => {
  const passkey = { via: "passkey", rules: RULES } as const;
  const keyed = approvals(1, "owners", { via: "passkey" });
  const naming = approvals(1, "owners", { naming: ["f1", "f2"] });

  it.each<[string, Requirement, Partial<Approval>, boolean]>([
    ["as it is", ONE, {}, true],
    ["for this digest alone", ONE, { digest: OTHER }, false],
    ["for this target alone", ONE, { target: "refs/heads/release" }, false],
    ["for the environment of the change", ONE, { environment: "unknown" }, true],
    ["for no other environment", ONE, { environment: "production" }, false],
    ["until it is withdrawn", ONE, { withdrawn: true }, false],
    ["at the very instant it was given", ONE, { at: NOW }, true],
    ["not before it was given", ONE, { at: NOW + 1 }, false],
    ["until just before it expires", ONE, { expiresAt: NOW + 1 }, true],
    ["not at the instant it expires", ONE, { expiresAt: NOW }, false],
    ["with a passkey as well as a review", ONE, passkey, true],
    ["with a passkey where one is asked for", keyed, passkey, true],
    ["not as a review where a passkey is asked for", keyed, {}, false],
    [
      "not as a review that names the rules, where a passkey is asked for",
      keyed,
      { rules: RULES },
      false,
    ],
    ["as a review that names the rules", ONE, { rules: RULES }, true],
    ["not under other rules", ONE, { ...passkey, rules: OTHER }, false],
    ["not with a passkey that names no rules", ONE, { via: "passkey" }, false],
    ["when it names every finding", naming, { naming: ["f2", "f0", "f1"] }, true],
    ["not when it leaves one out", naming, { naming: ["f2"] }, false],
  ])("%s", (_name, requirement, more, counts) => {
    const facts = factsOf(by(approval("bo", more)));
    expect(judged(requirement, facts)).toEqual(
      counts ? approved(["bo"]) : lacking(requirement, [], ["payments"]),
    );
  });
});

describe("who may approve", () => {
  const people = (...more: Parameters<typeof person>[]): Overrides => ({
    people: {
      persons: [...PERSONS, ...more.map((p) => person(...p))],
      machines: [{ account: "email:bot@example.com", purpose: "all", mayTouch: ["**"] }],
    },
  });

  it.each<[string, string, Requirement, boolean]>([
    ["an owner by team", "bo", ONE, true],
    ["nobody of another team", "dee", ONE, false],
    ["a person of another team where anyone may", "dee", approvals(1, "anyone"), true],
    ["a member of the team", "dee", approvals(1, "team:search"), true],
    ["nobody else than a member of the team", "bo", approvals(1, "team:search"), false],
    ["no contributor", "ana", ONE, false],
    ["no agent", "agent", ONE, false],
    ["no machine", "bot", approvals(1, "anyone"), false],
    ["nobody who has left", "gone", ONE, false],
    ["nobody who is not known", "stranger", approvals(1, "anyone"), false],
    ["an owner by name", "eve", approvals(1, "owners"), true],
  ])("%s: %s", (_name, id, requirement, may) => {
    const facts = factsOf({
      ...people(
        ["cyber", { agents: ["email:agent@example.com"], teams: ["payments"] }],
        ["gone", { active: false, teams: ["payments"] }],
        ["eve", {}],
      ),
      change: { files: [file("a", { owners: ["payments", "eve"] })] },
      ...by(approval(id)),
    });
    expect(judged(requirement, facts).state).toBe(may ? "met" : "unmet");
  });
});

describe("files without an owner", () => {
  const files = [file("b", { owners: [] }), file("a", { owners: [] })];
  const ofSystem = { ...{ tier: 1, org: [], cells: [], orderSharePpm: 0, incidents: 0 } };
  const owned = (owner: string) => [{ id: "pay", owner, ...ofSystem }];

  it("hold with their paths, sorted", () => {
    expect(judged(ONE, factsOf({ change: { files }, ...by(approval("bo")) }))).toEqual({
      state: "unknown",
      reason: { code: "owner-missing", params: { paths: ["a", "b"], count: 2 } },
      who: ["an owner: none is declared for these paths"],
    });
  });

  it("hold with twenty paths at most, and are counted all", () => {
    const many = Array.from({ length: 21 }, (_, i) => file(`f${i + 10}`, { owners: [] }));
    const { reason } = judged(ONE, factsOf({ change: { files: many } }));
    expect(reason.params["count"]).toBe(21);
    expect(reason.params["paths"]).toEqual(many.slice(0, 20).map((f) => f.path));
  });

  it("may be approved by anyone where the policy says so", () => {
    const facts = factsOf({ change: { files }, ...by(approval("dee")) });
    expect(judged(ONE, facts, { missingOwner: "anyone" })).toEqual(approved(["dee"]));
  });

  it("beside owned ones need those owners all the same", () => {
    const mixed = { files: [file("a", { owners: [] }), file("b")] };
    const terms = { missingOwner: "anyone" } as const;
    expect(judged(ONE, factsOf({ change: mixed, ...by(approval("dee")) }), terms)).toEqual(
      lacking(ONE, [], ["payments"]),
    );
    expect(judged(ONE, factsOf({ change: mixed, ...by(approval("bo")) }), terms)).toEqual(
      approved(["bo"]),
    );
  });

  it.each<[string, Facts["change"]["systems"], readonly string[], Expected["state"]]>([
    ["belong to whoever owns their system", owned("search"), ["pay"], "met"],
    ["and to nobody when that system is another one", owned("search"), ["shop"], "unknown"],
    ["nor when it has no owner", owned(""), ["pay"], "unknown"],
    ["nor when systems are not known", lost, ["pay"], "unknown"],
  ])("%s", (_name, systems, inSystems, state) => {
    const facts = factsOf({
      change: { files: [file("a", { owners: [], systems: inSystems })], systems },
      ...by(approval("dee")),
    });
    expect(judged(ONE, facts).state).toBe(state);
  });

  it("that declare owners do not belong to those of their system", () => {
    const change = { files: [file("a", { systems: ["pay"] })], systems: owned("search") };
    expect(judged(ONE, factsOf({ change, ...by(approval("dee")) }))).toEqual(
      lacking(ONE, [], ["payments"]),
    );
  });
});

describe("several owner groups and teams", () => {
  const files = [file("a", { owners: ["search"] }), file("b", { owners: ["payments"] })];

  it("each group must be among the approvers, the first that is not is named", () => {
    const missing = judged(ONE, factsOf({ change: { files }, ...by(approval("dee")) }));
    expect(missing).toEqual({
      state: "unmet",
      reason: { code: "owner-group-missing", params: { owners: ["payments"] } },
      who: ["payments", "search"],
    });
    const both = factsOf({ change: { files }, ...by(approval("dee"), approval("bo")) });
    expect(judged(ONE, both)).toEqual(approved(["bo", "dee"]));
  });

  it("of several uncovered groups the first by name is told, its owners sorted", () => {
    const three = ["search", "zeta", "payments,b"].map((owners, i) =>
      file(`f${i}`, { owners: owners.split(",") }),
    );
    expect(judged(ONE, factsOf({ change: { files: three }, ...by(approval("dee")) }))).toEqual({
      state: "unmet",
      reason: { code: "owner-group-missing", params: { owners: ["b", "payments"] } },
      who: ["b", "payments", "search", "zeta"],
    });
  });

  it("groups are told apart by their owners, not by how those are spelt in a row", () => {
    const alike = [file("a", { owners: ["search", "x"] }), file("b", { owners: ["searchx"] })];
    expect(
      judged(ONE, factsOf({ change: { files: alike }, ...by(approval("dee")) })),
    ).toMatchObject({ state: "unmet", reason: { params: { owners: ["searchx"] } } });
  });

  it("who owns something is told in one order whatever the groups", () => {
    const crossed = [file("a", { owners: ["a", "z"] }), file("b", { owners: ["b"] })];
    expect(judged(ONE, factsOf({ change: { files: crossed } })).who).toEqual(["a", "b", "z"]);
  });

  it("one of several teams of a person is enough to be an owner", () => {
    const persons = [...PERSONS, person("eve", { teams: ["other", "payments"] })];
    const facts = factsOf({ people: { persons, machines: [] }, ...by(approval("eve")) });
    expect(judged(ONE, facts)).toEqual(approved(["eve"]));
  });

  it("a change of no files has no owners, so nobody can approve as one", () => {
    const facts = factsOf({ change: { files: [] }, ...by(approval("bo")) });
    const nobody = ["an owner: none is declared for these paths"];
    expect(judged(ONE, facts)).toEqual(lacking(ONE, [], nobody));
    expect(judged(ONE, facts, { missingOwner: "anyone" })).toEqual(approved(["bo"]));
  });

  it("files with the same owners in another order are one group", () => {
    const same = [
      file("a", { owners: ["x", "payments"] }),
      file("b", { owners: ["payments", "x", "x"] }),
    ];
    expect(judged(ONE, factsOf({ change: { files: same }, ...by(approval("bo")) }))).toEqual(
      approved(["bo"]),
    );
  });

  it("groups do not matter where anyone may approve", () => {
    const facts = factsOf({ change: { files }, ...by(approval("bo")) });
    expect(judged(approvals(1, "anyone"), facts)).toEqual(approved(["bo"]));
  });

  it("approvers must come from as many teams where that is asked", () => {
    const distinct = approvals(2, "anyone", { distinct: ["teams"] });
    expect(judged(distinct, factsOf(by(approval("bo"), approval("cy"))))).toEqual({
      state: "unmet",
      reason: { code: "distinct-teams-missing", params: { need: 2 } },
      who: ["any person who did not contribute to the change"],
    });
    expect(judged(distinct, factsOf(by(approval("bo"), approval("dee"))))).toEqual(
      approved(["bo", "dee"], 2),
    );
    expect(judged(approvals(2, "anyone"), factsOf(by(approval("bo"), approval("cy"))))).toEqual(
      approved(["bo", "cy"], 2),
    );
  });
});

it("owners belong to one change: another change has its own", () => {
  const facts = factsOf({ ...by(approval("dee", { digest: DIGEST })) });
  const other = {
    ...facts,
    change: { ...facts.change, files: [file("a", { owners: ["search"] })] },
  };
  expect(judged(ONE, facts).state).toBe("unmet");
  expect(judged(ONE, other)).toEqual(approved(["dee"]));
  expect(judged(ONE, facts).state).toBe("unmet");
});
