// SPDX-License-Identifier: Apache-2.0
/** Approvals in every state: the reason with its parameters, and who can help. */
import { type Approval, approvals, join, type Requirement } from "@interlock/core";
import { approval, factsOf, file, NOW, person } from "@interlock/testkit";
import { describe, expect, it } from "vitest";
import {
  approved,
  by,
  type Expected,
  judged,
  lacking,
  lost,
  ONE,
  type Overrides,
  PERSONS,
  RULES,
} from "./approval-results.ts";

const OTHER = "f".repeat(64);
const PEOPLE_FILE = "whoever maintains `interlock/people.yaml`";
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

describe("WA19 a rule that wants keys which cannot leave their device", () => {
  const bound = approvals(1, "owners", { via: "passkey", keys: "device-bound" });
  const passkey = { via: "passkey", rules: RULES } as const;

  it.each<[string, Partial<Approval>, boolean, readonly string[]]>([
    ["counts one", { ...passkey, key: "device-bound" }, true, []],
    [
      "counts no synchronised one, and says whose it was",
      { ...passkey, key: "synchronised" },
      false,
      ["bo"],
    ],
    ["counts none of which nobody says what it is", passkey, false, ["bo"]],
    ["counts no review", { key: "device-bound" }, false, []],
    [
      "says nothing of a key whose approval would not count anyway",
      { ...passkey, key: "synchronised", withdrawn: true },
      false,
      [],
    ],
  ])("%s", (_name, more, counts, synchronised) => {
    const missing = lacking(bound, [], ["payments"]);
    expect(judged(bound, factsOf(by(approval("bo", more))))).toEqual(
      counts
        ? approved(["bo"])
        : {
            ...missing,
            reason: {
              ...missing.reason,
              params: { ...missing.reason.params, keys: "device-bound", synchronised },
            },
          },
    );
  });

  it("is joined as the stricter, whatever the order", () => {
    const any = approvals(1, "owners", { via: "passkey" });
    expect([join([any], [bound]), join([bound], [any])]).toEqual([[bound], [bound]]);
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
