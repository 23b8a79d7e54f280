// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import {
  challengeOf,
  type DecisionRecord,
  type Facts,
  isUnknown,
  NONCE_LENGTH,
  type Statement,
  wordsOf,
} from "@interlock/core";
import { canonicalJson, type Digest, isDigest, sha256Hex, utf8 } from "@interlock/digest";
import { documentsDigest } from "@interlock/document";
import type { Site } from "@interlock/receipt";
import { toBase64url } from "@interlock/receipt";
import {
  changeById,
  decisionAt,
  type Store,
  type StoredChange,
  saveAsked,
  transaction,
} from "@interlock/store";
import type { ExceptionsBook } from "../exceptions/book.ts";
import { barredPersons } from "../gate/evidence.ts";
import type { Answer, Refusal } from "../http/bind.ts";
import type { WorkingKey } from "../people/keys.ts";
import { hoursOf, waivesOf, whyNoException } from "./excepting.ts";
import type { KeyBook } from "./keys.ts";

export type AskTerms = {
  readonly store: Store;
  readonly site: Site;
  readonly keys: KeyBook;
  readonly now: () => number;
  readonly exceptions: ExceptionsBook;
};

/** As it comes from the wire. */
type Waived = {
  readonly rule: string;
  readonly breakGlass: boolean;
  readonly incident?: string | undefined;
};

export type AskRequest = {
  readonly person: string;
  readonly change: string;
  readonly decision: Statement["decision"];
  readonly environment: string;
  readonly reason?: string | undefined;
  readonly credential?: string | undefined;
  readonly waives?: Waived | undefined;
  readonly settles?: string | undefined;
  readonly validForHours?: number | undefined;
};

export type AskAnswer = {
  readonly nonce: string;
  readonly challenge: string;
  readonly rpId: string;
  readonly credential: string;
  readonly words: string[];
  readonly statement: Record<string, unknown>;
  readonly until: number;
};

const HOUR_MS = 3_600_000;
/** Long enough to read six words and find a key, short enough that nobody signs what they forgot. */
const ASKED_MS = 5 * 60_000;

export const NO_CHANGE: Refusal = {
  code: "NOT_FOUND",
  message: "there is no such change, or not for you",
  help: "see the list of changes",
};

/** Makes the statement that a person would sign about a change, and keeps it for its signature. */
export async function ask(terms: AskTerms, request: AskRequest): Promise<Answer<AskAnswer>> {
  const { store, site, keys, now } = terms;
  const change = await changeById(store.db, request.change);
  if (change === null) return { ok: false, failure: NO_CHANGE };
  const record = await recordOf(store, change);
  const exceptions = await terms.exceptions.latest(store.db);
  const barred =
    whyNot(request, change, record) ?? whyNoException(request, { change, record, exceptions });
  if (barred !== null) return { ok: false, failure: barred };
  const at = now();
  const own = await keys.ofPerson(store.db, request.person);
  const chosen = keyFor(request, { own, record, at });
  if (!chosen.ok) return chosen;
  const key = chosen.value;
  const statement = statementOf(request, { change, record, site, at, credential: key.credential });
  const nonce = new Uint8Array(randomBytes(NONCE_LENGTH));
  const until = at + ASKED_MS;
  const asked = {
    ...{ nonce, person: request.person, change: change.id, expiresAt: until },
    ...{ statement: canonicalJson(statement), reason: request.reason ?? null },
  };
  const saved = await transaction(store, async (tx) => ({
    ok: true,
    value: await saveAsked(tx, asked, at),
  }));
  if (saved.kind !== "committed") return { ok: false, failure: saved.failure };
  return {
    ok: true,
    value: {
      ...{ nonce: toBase64url(nonce), challenge: toBase64url(challengeOf(statement, nonce)) },
      ...{ rpId: site.rpId, credential: key.credential, words: [...wordsOf(statement)], until },
      statement: { ...statement },
    },
  };
}

type Choice = {
  readonly own: readonly WorkingKey[];
  readonly record: DecisionRecord | null;
  readonly at: number;
};

/** The key to sign with: the one that was named, else the first whose approval counts (WA19). */
function keyFor(request: AskRequest, { own, record, at }: Choice): Answer<WorkingKey> {
  const usable = own.filter(
    ({ credential, usableFrom }) =>
      usableFrom <= at && (request.credential ?? credential) === credential,
  );
  const [first] = usable;
  if (first === undefined) return { ok: false, failure: noKey(own.length) };
  const wanted =
    request.decision === "approve"
      ? (record?.decision.requires ?? []).filter((one) => one.kind === "approvals")
      : [];
  const bound = usable.find(({ enrolment }) => !enrolment.body.backupEligible);
  if (!wanted.some(({ keys }) => keys === "device-bound")) return { ok: true, value: first };
  if (bound !== undefined) return { ok: true, value: bound };
  // Of several requirements one may still be met by it.
  return wanted.every(({ keys }) => keys === "device-bound")
    ? { ok: false, failure: SYNCHRONISED }
    : { ok: true, value: first };
}

const SYNCHRONISED: Refusal = {
  code: "PASSKEY_REFUSED",
  message:
    "this change wants a passkey that cannot leave its device, and yours can be restored by a cloud account",
  help: "sign with a security key, or enrol one on your page of keys; ask somebody else meanwhile",
};

/** The record of the newest decision, or `null` once it was erased. */
export async function recordOf(store: Store, change: StoredChange): Promise<DecisionRecord | null> {
  const decision = await decisionAt(store.db, change.decisionIndex);
  if (decision?.record == null) return null;
  return JSON.parse(decision.record.text) as DecisionRecord; // written by this server
}

function whyNot(
  { decision, person }: AskRequest,
  change: StoredChange,
  record: DecisionRecord | null,
): Refusal | null {
  if (change.digest === null || change.rules.length === 0)
    return {
      code: "OUT_OF_ORDER",
      message: "nobody can sign what nobody can read: its content or its policy is not known",
      help: "mend what the decision names as unknown, and push again",
    };
  if (decision !== "approve" && decision !== "override") return null;
  if (record?.facts == null)
    return {
      code: "OUT_OF_ORDER",
      message: "the facts of the newest decision were erased",
      help: "ask the gate again, for instance by pushing again",
    };
  return barredPersons(record.facts)(person)
    ? {
        code: "NOT_ALLOWED",
        message: `${didWhat(record.facts, person)}, so your ${decision === "approve" ? "approval" : "override"} would not count`,
        help: "ask two people who had no part in it",
      }
    : null;
}

function didWhat({ change }: Facts, person: string): string {
  const did = Array.isArray(change.contributors)
    ? change.contributors.find(({ account }) => account.includes(person))?.did
    : undefined;
  return did === undefined ? "you had a part in this change" : `you are its ${did}`;
}

const noKey = (have: number): Refusal => ({
  code: "PASSKEY_REFUSED",
  message: have === 0 ? "you have no key here" : "none of your keys can sign yet",
  help:
    have === 0
      ? "enrol a passkey first; a second person has to endorse it"
      : "a key that was enrolled lately has to cool down: your page of keys says until when",
});

type Given = {
  readonly change: StoredChange;
  readonly record: DecisionRecord | null;
  readonly site: Site;
  readonly at: number;
  readonly credential: string;
};

function statementOf(request: AskRequest, given: Given): Statement {
  const { change, record, site, at, credential } = given;
  const { person, decision, environment, reason, settles } = request;
  const waives = waivesOf(request);
  if (!isDigest(change.digest)) throw new Error("invariant broken: an unread change is not signed");
  const document = documentOf(record, change.digest);
  return {
    statement: 1,
    ...{ product: site.product, ledger: site.ledger, tenant: site.tenant },
    ...{ change: change.id, repository: change.repository, target: change.target },
    ...{ base: change.base, head: change.head, merge: change.merge, digest: change.digest },
    ...{ environment, rules: [...change.rules].sort(), naming: namingOf(record), decision },
    ...(waives === undefined ? {} : { waives }),
    ...(settles === undefined ? {} : { settles }),
    ...(document === null ? {} : { document }),
    ...(reason === undefined ? {} : { reason: sha256Hex(utf8(reason)) }),
    ...{ person, credential, issuedAt: at, expiresAt: at + hoursOf(request) * HOUR_MS },
  };
}

/** The findings that the decision wants to be named: whoever approves has accepted each of them. */
function namingOf(record: DecisionRecord | null): readonly string[] {
  const requirements = record?.decision.requires ?? [];
  const ids = requirements.flatMap((one) => (one.kind === "approvals" ? one.naming : []));
  return [...new Set(ids)].sort();
}

/** The documents that stand in the facts, so that what is approved with the change is named. */
function documentOf(record: DecisionRecord | null, change: Digest): Digest | null {
  const documents = record?.facts?.evidence.documents ?? [];
  if (isUnknown(documents)) return null;
  const own = documents.filter((one) => one.change === change).map(({ digest }) => digest);
  return documentsDigest(own.filter(isDigest));
}
