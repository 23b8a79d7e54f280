// SPDX-License-Identifier: Apache-2.0
/** A change by ana that bo and cy approve with their passkeys, decided, recorded and made a receipt of. */
import {
  approvals as approvalsOf,
  type Bodies,
  challengeOf,
  compilePolicy,
  type DecisionRecord,
  decide,
  type Entry,
  type EntryContent,
  entryId,
  entryOf,
  evidenceOf,
  FACTS_TAG,
  type Facts,
  judgedDigest,
  leafOf,
  policyDigest,
  type Signed,
  type Statement,
  saltedDigest,
} from "@interlock/core";
import { canonicalJson, type Digest, type Json, sha256Hex } from "@interlock/digest";
import { type Trust, toBase64url } from "@interlock/receipt";
import {
  DIGEST,
  factsOf,
  NOW,
  policyOf as policyWith,
  rule,
  type SoftAuthenticator,
  softAuthenticator,
  statementWith,
  type Wrong,
} from "@interlock/testkit";
import { checkpointOf, inclusionOf, LEDGER, LOG, policyOf } from "./ledger.ts";

const MINUTE = 60_000;
export const SITE = {
  ledger: LEDGER,
  tenant: "example",
  product: "https://approve.example.com",
  rpId: "approve.example.com",
  origins: ["https://approve.example.com"],
};
export const TRUST: Trust = { policy: policyOf([LOG], "all"), site: SITE };

export const KEYS: Readonly<Record<string, SoftAuthenticator>> = {
  bo: softAuthenticator({}),
  cy: softAuthenticator({ algorithm: "EdDSA" }),
  ana: softAuthenticator({ synchronised: true }),
  mallory: softAuthenticator({}),
};

const POLICY = policyWith([
  rule("two-people", { covers: true, require: [approvalsOf(2, "owners", { via: "passkey" })] }),
]);
const BARE = factsOf({ now: NOW });
const RULES = decide(
  [{ role: "in-force", kind: "policy", policy: compilePolicy(POLICY) }],
  BARE,
).rulesDigest;

/** What can be got wrong, and where; what is absent is right. */
export type Twist = {
  readonly approvers?: readonly string[];
  /** Who presses the key for whom, where it is not themselves. */
  readonly keyOf?: (person: string) => string;
  readonly statement?: (person: string) => Partial<Statement>;
  readonly wrong?: (person: string) => Wrong;
  readonly signed?: (person: string, signed: Signed) => Signed;
  readonly enrolment?: (person: string) => Partial<Bodies["enrolment"]>;
  readonly approvalAt?: number;
  readonly subject?: Digest;
  readonly decisionAt?: number;
  readonly decision?: Partial<Bodies["decision"]>;
  /** The policies that are recorded as having judged. */
  readonly judged?: (policies: DecisionRecord["policies"]) => DecisionRecord["policies"];
  readonly facts?: (facts: Facts) => Facts;
  readonly record?: "whole" | "erased" | "none";
  /** Of the record in the receipt, after everything was recorded. */
  readonly recordWith?: (record: DecisionRecord) => DecisionRecord;
  /** Kinds of entries whose content is no longer there. */
  readonly erase?: readonly string[];
  /** The enrolments stand after the approvals in the log. */
  readonly lateEnrolment?: boolean;
  readonly lateApproval?: boolean;
};

type Placed = { readonly content: EntryContent; readonly entry: Entry };

const salt = (n: number) => new Uint8Array(32).fill(n);

function placed(content: EntryContent): Placed {
  return { content, entry: entryOf(content) };
}

function enrol(person: string, twist: Twist): Placed {
  const key = keyFor(person, {});
  const body = {
    person,
    credential: toBase64url(key.credentialId),
    key: toBase64url(key.publicKey),
    userHandle: toBase64url(key.userHandle),
    backupEligible: key.backupEligible,
    backedUp: key.backupEligible,
    signCount: 0,
    aaguid: "0".repeat(32),
    attestation: { format: "none", trust: "none" },
    basis: "founding",
    endorsedBy: [],
    usableFrom: NOW - 60 * MINUTE,
    ...twist.enrolment?.(person),
  } as const;
  return placed({ kind: "enrolment", at: NOW - 60 * MINUTE, subject: null, salt: salt(1), body });
}

function keyFor(person: string, twist: Twist): SoftAuthenticator {
  const key = KEYS[twist.keyOf?.(person) ?? person];
  if (key === undefined) throw new Error(`no key for ${person}`);
  return key;
}

function approve(person: string, enrolment: Placed, twist: Twist): Placed {
  const enrolled = enrolment.content.body as Bodies["enrolment"]; // made just before
  const at = twist.approvalAt ?? NOW - 10 * MINUTE;
  const statement = statementWith({
    person,
    credential: enrolled.credential,
    digest: DIGEST,
    repository: "repository:example",
    rules: [RULES],
    issuedAt: NOW - 20 * MINUTE,
    expiresAt: NOW + 60 * MINUTE,
    ...twist.statement?.(person),
  });
  const nonce = salt(person.charCodeAt(0));
  const key = keyFor(person, twist);
  const ceremony = {
    rpId: SITE.rpId,
    origin: SITE.product,
    challenge: challengeOf(statement, nonce),
  };
  const made = key.assert(ceremony, twist.wrong?.(person));
  const body: Signed = {
    statement,
    nonce: toBase64url(nonce),
    clientData: toBase64url(made.clientDataJson),
    authenticatorData: toBase64url(made.authenticatorData),
    signature: toBase64url(made.signature),
    ...(made.userHandle === null ? {} : { userHandle: toBase64url(made.userHandle) }),
    keyDigest: sha256Hex(new Uint8Array(Buffer.from(enrolled.key, "base64url"))),
    enrolment: entryId(enrolment.entry),
  };
  const subject = twist.subject ?? (DIGEST as Digest);
  const signed = twist.signed?.(person, body) ?? body;
  return placed({ kind: "approval", at, subject, salt: salt(2), body: signed });
}

function recordOf(signed: readonly Placed[], twist: Twist): DecisionRecord {
  const evidence = signed.flatMap(({ content }) => {
    const { statement } = content.body as Signed; // made just before
    const { backupEligible = false } = KEYS[statement.person] ?? {};
    const recorded = { at: content.at, ended: false, reason: "", backupEligible };
    return evidenceOf(statement, recorded).approvals;
  });
  const plain = factsOf({ now: NOW, evidence: { approvals: evidence } });
  const facts = twist.facts?.(plain) ?? plain;
  const judging = { role: "in-force", kind: "policy", policy: compilePolicy(POLICY) } as const;
  return {
    record: "interlock/decision/v1",
    policies: [{ role: "in-force", policy: POLICY }],
    facts,
    decision: decide([judging], facts),
  };
}

function decided(record: DecisionRecord, signed: readonly Placed[], twist: Twist): Placed {
  const { decision, facts } = record;
  const body: Bodies["decision"] = {
    change: "C-1",
    repository: "repository:example",
    target: "refs/heads/main",
    environment: "unknown",
    outcome: decision.outcome,
    effective: decision.effective,
    decision: decision.digest,
    engine: decision.engine,
    rules: [decision.rulesDigest],
    policies: [policyDigest(POLICY)],
    judged: judgedDigest(twist.judged?.(record.policies) ?? record.policies),
    facts: saltedDigest(FACTS_TAG, salt(9), facts as unknown as Json), // facts are plain JSON
    counted: signed.map(({ entry }) => entryId(entry)).sort(),
    approvals: 2,
    ...twist.decision,
  };
  const at = twist.decisionAt ?? NOW + 1;
  return placed({ kind: "decision", at, subject: DIGEST as Digest, salt: salt(3), body });
}

export type ReceiptJson = { [name: string]: Json };
export type World = {
  readonly receipt: ReceiptJson;
  readonly leaves: readonly Uint8Array[];
};

/** Builds everything again, from the keys to the signed checkpoint. */
export async function world(twist: Twist = {}): Promise<World> {
  const approvers = twist.approvers ?? ["bo", "cy"];
  const people = [...new Set(approvers)];
  const enrolments = people.map((person) => enrol(person, twist));
  const signed = approvers.map((person) => {
    const enrolment = enrolments[people.indexOf(person)];
    if (enrolment === undefined) throw new Error("no enrolment");
    return approve(person, enrolment, twist);
  });
  const record = recordOf(signed, twist);
  const decision = decided(record, signed, twist);
  const noise = [1, 2, 3].map((n) => new Uint8Array([n]));
  const order = twist.lateEnrolment ? [...signed, ...enrolments] : [...enrolments, ...signed];
  const entries = twist.lateApproval ? [...enrolments, decision, ...signed] : [...order, decision];
  const leaves = [...noise, ...entries.map(({ entry }) => leafOf(entry)), ...noise.slice(1)];
  const shape = (one: Placed): ReceiptJson => {
    const index = noise.length + entries.indexOf(one);
    const { content, entry } = one;
    const erased = twist.erase?.includes(content.kind) ?? false;
    return {
      index,
      proof: inclusionOf(index, leaves).map(toBase64url),
      at: content.at,
      ...(content.subject === null ? {} : { subject: content.subject }),
      ...(erased
        ? { erased: entry.body }
        : { salt: toBase64url(content.salt), body: content.body as unknown as Json }), // plain JSON
    };
  };
  return {
    leaves,
    receipt: {
      receipt: 1,
      checkpoint: await checkpointOf(leaves, LOG),
      decision: shape(decision),
      approvals: signed.map(shape),
      enrolments: enrolments.map(shape),
      ...recordMembers(record, twist),
    },
  };
}

function recordMembers(record: DecisionRecord, twist: Twist): ReceiptJson {
  if (twist.record === "none") return {};
  const shown = twist.recordWith?.(record) ?? record;
  const plain = (value: DecisionRecord) => value as unknown as Json; // records are plain JSON
  if (twist.record === "erased") return { record: plain({ ...shown, facts: null }) };
  return { record: plain(shown), factsSalt: toBase64url(salt(9)) };
}

export const fileOf = (receipt: Json): Uint8Array =>
  new TextEncoder().encode(canonicalJson(receipt));
