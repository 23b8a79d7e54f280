// SPDX-License-Identifier: Apache-2.0
import {
  type Bodies,
  ENTRY_KINDS,
  type EntryContent,
  type EntryKind,
  entryId,
  entryOf,
  isKnownKind,
  judgedDigest,
  leafOf,
  readBody,
  readLeaf,
  type Signed,
} from "@interlock/core";
import { type Digest, sha256Hex } from "@interlock/digest";
import { STATEMENT_AT, statementWith, TWO_OWNERS } from "@interlock/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ROLLOUTS } from "./rollout-bodies.ts";
import { UNRECORDED_GOOD } from "./unrecorded.ts";

const HEX = "0123456789abcdef".repeat(4) as Digest;
const DATA = { way: "fix", by: "ana" } as const;
const ENDED = { previous: HEX, by: "ana", outcome: "done", batches: 2, rows: 9 } as const;
const KEY = "BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU";
const SALT = new Uint8Array(32).fill(1);

const signed = (decision: Signed["statement"]["decision"], over: Partial<Signed> = {}): Signed => ({
  statement: statementWith({ decision }),
  nonce: "BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU",
  clientData: "e30",
  authenticatorData: "AAAA",
  signature: "AAAA",
  keyDigest: HEX,
  enrolment: HEX,
  ...over,
});

const GOOD: Bodies = {
  founding: {
    tenant: "example",
    product: "https://approve.example.com",
    ledger: "log.example.com/interlock",
    rpId: "approve.example.com",
    origins: ["https://approve.example.com"],
    founders: ["ana", "bo", "cy"],
    cooldownMs: 86_400_000,
    entries: [HEX],
  },
  agreement: {
    proposal: "p-1",
    about: "revocation",
    person: "cy",
    reason: "laptop stolen",
    by: "ana",
    keys: [],
    endorsements: ["ana", "bo"].map((person) => ({
      person,
      credential: "Y3Jl",
      nonce: "BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU",
      clientData: "e30",
      authenticatorData: "AAAA",
      signature: "AAAA",
    })),
  },
  enrolment: {
    person: "ana",
    credential: "Y3JlZGVudGlhbC1vZi1hbmE",
    key: "pQEC",
    userHandle: "YW5h",
    backupEligible: false,
    backedUp: false,
    signCount: 0,
    aaguid: "0".repeat(32),
    attestation: { format: "none", trust: "none" },
    basis: "founding",
    endorsedBy: [],
    usableFrom: STATEMENT_AT,
  },
  revocation: { person: "ana", credential: "Y3Jl", reason: "lost", by: ["ana"] },
  person: {
    person: "ana",
    name: "Ana",
    active: true,
    accounts: ["email:ana@example.com", "github:ana"],
    by: ["bo", "cy"],
  },
  token: {
    token: "token-1",
    name: "deploys of the shop",
    repository: "repository-1",
    verbs: ["check", "gate"],
    expiresAt: STATEMENT_AT,
    by: "ana",
  },
  "token-revoked": { token: "token-1", reason: "lost", by: ["ana"] },
  "teams-claimed": {
    person: "ana",
    issuer: "https://id.example.com",
    teams: ["payments", "sre"],
    goodUntil: STATEMENT_AT,
  },
  exchange: {
    token: "token-2",
    issuer: "https://ci.example.com",
    subject: "repo:example/shop",
    run: "1",
    repository: "repository-1",
    verbs: ["check"],
    expiresAt: STATEMENT_AT,
  },
  provisioned: {
    person: "dee",
    name: "Dee",
    active: false,
    accounts: ["email:dee@example.com"],
    user: "user-1",
    userName: "dee@example.com",
    token: "token-1",
    ended: ["token-3"],
  },
  "config-replayed": { change: "c", set: "s", cell: "eu", result: HEX, ok: false, by: "ana" },
  ...UNRECORDED_GOOD,
  members: {
    group: "group-1",
    name: "SRE",
    added: ["ana"],
    removed: ["bo"],
    token: "token-1",
  },
  "emergency-key": {
    ...{ person: "ana", credential: KEY, key: KEY, usableFrom: 1, by: ["ana", "bo"], agreed: HEX },
  },
  emergency: { signed: "interlock-emergency-1.e30.AA", verified: false, by: "bo" },
  away: {
    ...{ record: HEX, change: "c-1", repository: "git:1", target: "refs/heads/main" },
    ...{ environment: "", base: "a", head: "b", landedAt: 1, pushedBy: ["email:ana@example.com"] },
    ...{ because: "the server is away", way: "emergency", signed: [], signers: ["bo", "cy"] },
    ...{ teams: ["payments"], verified: true, by: "token-1" },
  },
  ...ROLLOUTS,
  approval: signed("approve"),
  rejection: signed("reject"),
  withdrawal: signed("withdraw"),
  override: signed("override", {
    statement: statementWith({
      ...{ decision: "override", waives: { rule: "r", breakGlass: false }, reason: HEX },
    }),
    reason: "the check is broken",
  }),
  "debt-review": signed("settle", {
    statement: statementWith({ decision: "settle", settles: HEX, reason: HEX }),
    reason: "it was right",
  }),
  incident: { incident: "i-1", title: "no orders", systems: ["checkout"], by: "ana" },
  "incident-closed": { incident: "i-1", reason: "orders are back", by: "bo" },
  debt: {
    ...{ change: "C-1", repository: "repository-1", target: "refs/heads/main" },
    ...{ environment: "production", decision: HEX, overrides: [HEX], incidents: ["i-1"] },
    ...{ teams: ["payments"], by: ["bo", "cy"] },
  },
  decision: {
    change: "C-1",
    repository: "repository-1",
    target: "refs/heads/main",
    environment: "production",
    outcome: "allow",
    effective: "allow",
    decision: HEX,
    engine: "interlock-core/1",
    rules: [HEX],
    policies: [HEX],
    judged: HEX,
    facts: HEX,
    counted: [HEX],
    approvals: 2,
  },
  expunge: { entry: HEX, reason: "a person asked for it", by: ["ana", "bo"] },
  remedy: {
    remedy: "drain-cell",
    title: "drain a cell",
    document: HEX,
    change: "C-1",
    digest: HEX,
    decision: HEX,
    approvals: [HEX],
    approvedBy: ["bo", "cy"],
    by: "ana",
  },
  run: {
    change: "C-1",
    decision: HEX,
    document: HEX,
    plan: HEX,
    values: {},
    operator: "ana",
    second: "bo",
  },
  "run-step": { number: 1, previous: HEX, by: "bo", what: "confirmed", task: "step:one" },
  "data-started": { ...DATA, change: "c", decision: HEX, digest: HEX, fix: HEX, path: "a.sql" },
  "data-finished": ENDED,
  "data-unwound": { ...ENDED, restored: 3, kept: 1, rerun: 0, quarantined: 1 },
  "data-halted": { previous: HEX, by: "a", role: "ops", because: "harm", halted: 5 },
  "run-end": { number: 2, previous: HEX, by: "ana", outcome: "done", left: [] },
};

const problemsOf = (kind: EntryKind, value: unknown): readonly string[] => {
  const read = readBody(kind, value);
  return read.ok ? [] : read.problems.map((p) => `${p.path}: ${p.message}`);
};

const content = (over: Partial<EntryContent<"expunge">> = {}): EntryContent<"expunge"> => ({
  kind: "expunge",
  at: STATEMENT_AT,
  subject: HEX,
  salt: SALT,
  body: GOOD.expunge,
  ...over,
});

const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describe("bodies", () => {
  test.each(ENTRY_KINDS)("%s: a good one is read, one with a field more or less is not", (kind) => {
    const body = GOOD[kind];
    expect(problemsOf(kind, body)).toEqual([]);
    expect(problemsOf(kind, { ...body, extra: 1 })).toEqual([
      `extra: no such field of \`${kind}\``,
    ]);
    for (const name of Object.keys(body).filter((n) => !("statement" in body && n === "reason")))
      expect(problemsOf(kind, { ...body, [name]: undefined })).toEqual([`${name}: missing`]);
  });

  test("members that were read from a forge have no token", () => {
    const body = { ...GOOD.members, token: undefined, forge: { goodUntil: 1 } };
    expect(problemsOf("members", body)).toEqual([]);
  });

  test.each<readonly [string, EntryKind, Readonly<Record<string, unknown>>, string]>([
    ["a founding by one", "founding", { founders: ["ana"] }, "founders: at least 2"],
    ["a founder twice", "founding", { founders: ["ana", "ana"] }, "founders: at least 2"],
    ["a key nobody vouched for", "enrolment", { basis: "endorsed" }, "endorsedBy: at least 1"],
    [
      "WA15 a recovery by one",
      "enrolment",
      { basis: "recovery", endorsedBy: ["bo"] },
      "endorsedBy: at least 2",
    ],
    [
      "a key its owner vouched for",
      "enrolment",
      { basis: "endorsed", endorsedBy: ["ana"] },
      "endorsedBy: nobody vouches for their own key",
    ],
    ["IN1 a person changed by one", "person", { by: ["bo"] }, "by: at least 2"],
    [
      "accounts in no order",
      "person",
      { accounts: ["github:ana", "email:ana@example.com"] },
      "accounts: not sorted",
    ],
    ["a revocation by nobody", "revocation", { by: [] }, "by: at least 1"],
    [
      "members by a token and from a forge",
      "members",
      { forge: { goodUntil: 1 } },
      "forge: what a token said was not read from a forge",
    ],
    ["an erasure by one", "expunge", { by: ["ana"] }, "by: at least 2"],
    [
      "a rejection kept as an approval",
      "approval",
      { statement: statementWith({ decision: "reject" }) },
      "statement.decision: `reject` in an entry of `approval`",
    ],
    [
      "a statement that nothing could be bound to",
      "approval",
      { statement: statementWith({ rules: [] }) },
      "statement.rules: no rules are named",
    ],
    ["a reason that nobody signed", "rejection", { reason: "too wide" }, "reason: the statement"],
    ["a short nonce", "approval", { nonce: "BQUF" }, "nonce: `BQUF` is not 32 bytes in base64url"],
    [
      "an override kept as an approval",
      "approval",
      { statement: GOOD.override.statement, reason: "the check is broken" },
      "statement.decision: `override` in an entry of `approval`",
    ],
    [
      "an approval kept as an override",
      "override",
      { statement: statementWith() },
      "statement.decision: `approve` in an entry of `override`",
    ],
    ["a debt that one person left", "debt", { by: ["bo"] }, "by: at least 2"],
    ["systems of an incident in no order", "incident", { systems: ["b", "a"] }, "systems: not"],
    ["overrides counted twice", "decision", { waived: [HEX, HEX] }, "waived: not sorted"],
    ["approvals counted twice", "decision", { counted: [HEX, HEX] }, "counted: not sorted"],
  ])("%s is refused", (_name, kind, over, problem) => {
    expect(problemsOf(kind, { ...GOOD[kind], ...over })[0]).toContain(problem);
  });
});

test("the leaf of an entry never changes: old proofs are verified with it", () => {
  const entry = entryOf(content());
  expect(textOf(leafOf(entry))).toBe(
    `{"at":${STATEMENT_AT},"body":"${entry.body}","entry":1,"kind":"expunge","subject":"${HEX}"}`,
  );
  expect(entry.body).toBe("09f25bdbd2a2da5357030a18e60071a45f66ea2cfa761f9bc1b81e37ff443f30");
  const prefixed = new Uint8Array([0, ...leafOf(entry)]);
  expect(entryId(entry)).toBe(sha256Hex(prefixed));
});

test("the digest of what judged covers every word of it, and its order", () => {
  const plain = { role: "in-force", policy: TWO_OWNERS } as const;
  const [rule] = TWO_OWNERS.rules;
  if (rule === undefined) throw new Error("no rule");
  const retitled = { ...TWO_OWNERS, rules: [{ ...rule, origin: "pack" }] };
  const others = [
    [],
    [{ ...plain, role: "proposed" }],
    [{ role: "in-force", policy: retitled }],
    [plain, plain],
    [{ role: "in-force", unreadable: "lost" }],
  ] as const;
  const digests = [[plain], ...others].map((policies) => judgedDigest(policies));
  expect(new Set(digests).size).toBe(6);
});

describe("P7 the leaf is made again from the content (leaf-binding)", () => {
  const leaf = textOf(leafOf(entryOf(content())));

  test.each<readonly [string, Partial<EntryContent<"expunge">>]>([
    ["time", { at: STATEMENT_AT + 1 }],
    ["subject", { subject: null }],
    ["salt", { salt: SALT.map((b, i) => (i === 31 ? b ^ 1 : b)) }],
    ["body", { body: { ...GOOD.expunge, reason: "a person asked for it." } }],
  ])("another %s makes another leaf", (_name, over) => {
    expect(textOf(leafOf(entryOf(content(over))))).not.toBe(leaf);
  });

  test("another kind with the same body makes another leaf", () => {
    const approval = entryOf({ ...content(), kind: "approval", body: GOOD.approval });
    expect(textOf(leafOf({ ...approval, kind: "rejection" }))).not.toBe(textOf(leafOf(approval)));
  });
});

test("P8 a leaf and its id stand without the body, and say nothing of it", () => {
  fc.assert(
    fc.property(fc.string(), fc.uint8Array({ minLength: 32, maxLength: 32 }), (reason, salt) => {
      fc.pre(reason.isWellFormed());
      const whole = entryOf(content({ salt, body: { ...GOOD.expunge, reason } }));
      const read = readLeaf(textOf(leafOf(whole)));
      expect(read).toEqual({ ok: true, entry: whole });
      if (read.ok) expect(entryId(read.entry)).toBe(entryId(whole));
      expect(Object.keys(whole).sort()).toEqual(["at", "body", "entry", "kind", "subject"]);
    }),
  );
});

test("P8 equal bodies cannot be told from different ones without their salts", () => {
  const other = entryOf(content({ salt: new Uint8Array(32).fill(2) }));
  expect(other.body).not.toBe(entryOf(content()).body);
});

describe("a leaf from the log", () => {
  const leaf = textOf(leafOf(entryOf(content())));
  test.each<readonly [string, string, string]>([
    ["no JSON", "x", "not a JSON object"],
    ["no object", "[]", "not a JSON object"],
    ["white space", leaf.replace(",", ", "), "not in canonical form"],
    ["a key twice", leaf.replace("{", '{"at":1,'), "not in canonical form"],
    ["an escaped letter", leaf.replace("expunge", "\\u0065xpunge"), "not in canonical form"],
    ["a field more", leaf.replace("}", ',"x":1}'), "no such field of a leaf"],
    ["another version", leaf.replace('"entry":1', '"entry":2'), "outside 1 to 1"],
    ["no subject", leaf.replace(`,"subject":"${HEX}"`, ""), "not a digest and not null"],
    ["a subject that is no digest", leaf.replace(HEX, "abc"), "not a digest and not null"],
    ["a kind with other characters", leaf.replace("expunge", "Expunge"), "not a kind of entry"],
    ["a time with a fraction", leaf.replace(`${STATEMENT_AT}`, "1.5"), "not an integer"],
  ])("%s is refused", (_name, text, problem) => {
    const read = readLeaf(text);
    expect(read.ok ? "" : read.problems[0]?.message).toContain(problem);
  });

  test("a kind that a newer server writes is read as unknown", () => {
    const read = readLeaf(leaf.replace("expunge", "wave-started"));
    expect(read.ok && isKnownKind(read.entry)).toBe(false);
    expect(read.ok).toBe(true);
  });

  test("any text is read or refused", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(() => readLeaf(text)).not.toThrow();
      }),
    );
  });
});
