// SPDX-License-Identifier: Apache-2.0
import {
  challengeOf,
  evidenceOf,
  readStatement,
  STATEMENT,
  type Statement,
  wordsOf,
} from "@interlock/core";
import { type Digest, type Json, sixWords } from "@interlock/digest";
import { STATEMENT_AT, statementWith } from "@interlock/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const NONCE = new Uint8Array(32).fill(5);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

const HOUR_MS = 3_600_000;
const OVERRIDE: Partial<Statement> = {
  decision: "override",
  waives: { rule: "r", breakGlass: false },
  reason: "f6".repeat(32),
  expiresAt: STATEMENT_AT + 168 * HOUR_MS,
};
const REVIEW: Partial<Statement> = {
  decision: "settle",
  settles: "a1".repeat(32),
  reason: "f6".repeat(32),
};

const problemsOf = (value: unknown): readonly string[] => {
  const read = readStatement(value);
  return read.ok ? [] : read.problems.map((p) => `${p.path}: ${p.message}`);
};

test("the challenge of a statement never changes: old approvals are verified with it", () => {
  expect(hex(challengeOf(statementWith(), NONCE))).toBe(
    "422b941f23b09064231c307bddfdcfb71809c65fee30c46d2a7d9982a79ef614",
  );
});

const OTHER: { readonly [K in keyof Statement]-?: NonNullable<Statement[K]> } = {
  statement: 1,
  product: "https://approve2.example.com",
  ledger: "log2.example.com/interlock",
  tenant: "another",
  change: "C-2",
  repository: "repository-2",
  target: "refs/heads/release",
  base: "4".repeat(40),
  head: "5".repeat(40),
  merge: "6".repeat(64),
  digest: "c3".repeat(32),
  environment: "staging",
  rules: ["b2".repeat(32), "d4".repeat(32)],
  document: "e5".repeat(32),
  naming: ["finding"],
  decision: "reject",
  waives: { rule: "s", breakGlass: false },
  settles: "b2".repeat(32),
  reason: "f6".repeat(32),
  person: "bo",
  credential: "Ym8",
  issuedAt: STATEMENT_AT + 1,
  expiresAt: STATEMENT_AT + 2,
};

describe("(one challenge)", () => {
  const fields = Object.keys(STATEMENT.fields) as (keyof Statement)[];

  test.each(fields.filter((f) => f !== "statement"))("`%s` is bound", (field) => {
    const exception = { waives: OVERRIDE, settles: REVIEW };
    const base = statementWith(exception[field as keyof typeof exception] ?? {}); // or none of them
    const other = { ...base, [field]: OTHER[field] };
    expect(problemsOf(other)).toEqual([]);
    expect(hex(challengeOf(other, NONCE))).not.toBe(hex(challengeOf(base, NONCE)));
  });

  test("so is every bit of the nonce", () => {
    fc.assert(
      fc.property(fc.nat(31), fc.nat(7), (at, bit) => {
        const other = NONCE.map((b, i) => (i === at ? b ^ (1 << bit) : b));
        expect(challengeOf(statementWith(), other)).not.toEqual(
          challengeOf(statementWith(), NONCE),
        );
      }),
    );
  });

  test("the order of fields is no content", () => {
    const reversed = Object.fromEntries(Object.entries(statementWith()).reverse()) as Statement;
    expect(challengeOf(reversed, NONCE)).toEqual(challengeOf(statementWith(), NONCE));
  });

  test("a nonce of another length is a bug", () => {
    expect(() => challengeOf(statementWith(), new Uint8Array(16))).toThrow("invariant broken");
  });
});

describe("a statement from outside is refused", () => {
  test.each<readonly [string, Readonly<Record<string, Json | undefined>>, string]>([
    ["another version", { statement: 2 }, "statement: `2` is outside 1 to 1"],
    ["a field that nobody defined", { approved: true }, "approved: no such field of a statement"],
    ["a field that is missing", { head: undefined }, "head: missing"],
    [
      "a short commit id",
      { head: "abc" },
      "head: `abc` is not a whole object id of Git in lower case",
    ],
    ["an upper-case digest", { digest: "A1".repeat(32) }, "digest: `A1A1"],
    [
      "an origin with a path",
      { product: "https://a.example/" },
      "product: `https://a.example/` is not an origin",
    ],
    [
      "an origin without TLS",
      { product: "http://a.example" },
      "product: `http://a.example` is not an origin",
    ],
    ["a padded credential", { credential: "Ym8=" }, "credential: `Ym8=` is not base64url"],
    ["unused bits in a credential", { credential: "Ym9" }, "credential: `Ym9` is not base64url"],
    ["a decision nobody knows", { decision: "maybe" }, "decision: `maybe` is not one of"],
    ["no rules", { rules: [] }, "rules: no rules are named"],
    ["rules out of order", { rules: ["d4".repeat(32), "b2".repeat(32)] }, "rules: not sorted"],
    ["a rule twice", { rules: ["b2".repeat(32), "b2".repeat(32)] }, "rules: not sorted"],
    ["a finding twice", { naming: ["x", "x"] }, "naming: not sorted"],
    ["an end before the start", { expiresAt: STATEMENT_AT }, "expiresAt: not after"],
    [
      "RO13 an override without a reason",
      { ...OVERRIDE, reason: undefined },
      "reason: an override needs a reason",
    ],
    ["an override of no rule", { ...OVERRIDE, waives: undefined }, "waives: an override names"],
    ["an approval that waives", { waives: OVERRIDE.waives }, "waives: an override names"],
    [
      "break-glass without an incident",
      { ...OVERRIDE, waives: { rule: "r", breakGlass: true } },
      "waives.incident: break-glass names its incident",
    ],
    [
      "a waiver with an incident",
      { ...OVERRIDE, waives: { rule: "r", breakGlass: false, incident: "i" } },
      "waives.incident: break-glass names its incident",
    ],
    [
      "a waiver of more than seven days",
      { ...OVERRIDE, expiresAt: STATEMENT_AT + 168 * HOUR_MS + 1 },
      "expiresAt: an override of this kind lasts",
    ],
    [
      "break-glass of more than four hours",
      {
        ...OVERRIDE,
        waives: { rule: "r", breakGlass: true, incident: "i" },
        expiresAt: STATEMENT_AT + 4 * HOUR_MS + 1,
      },
      "expiresAt: an override of this kind lasts",
    ],
    ["a review of nothing", { ...REVIEW, settles: undefined }, "settles: a review names its debt"],
    ["a review that says nothing", { ...REVIEW, reason: undefined }, "reason: a review says"],
    ["an approval that settles", { settles: REVIEW.settles }, "settles: a review names its debt"],
    ["a time with a fraction", { issuedAt: 1.5 }, "issuedAt: `1.5` is not an integer"],
    [
      "an unknown",
      { target: { $unknown: { because: "x", help: "y" } } },
      "target: this fact may not",
    ],
  ])("%s", (_name, over, problem) => {
    expect(problemsOf({ ...statementWith(), ...over })[0]).toContain(problem);
  });

  test.each([null, [], "x", 1])("%j", (value) => {
    expect(problemsOf(value)).toEqual([": expected an object"]);
  });
});

test("both screens show the words of the same digest", () => {
  const statement = statementWith();
  expect(wordsOf(statement)).toEqual(sixWords(statement.digest as Digest));
});

describe("evidence", () => {
  const recorded = { at: STATEMENT_AT + 5, ended: false, reason: "", backupEligible: false };

  test("an approval is one for each policy that judged, and says nothing the statement does not", () => {
    const statement = statementWith({ rules: ["b2".repeat(32), "d4".repeat(32)], naming: ["f"] });
    expect(evidenceOf(statement, recorded)).toEqual({
      approvals: statement.rules.map((rules) => ({
        by: "person:ana",
        digest: statement.digest,
        via: "passkey",
        at: STATEMENT_AT + 5,
        expiresAt: statement.expiresAt,
        withdrawn: false,
        environment: "",
        target: "refs/heads/main",
        rules,
        naming: ["f"],
        key: "device-bound",
      })),
      rejections: [],
    });
  });

  test("an approval says of which kind its key is", () => {
    const { approvals } = evidenceOf(statementWith(), { ...recorded, backupEligible: true });
    expect(approvals.map(({ key }) => key)).toEqual(["synchronised"]);
  });

  test("a withdrawn approval stays, as withdrawn", () => {
    const { approvals } = evidenceOf(statementWith(), { ...recorded, ended: true });
    expect(approvals.map((a) => a.withdrawn)).toEqual([true]);
  });

  test("a rejection is opposing evidence with its reason", () => {
    const statement = statementWith({ decision: "reject" });
    expect(evidenceOf(statement, { ...recorded, reason: "too wide" })).toEqual({
      approvals: [],
      rejections: [
        {
          by: "person:ana",
          digest: statement.digest,
          at: STATEMENT_AT + 5,
          reason: "too wide",
          closed: false,
        },
      ],
    });
  });

  test.each<[string, Partial<Statement>]>([
    ["withdraw", { decision: "withdraw" }],
    ["override", OVERRIDE],
    ["settle", REVIEW],
  ])("a statement to %s approves nothing", (_name, more) => {
    const statement = statementWith(more);
    expect(readStatement(statement).ok).toBe(true);
    expect(evidenceOf(statement, recorded)).toEqual({ approvals: [], rejections: [] });
  });
});
