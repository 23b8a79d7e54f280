// SPDX-License-Identifier: Apache-2.0
import {
  type Bodies,
  type DecisionRecord,
  type Entry,
  type EntryContent,
  type EntryKind,
  entryOf,
  type Invalid,
  int,
  list,
  object,
  optional,
  problemsOf,
  readBody,
  SALT_LENGTH,
  text,
  validateFacts,
} from "@interlock/core";
import { canonicalJson, type Digest, DigestError, isDigest, type Json } from "@interlock/digest";
import { fromBase64url, textOf } from "./bytes.ts";
import { refuse, shown } from "./refusal.ts";
import { isObject, type JsonObject, readJsonObject } from "./strict-json.ts";

/** In bytes. A receipt with two approvals and three cosignatures is about an eighth of it. */
export const RECEIPT_MAX = 65_536;

/** An entry as a receipt carries it: where it is in the log, and its content unless that was erased. */
export type ReceiptEntry<K extends EntryKind> = {
  readonly index: number;
  /** Hashes of the inclusion proof, the leaf's sibling first. */
  readonly proof: readonly Uint8Array[];
  /** Made from the content where there is one, never taken from the receipt. by (leaf-binding) */
  readonly entry: Entry;
  readonly body: Bodies[K] | null;
};

/** The facts, the policies and the answer, as `replay` takes them, with the salt of the facts. */
export type ReceiptRecord = {
  readonly record: DecisionRecord;
  readonly factsSalt: Uint8Array | null;
};

/** Everything a receipt says, read and not yet believed. */
export type Receipt = {
  /** The signed checkpoint under which every entry is proven: one tree, so one history. */
  readonly checkpoint: Uint8Array;
  readonly decision: ReceiptEntry<"decision">;
  readonly approvals: readonly ReceiptEntry<"approval">[];
  /** What the waivers were made of; mostly none. */
  readonly overrides: readonly ReceiptEntry<"override">[];
  readonly enrolments: readonly ReceiptEntry<"enrolment">[];
  readonly record: ReceiptRecord | null;
};

const ENTRY = object({
  index: int(0),
  proof: list(text({ max: 44, form: "32-bytes" }), 63),
  at: int(0),
  subject: optional(text({ max: 64, form: "digest" })),
  salt: optional(text({ max: 43, form: "32-bytes" })),
  erased: optional(text({ max: 64, form: "digest" })),
});
const MEMBERS = new Set([
  "receipt",
  "checkpoint",
  "decision",
  "approvals",
  "overrides",
  "enrolments",
  "record",
  "factsSalt",
]);
const APPROVALS_MAX = 50;
/** Five entries of the deepest tree fit beside it. */
const CHECKPOINT_MAX = 16_384;

/**
 * Reads a receipt: canonical JSON (RFC 8785) and nothing around it, so that no bit of a file can
 * change without changing what it says.
 */
export function readReceipt(bytes: Uint8Array): Receipt {
  if (bytes.length > RECEIPT_MAX) refuse("too-large", `over ${RECEIPT_MAX} bytes`);
  const content = textOf(bytes);
  const value = readJsonObject(content);
  if (canonicalOf(value) !== content) refuse("receipt-not-canonical");
  for (const name of Object.keys(value))
    if (!MEMBERS.has(name)) refuse("receipt-malformed", `no such member: ${shown(name)}`);
  if (value["receipt"] !== 1) refuse("receipt-malformed", "another version");
  const { checkpoint, decision } = value;
  if (typeof checkpoint !== "string" || checkpoint.length > CHECKPOINT_MAX)
    return refuse("receipt-malformed", "`checkpoint`");
  return {
    checkpoint: new TextEncoder().encode(checkpoint),
    decision: readEntry("decision", decision),
    approvals: listOf(value, "approvals").map((item) => readEntry("approval", item)),
    // Old receipts have no such member, and those that waived nothing go without it.
    overrides:
      value["overrides"] === undefined
        ? []
        : listOf(value, "overrides").map((item) => readEntry("override", item)),
    enrolments: listOf(value, "enrolments").map((item) => readEntry("enrolment", item)),
    record: readRecord(value),
  };
}

function canonicalOf(value: Json): string {
  try {
    return canonicalJson(value);
  } catch (error) {
    if (error instanceof DigestError) return refuse("receipt-malformed", error.code);
    throw error;
  }
}

function listOf(value: JsonObject, name: string): readonly Json[] {
  const items = value[name];
  return Array.isArray(items) && items.length <= APPROVALS_MAX
    ? items
    : refuse("receipt-malformed", `\`${name}\` is no list of at most ${APPROVALS_MAX}`);
}

function readEntry<K extends EntryKind>(kind: K, value: Json | undefined): ReceiptEntry<K> {
  if (!isObject(value)) return refuse("receipt-malformed", `\`${kind}\` is no object`);
  const { body, ...rest } = value;
  const problems = problemsOf(ENTRY, rest, "no such member");
  if (problems.length > 0) refuse("receipt-malformed", firstOf(problems));
  const index = Number(rest["index"]);
  const proof = bytesEach(rest["proof"]);
  const at = Number(rest["at"]);
  const subject = digestOrNull(rest["subject"]);
  const erased = digestOrNull(rest["erased"]);
  const salt = typeof rest["salt"] === "string" ? fromBase64url(rest["salt"]) : null;
  if (erased !== null) {
    if (salt !== null || body !== undefined)
      refuse("receipt-malformed", "content beside the mark of its erasure");
    return { index, proof, entry: { entry: 1, kind, at, subject, body: erased }, body: null };
  }
  if (salt === null) return refuse("receipt-malformed", "content without its salt");
  const read = readBody(kind, body);
  if (!read.ok) return refuse("body-malformed", firstOf(read.problems));
  // One kind goes in and its own body with it; the compiler cannot follow that through the union.
  const content = { kind, at, subject, salt, body: read.body } as unknown as EntryContent;
  return { index, proof, entry: entryOf(content), body: read.body };
}

function readRecord(value: JsonObject): ReceiptRecord | null {
  const { record, factsSalt } = value;
  if (record === undefined)
    return factsSalt === undefined ? null : refuse("receipt-malformed", "a salt without a record");
  const salt = typeof factsSalt === "string" ? fromBase64url(factsSalt) : null;
  if (factsSalt !== undefined && salt?.length !== SALT_LENGTH)
    refuse("receipt-malformed", "`factsSalt`");
  if (!isObject(record) || record["record"] !== "interlock/decision/v1")
    return refuse("receipt-malformed", "`record`");
  const { facts, policies, decision } = record;
  if (Object.keys(record).length !== 4 || !Array.isArray(policies) || !isAnswer(decision))
    return refuse("receipt-malformed", "`record`");
  if ((facts === null) !== (salt === null))
    refuse("receipt-malformed", "facts and their salt are both there or both erased");
  if (facts !== null) {
    const validated = validateFacts(facts);
    if (!validated.ok) refuse("receipt-malformed", firstOf(validated.problems));
  }
  // Facts were validated; policies and decision are compared with digests from the log before use.
  return { record: record as unknown as DecisionRecord, factsSalt: salt };
}

/** Only what is looked at before the whole answer is compared with the one made again. */
function isAnswer(decision: Json | undefined): boolean {
  if (!isObject(decision)) return false;
  const { rulesDigest, policies } = decision;
  return (
    typeof rulesDigest === "string" &&
    Array.isArray(policies) &&
    policies.every((digest) => typeof digest === "string")
  );
}

const digestOrNull = (value: Json | undefined): Digest | null => (isDigest(value) ? value : null);

function bytesEach(value: Json | undefined): readonly Uint8Array[] {
  const texts: readonly Json[] = Array.isArray(value) ? value : [];
  return texts.map((item) => {
    const bytes = typeof item === "string" ? fromBase64url(item) : null;
    return bytes ?? refuse("receipt-malformed", "`proof`");
  });
}

function firstOf(problems: readonly Invalid[]): string {
  const [first] = problems;
  if (first === undefined) throw new Error("invariant broken: a refusal has a problem");
  return shown(first.path === "" ? first.message : `${first.path}: ${first.message}`);
}
