// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, type Digest, isDigest, sha256, sixWords, utf8 } from "@interlock/digest";
import type { Approval, Rejection } from "./facts/evidence.ts";
import { accountOf } from "./people.ts";
import { about, bool, type Infer, int, list, object, optional, text } from "./schema.ts";
import { type Invalid, problemsOf } from "./validate.ts";

/** Another form of statement needs another tag, so that no signature fits two of them. */
export const STATEMENT_TAG = "interlock/approval/v1";
export const NONCE_LENGTH = 32;

export const STATEMENT_DECISIONS = ["approve", "reject", "withdraw", "override", "settle"] as const;

const DAY_MS = 86_400_000;
/** How long an override may hold: a waiver seven days, break-glass four hours. */
export const OVERRIDE_MAX_MS = { waiver: 7 * DAY_MS, breakGlass: DAY_MS / 6 } as const;

/** The one rule that an override passes; as break-glass it names the incident that asks for it. */
const WAIVES = object({
  rule: text({ max: 200 }),
  breakGlass: bool(),
  incident: optional(text({ max: 64 })),
});

/** What a person signs, whole: every field is something that an approval must not outlive or leave. */
export const STATEMENT = object({
  statement: int(1, 1),
  product: about("origin of the page that asked", text({ max: 300, form: "origin" })),
  ledger: about("origin line of the log that records it", text({ max: 255 })),
  tenant: text({ max: 200 }),
  change: about("id of the change in the product", text({ max: 200 })),
  repository: about("immutable id, never a name that can move", text({ max: 400 })),
  target: about("the ref it lands on", text({ max: 1_000 })),
  base: text({ max: 64, form: "git-id" }),
  head: text({ max: 64, form: "git-id" }),
  merge: about("tree of the merge result", text({ max: 64, form: "git-id" })),
  digest: about(
    "the change digest, whose six words both screens show",
    text({ max: 64, form: "digest" }),
  ),
  environment: about("empty: any environment of this target", text({ max: 100 })),
  rules: about(
    "digests of the rules that applied, one a judging policy, sorted",
    list(text({ max: 64, form: "digest" }), 4),
  ),
  document: about("digest of the change document", optional(text({ max: 64, form: "digest" }))),
  naming: about("ids of the findings it accepts, sorted", list(text({ max: 64 }), 100)),
  decision: text({ values: STATEMENT_DECISIONS }),
  reason: about(
    "digest of the reason, which stands beside",
    optional(text({ max: 64, form: "digest" })),
  ),
  waives: about("of an override alone", optional(WAIVES)),
  settles: about(
    "the entry of the debt that was reviewed; of a review alone",
    optional(text({ max: 64, form: "digest" })),
  ),
  person: text({ max: 200 }),
  credential: about("credential id", text({ max: 1_400, form: "base64url" })),
  issuedAt: int(0),
  expiresAt: int(0),
});
export type Statement = Infer<typeof STATEMENT>;

export type ReadStatement =
  | { readonly ok: true; readonly statement: Statement }
  | { readonly ok: false; readonly problems: readonly Invalid[] };

/** Checks a statement from outside; what is absent, foreign or in two spellings is refused. */
export function readStatement(value: unknown): ReadStatement {
  const problems = problemsOf(STATEMENT, value, "no such field of a statement");
  if (problems.length > 0) return { ok: false, problems };
  const statement = value as Statement; // the schema has just checked every field
  const more = problemsOfStatement(statement);
  return more.length > 0 ? { ok: false, problems: more } : { ok: true, statement };
}

/** What a schema cannot say. */
export function problemsOfStatement(statement: Statement): readonly Invalid[] {
  const problems: Invalid[] = [];
  const report = (path: string, message: string) => problems.push({ path, message });
  if (!isSortedSet(statement.rules)) report("rules", "not sorted, or one of them twice");
  if (!isSortedSet(statement.naming)) report("naming", "not sorted, or one of them twice");
  if (statement.rules.length === 0) report("rules", "no rules are named");
  if (statement.issuedAt >= statement.expiresAt) report("expiresAt", "not after `issuedAt`");
  return [...problems, ...problemsOfException(statement)];
}

/** An override says what it passes and for how long at most; a review says of which debt it is. */
function problemsOfException(statement: Statement): readonly Invalid[] {
  const { decision, waives, settles, reason, issuedAt, expiresAt } = statement;
  const problems: Invalid[] = [];
  const report = (path: string, message: string) => problems.push({ path, message });
  if ((decision === "override") !== (waives !== undefined))
    report("waives", "an override names what it waives, and nothing else does");
  if ((decision === "settle") !== (settles !== undefined))
    report("settles", "a review names its debt, and nothing else does");
  if (decision === "override" && reason === undefined)
    report("reason", "an override needs a reason");
  if (decision === "settle" && reason === undefined)
    report("reason", "a review says what was found");
  if (waives === undefined) return problems;
  if (waives.breakGlass !== (waives.incident !== undefined))
    report("waives.incident", "break-glass names its incident, and a waiver has none");
  const most = OVERRIDE_MAX_MS[waives.breakGlass ? "breakGlass" : "waiver"];
  if (expiresAt - issuedAt > most)
    report("expiresAt", `an override of this kind lasts ${most} ms at most`);
  return problems;
}

function isSortedSet(items: readonly string[]): boolean {
  return items.every((item, i) => i === 0 || (items[i - 1] ?? "") < item);
}

/**
 * What the authenticator signs: SHA-256(UTF-8(tag) ‖ 0x00 ‖ nonce ‖ canonical JSON). The nonce is
 * random, of 32 bytes and used once; the caller keeps it until then.
 *
 * INVARIANT (one challenge): two statements, or two nonces, never give the same bytes to hash.
 */
export function challengeOf(statement: Statement, nonce: Uint8Array): Uint8Array {
  if (nonce.length !== NONCE_LENGTH)
    throw new Error(`invariant broken: a nonce has ${NONCE_LENGTH} bytes, not ${nonce.length}`);
  const tag = utf8(STATEMENT_TAG);
  const content = utf8(canonicalJson(statement));
  const bytes = new Uint8Array(tag.length + 1 + NONCE_LENGTH + content.length);
  bytes.set(tag);
  bytes.set(nonce, tag.length + 1);
  bytes.set(content, tag.length + 1 + NONCE_LENGTH);
  return sha256(bytes);
}

/** The six words of the change that a statement is about, as page and command line show them. */
export function wordsOf(statement: Statement): readonly string[] {
  return sixWords(digestField(statement.digest));
}

/** What the ledger adds to a verified statement. */
export type Recorded = {
  /** Time of the ledger entry, in milliseconds since 1970 UTC. */
  readonly at: number;
  /** Withdrawn, or its rejection closed, by a later entry of the same person. */
  readonly ended: boolean;
  /** The text whose digest the statement names; empty where it names none. */
  readonly reason: string;
  /** The flag BE of the key, as its enrolment has it. */
  readonly backupEligible: boolean;
};

export type StatementEvidence = {
  readonly approvals: readonly Approval[];
  readonly rejections: readonly Rejection[];
};

/**
 * The one way from a statement to evidence, for a statement whose assertion has been verified. An
 * approval is given once for each policy that judged; withdrawals and overrides are no evidence of
 * their own: the one ends an approval, the other belongs to a waiver.
 */
export function evidenceOf(statement: Statement, recorded: Recorded): StatementEvidence {
  const { digest, decision } = statement;
  const by = accountOf(statement.person);
  if (decision === "reject") {
    const { at, reason, ended: closed } = recorded;
    return { approvals: [], rejections: [{ by, digest, at, reason, closed }] };
  }
  if (decision !== "approve") return { approvals: [], rejections: [] };
  const approvals = statement.rules.map((rules) => ({
    by,
    digest,
    via: "passkey" as const,
    at: recorded.at,
    expiresAt: statement.expiresAt,
    withdrawn: recorded.ended,
    environment: statement.environment,
    target: statement.target,
    rules,
    naming: statement.naming,
    key: recorded.backupEligible ? ("synchronised" as const) : ("device-bound" as const),
  }));
  return { approvals, rejections: [] };
}

function digestField(value: string): Digest {
  if (!isDigest(value)) throw new Error("invariant broken: a statement's digest was checked");
  return value;
}
