// SPDX-License-Identifier: Apache-2.0
import { isUnknown } from "@interlock/core";
import { proofFilesOf, REFUSALS, readReceipt, type Trust } from "@interlock/receipt";
import { approval, DIGEST, NOW } from "@interlock/testkit";
import { verifyTlogProof } from "@interlock/tlog";
import { afterEach, describe, expect, test, vi } from "vitest";
import { LOG, policyOf } from "./ledger.ts";
import { HEX, stateOf, told, verify, WORLD } from "./outcome.ts";
import { fileOf, SITE, TRUST, type Twist, world } from "./world.ts";

const MINUTE = 60_000;
const FLAG = { UP: 0x01, UV: 0x04 };

describe("a whole receipt", () => {
  test("P6 it is verified with the reader's policy and site, and no network", async () => {
    const fetching = vi.fn(() => Promise.reject(new Error("no network here")));
    vi.stubGlobal("fetch", fetching);
    const outcome = await verify(WORLD.receipt);
    expect(fetching).not.toHaveBeenCalled();
    expect(outcome).toMatchObject({
      verdict: "verified",
      shown: { effective: "allow", at: NOW + 1, index: 7, approvedBy: ["bo", "cy"] },
    });
    expect(outcome.steps.map((s) => `${s.step} ${s.about}: ${s.state}`)).toEqual([
      "receipt : ok",
      "checkpoint : ok",
      "inclusion decision: ok",
      "inclusion enrolment 1: ok",
      "inclusion enrolment 2: ok",
      "inclusion approval 1: ok",
      "inclusion approval 2: ok",
      "enrolment approval 1: ok",
      "statement approval 1: ok",
      "assertion approval 1: ok",
      "enrolment approval 2: ok",
      "statement approval 2: ok",
      "assertion approval 2: ok",
      "quorum decision: ok",
      "replay decision: ok",
      "absence : not-shown",
    ]);
  });

  test("AQ22 two who collude get their way, and whoever holds the receipt can name them", async () => {
    expect(await verify(WORLD.receipt)).toMatchObject({ shown: { approvedBy: ["bo", "cy"] } });
  });

  afterEach(() => vi.unstubAllGlobals());

  test("P5 without a quorum the outcome says what is not excluded", async () => {
    const trust = { ...TRUST, policy: policyOf([LOG], "none") };
    const outcome = await verify(WORLD.receipt, trust);
    expect(outcome).toMatchObject({
      verdict: "verified",
      shown: {
        assurance:
          "tamper-evident to anyone holding an older checkpoint; a split view is not excluded",
      },
    });
  });

  test("its entries are proofs that any verifier of tlog proofs can check", async () => {
    const files = proofFilesOf(readReceipt(fileOf(WORLD.receipt)));
    expect(files.map((f) => f.name)).toEqual([
      "decision",
      "approval-1",
      "approval-2",
      "enrolment-1",
      "enrolment-2",
    ]);
    for (const { leaf, proof } of files)
      expect(await verifyTlogProof(leaf, proof, TRUST.policy)).toMatchObject({ ok: true });
  });

  test("a receipt of a hold shows the hold and no quorum", async () => {
    const { receipt } = await world({ approvers: ["bo"] });
    const outcome = await verify(receipt);
    expect(outcome).toMatchObject({ verdict: "verified", shown: { effective: "hold" } });
    expect(stateOf(outcome, "quorum")).toEqual(["not-shown"]);
  });
});

const forCy =
  <T>(wrong: T) =>
  (person: string): T | Record<string, never> =>
    person === "cy" ? wrong : {};

type Case = readonly [name: string, twist: Twist, told: string];

/** What no loader of policies would let through. */
const BROKEN = [{ role: "in-force", policy: {} as never }] as const;

/** Everything here was recorded in the log as it is: the log shows it, and it does not count. */
const RECORDED: readonly Case[] = [
  ["WA1 UV is not set", { wrong: forCy({ clear: FLAG.UV }) }, "assertion: user-not-verified"],
  ["WA2 UP is not set", { wrong: forCy({ clear: FLAG.UP }) }, "assertion: user-not-present"],
  ["WA3 another site", { wrong: forCy({ rpId: "example.com" }) }, "assertion: rp-id-differs"],
  [
    "WA4 another origin",
    { wrong: forCy({ clientData: { origin: "https://a.approve.example.com" } }) },
    "assertion: origin-differs",
  ],
  [
    "WA6 another ceremony",
    { wrong: forCy({ type: "webauthn.create" }) },
    "assertion: type-differs",
  ],
  [
    "UI5 a frame",
    { wrong: forCy({ clientData: { crossOrigin: true } }) },
    "assertion: cross-origin",
  ],
  [
    "WA7 a signature over another statement",
    { signed: (_, s) => ({ ...s, statement: { ...s.statement, head: "9".repeat(40) } }) },
    "assertion: challenge-differs",
  ],
  [
    "WA7 a signature under another nonce",
    { signed: (_, s) => ({ ...s, nonce: "A".repeat(43) }) },
    "assertion: challenge-differs",
  ],
  [
    "WA8 somebody else's key",
    { keyOf: (p) => (p === "cy" ? "mallory" : p) },
    "assertion: user-handle-differs",
  ],
  [
    "WA8 somebody else's key that names no account",
    { keyOf: () => "mallory", wrong: () => ({ userHandle: null }) },
    "assertion: signature-wrong",
  ],
  [
    "WA10 a counter below the enrolment's",
    { enrolment: forCy({ signCount: 99_999 }) },
    "assertion: counter-went-back",
  ],
  [
    "a key that says it became eligible for backup",
    { enrolment: forCy({ backupEligible: true }) },
    "assertion: backup-eligibility-changed",
  ],
  [
    "WA12 an enrolment of a key that is not allowed",
    {
      enrolment: forCy({ key: "oA" }),
      signed: (p, s) => (p === "cy" ? { ...s, keyDigest: s.keyDigest } : s),
    },
    "assertion: key-not-allowed",
  ],
  [
    "WA14 a key that had not cooled down",
    { enrolment: forCy({ usableFrom: NOW }) },
    "enrolment: enrolment-cooling",
  ],
  [
    "WA8 an enrolment of another person",
    { enrolment: forCy({ person: "dee" }) },
    "enrolment: enrolment-differs",
  ],
  [
    "IN5 another key than the approval says",
    { signed: (_, s) => ({ ...s, keyDigest: HEX }) },
    "enrolment: enrolment-differs",
  ],
  [
    "an enrolment that is not there",
    { signed: (_, s) => ({ ...s, enrolment: HEX }) },
    "enrolment: enrolment-missing",
  ],
  ["an enrolment after the approval", { lateEnrolment: true }, "enrolment: enrolment-not-before"],
  [
    "another product",
    { statement: forCy({ product: "https://evil.example.com" }) },
    "statement: statement-elsewhere",
  ],
  [
    "another ledger",
    { statement: forCy({ ledger: "log.example.com/staging" }) },
    "statement: statement-elsewhere",
  ],
  [
    "another organisation",
    { statement: forCy({ tenant: "another" }) },
    "statement: statement-elsewhere",
  ],
  [
    "AQ3 WA17 another change",
    { statement: forCy({ digest: HEX }) },
    "statement: statement-for-another",
  ],
  [
    "AQ7 another branch",
    { statement: forCy({ target: "refs/heads/x" }) },
    "statement: statement-for-another",
  ],
  [
    "AQ7 another environment",
    { statement: forCy({ environment: "staging" }) },
    "statement: statement-for-another",
  ],
  [
    "another repository",
    { statement: forCy({ repository: "r" }) },
    "statement: statement-for-another",
  ],
  [
    "another id of the change",
    { statement: forCy({ change: "C-2" }) },
    "statement: statement-for-another",
  ],
  ["AQ12 other rules", { statement: forCy({ rules: [HEX] }) }, "statement: statement-for-another"],
  [
    "AQ21 recorded after it expired",
    { approvalAt: NOW, statement: forCy({ expiresAt: NOW - 1 }) },
    "statement: statement-out-of-time",
  ],
  [
    "AQ21 expired before the decision",
    { statement: forCy({ expiresAt: NOW }) },
    "statement: statement-out-of-time",
  ],
  [
    "recorded before it was issued",
    { approvalAt: NOW - 30 * MINUTE },
    "statement: statement-out-of-time",
  ],
  ["recorded after the decision", { lateApproval: true }, "statement: statement-out-of-time"],
  [
    "counted approvals that are not shown",
    { decision: { counted: [HEX] } },
    "quorum: counted-differs",
  ],
  ["more approvals wanted than given", { decision: { approvals: 3 } }, "quorum: quorum-missing"],
  [
    "a decision for other rules",
    { decision: { rules: [HEX] } },
    "statement: statement-for-another",
  ],
  ["a decision without rules", { decision: { rules: [] } }, "statement: statement-for-another"],
  ["AQ10 an approval that nobody signed", { facts: addApproval }, "replay: evidence-unsigned"],
  ["facts of another time", { facts: (f) => ({ ...f, now: NOW + 2 }) }, "replay: record-differs"],
  [
    "facts of another change",
    { facts: (f) => ({ ...f, change: { ...f.change, target: "refs/heads/x" } }) },
    "replay: record-differs",
  ],
  [
    "PE13 an answer of another engine",
    { decision: { engine: "interlock-core/0" } },
    "replay: record-differs",
  ],
  [
    "another policy beside it",
    { recordWith: (r) => ({ ...r, policies: [] }) },
    "replay: record-differs",
  ],
  [
    "a policy that cannot be evaluated",
    { judged: () => BROKEN, recordWith: (r) => ({ ...r, policies: BROKEN }) },
    "replay: record-differs",
  ],
  [
    "other facts beside it",
    {
      recordWith: (r) => ({ ...r, facts: r.facts === null ? null : { ...r.facts, now: NOW - 1 } }),
    },
    "replay: record-differs",
  ],
  [
    "an answer whose digest is right and whose words are not",
    { recordWith: (r) => ({ ...r, decision: { ...r.decision, skipped: ["x"] } }) },
    "replay: replay-differs",
  ],
];

type Facts = Parameters<NonNullable<Twist["facts"]>>[0];

function addApproval(facts: Facts): Facts {
  const { approvals } = facts.evidence;
  const given = Array.isArray(approvals) ? approvals : [];
  const first = given[0];
  if (first === undefined) throw new Error("no approval");
  const forged = { ...first, by: "person:dee" };
  return { ...facts, evidence: { ...facts.evidence, approvals: [...given, forged] } };
}

describe("recorded, and it does not count", () => {
  test.each(RECORDED)("%s", async (_name, twist, expected) => {
    expect(told(await verify((await world(twist)).receipt))).toBe(expected);
  });

  test("AQ2 one person who signed twice is one person", async () => {
    let n = 0;
    const { receipt } = await world({
      approvers: ["bo", "bo"],
      statement: () => ({ issuedAt: NOW - 20 * MINUTE + n++ }),
      decision: { outcome: "allow", effective: "allow" },
      record: "none",
    });
    expect(told(await verify(receipt))).toBe("quorum: quorum-missing");
  });

  test("AQ1 the author's own signature is valid and the replay does not count it", async () => {
    const { receipt } = await world({ approvers: ["ana", "bo"] });
    expect(await verify(receipt)).toMatchObject({
      verdict: "verified",
      shown: { effective: "hold" },
    });
    const lied = await world({
      approvers: ["ana", "bo"],
      decision: { outcome: "allow", effective: "allow" },
    });
    expect(told(await verify(lied.receipt))).toBe("replay: record-differs");
  });

  test.each<[string, "device-bound" | undefined, string]>([
    ["facts from before they said of which kind a key is verify", undefined, "verified"],
    [
      "WA19 a synchronised key that the facts call device-bound",
      "device-bound",
      "replay: evidence-unsigned",
    ],
  ])("%s", async (_name, claimed, expected) => {
    const { receipt } = await world({
      approvers: ["ana", "bo"],
      facts: (facts) => ({
        ...facts,
        evidence: {
          ...facts.evidence,
          approvals: isUnknown(facts.evidence.approvals)
            ? []
            : facts.evidence.approvals.map(({ key: _key, ...rest }) => ({
                ...rest,
                ...(claimed === undefined ? {} : { key: claimed }),
              })),
        },
      }),
    });
    const outcome = await verify(receipt);
    expect(outcome.verdict === "verified" ? outcome.verdict : told(outcome)).toBe(expected);
  });

  test.each<[string, Twist]>([
    ["that two people are said to have signed", {}],
    ["while nothing is said to have been waived", { decision: { waived: ["a".repeat(64)] } }],
  ])("RO13 a waiver %s and nobody here did", async (_name, twist) => {
    const waiver = {
      ...{ rule: "two-people", digest: DIGEST, reason: "x", expiresAt: NOW + 9 },
      ...{ by: ["person:bo", "person:cy"], breakGlass: true },
    };
    const { receipt } = await world({
      approvers: [],
      facts: (f) => ({ ...f, evidence: { ...f.evidence, waivers: [waiver] } }),
      ...twist,
      decision: { approvals: 0, ...twist.decision },
    });
    expect(told(await verify(receipt))).toBe(
      twist.decision === undefined ? "replay: evidence-unsigned" : "quorum: counted-differs",
    );
  });

  test("a review on the forge needs no signature here", async () => {
    const { receipt } = await world({
      facts: (f) => {
        const { approvals } = f.evidence;
        const given = Array.isArray(approvals) ? approvals : [];
        return { ...f, evidence: { ...f.evidence, approvals: [...given, approval("dee")] } };
      },
    });
    expect(told(await verify(receipt))).toBe("verified");
  });
});

test("every code has a sentence of its own", () => {
  const sentences = Object.values(REFUSALS);
  expect(new Set(sentences).size).toBe(sentences.length);
  for (const says of sentences) expect(says).toMatch(/^[a-z].*[^.]$/);
});

test("the site is the reader's: the same receipt fails on another", async () => {
  const elsewhere = (over: Partial<typeof SITE>): Trust => ({
    ...TRUST,
    site: { ...SITE, ...over },
  });
  expect(told(await verify(WORLD.receipt, elsewhere({ tenant: "another" })))).toBe(
    "statement: statement-elsewhere",
  );
  expect(told(await verify(WORLD.receipt, elsewhere({ rpId: "example.com" })))).toBe(
    "assertion: rp-id-differs",
  );
  expect(told(await verify(WORLD.receipt, elsewhere({ origins: [] })))).toBe(
    "assertion: origin-differs",
  );
});
