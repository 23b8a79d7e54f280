// SPDX-License-Identifier: Apache-2.0
import { readLeaf } from "@interlock/core";
import { canonicalJson, type Json } from "@interlock/digest";
import { RECEIPT_MAX, toBase64url } from "@interlock/receipt";
import {
  checkpointsOver,
  type Database,
  decisionAt,
  readEntry,
  type StoredChange,
  type StoredCheckpoint,
  type StoredEntry,
} from "@interlock/store";
import { type HashReader, parseNote, proveInclusion } from "@interlock/tlog";
import type { Answer } from "../http/bind.ts";
import { treeOf } from "../ledger/tree.ts";

type Tree = { readonly checkpoint: StoredCheckpoint; readonly hashes: HashReader };
type JsonObject = { readonly [name: string]: Json };

/**
 * The receipt of a change's newest decision: the decision, the approvals that counted and the
 * overrides that waived, the enrolments of their keys, each proven under one checkpoint, and the facts where they fit. It is made from the
 * ledger's entries, and whoever verifies it makes the leaves again (P7).
 */
export async function receiptOf(
  db: Database,
  change: StoredChange,
): Promise<Answer<Record<string, unknown>>> {
  const checkpoint = mostWitnessed(await checkpointsOver(db, change.decisionIndex, LOOKED_AT));
  if (checkpoint === null) return TOO_EARLY;
  const tree = { checkpoint, hashes: treeOf(db, checkpoint).hashes };
  const decision = await entryAt(db, tree, change.decisionIndex);
  const counted = await indexesOf(db, textsOf(decision.body, "counted"));
  const approvals = await Promise.all(counted.map((index) => entryAt(db, tree, index)));
  const waived = await indexesOf(db, textsOf(decision.body, "waived"));
  const overrides = await Promise.all(waived.map((index) => entryAt(db, tree, index)));
  const enrolled = new Set(
    [...approvals, ...overrides].flatMap(({ body }) => textOf(body, "enrolment")),
  );
  const enrolments = await Promise.all(
    (await indexesOf(db, [...enrolled])).map((index) => entryAt(db, tree, index)),
  );
  const whole = {
    receipt: 1,
    checkpoint: checkpoint.note,
    decision: decision.json,
    approvals: approvals.map(({ json }) => json),
    ...(overrides.length === 0 ? {} : { overrides: overrides.map(({ json }) => json) }),
    enrolments: enrolments.map(({ json }) => json),
  };
  return { ok: true, value: { ...whole, ...(await recordThatFits(db, change, whole)) } };
}

/** The newest checkpoint may still wait for its witnesses. */
const LOOKED_AT = 16;

/** The one that most have cosigned, and of those the newest; whoever verifies says how many are enough. */
function mostWitnessed(newestFirst: readonly StoredCheckpoint[]): StoredCheckpoint | null {
  const signatures = ({ note }: StoredCheckpoint) => {
    const parsed = parseNote(new TextEncoder().encode(note));
    return parsed.ok ? parsed.value.signatures.length : 0;
  };
  const [first = null, ...others] = newestFirst;
  return others.reduce<StoredCheckpoint | null>(
    (best, one) => (best !== null && signatures(one) > signatures(best) ? one : best),
    first,
  );
}

const TOO_EARLY: Answer<never> = {
  ok: false,
  failure: {
    code: "LEDGER_STALE",
    message: "the decision is durable, but no checkpoint over it is published yet",
    help: "ask again in a second; if it lasts, `/healthz/ledger` says what keeps the ledger from publishing",
  },
};

type Shaped = { readonly json: JsonObject; readonly body: Json | null };

async function entryAt(db: Database, tree: Tree, index: number): Promise<Shaped> {
  const stored = await readEntry(db, index);
  if (stored === null) throw new Error(`the ledger has no entry ${index}`);
  const proof = await proveInclusion(index, tree.checkpoint.size, tree.hashes);
  if (!proof.ok) throw new Error(proof.failure.message);
  const { at, subject, salt, body } = contentOf(stored);
  const json = {
    ...{ index, proof: proof.value.map(toBase64url), at },
    ...(subject === null ? {} : { subject }),
    ...(body === null || salt === null
      ? { erased: bodyDigestOf(stored) }
      : { salt: toBase64url(salt), body }),
  };
  return { json, body };
}

function contentOf({ at, subject, body }: StoredEntry) {
  return body.kind === "kept"
    ? { at, subject, salt: body.salt, body: JSON.parse(body.text) as Json } // canonical JSON of ours
    : { at, subject, salt: null, body: null };
}

function bodyDigestOf({ leaf, index }: StoredEntry): string {
  const read = readLeaf(new TextDecoder().decode(leaf));
  if (!read.ok) throw new Error(`the leaf ${index} cannot be read`);
  return read.entry.body;
}

/** Entries by their ids, which are the hashes of their leaves. */
async function indexesOf(db: Database, ids: readonly string[]): Promise<readonly number[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom("ledger_entry")
    .select("index")
    .where(
      "leaf_hash",
      "in",
      ids.map((id) => Buffer.from(id, "hex")),
    )
    .orderBy("index")
    .execute();
  return rows.map(({ index }) => index);
}

/** Without it the receipt still proves who signed what; with it the decision can be made again. */
async function recordThatFits(
  db: Database,
  { decisionIndex }: StoredChange,
  rest: { readonly [name: string]: Json },
): Promise<{ readonly record?: Json; readonly factsSalt?: string }> {
  const decision = await decisionAt(db, decisionIndex);
  if (decision?.record == null) return {};
  const record = JSON.parse(decision.record.text) as Json; // canonical JSON of ours
  const factsSalt = toBase64url(decision.record.factsSalt);
  const size = Buffer.byteLength(canonicalJson({ ...rest, record, factsSalt }));
  return size <= RECEIPT_MAX ? { record, factsSalt } : {};
}

function member(body: Json | null, name: string): Json | undefined {
  // JSON is a record where it is an object and no list, which the compiler cannot tell of a readonly list.
  return body !== null && typeof body === "object" && !Array.isArray(body)
    ? (body as JsonObject)[name]
    : undefined;
}

function textsOf(body: Json | null, name: string): readonly string[] {
  const value = member(body, name);
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

function textOf(body: Json | null, name: string): readonly string[] {
  const value = member(body, name);
  return typeof value === "string" ? [value] : [];
}
