// SPDX-License-Identifier: Apache-2.0
import { entryId, readStatement, type Signed, type Statement } from "@interlock/core";
import { type Digest, isDigest, sha256Hex } from "@interlock/digest";
import { type Enrolment, fromBase64url, type Site, verifySignedEntry } from "@interlock/receipt";
import {
  type Asked,
  endSigned,
  raiseSignCount,
  readAsked,
  type Store,
  type StoredSigned,
  saveSigned,
  signedAbout,
  type Transaction,
  takeAsked,
  transaction,
} from "@interlock/store";
import type { Answer, Refusal } from "../http/bind.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { type Prepared, prepare } from "../ledger/record.ts";
import { ends } from "./ends.ts";
import type { KeyBook } from "./keys.ts";

export type SignTerms = {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly site: Site;
  readonly keys: KeyBook;
  readonly now: () => number;
};

export type SignRequest = {
  readonly person: string;
  readonly change: string;
  /** As base64url, like all bytes here. */
  readonly nonce: string;
  readonly assertion: {
    readonly credential: string;
    readonly clientData: string;
    readonly authenticatorData: string;
    readonly signature: string;
    readonly userHandle: string | null;
  };
};

export type SignAnswer = {
  readonly index: number;
  readonly entry: string;
  readonly kind: StoredSigned["kind"];
};

const KINDS = {
  approve: "approval",
  reject: "rejection",
  withdraw: "withdrawal",
  override: "override",
  settle: "debt-review",
} as const;

/** One answer for a nonce that is used, too old, somebody else's, or none (WA7). */
const NO_QUESTION: Refusal = {
  code: "PASSKEY_REFUSED",
  message: "this statement is not waiting for a signature",
  help: "open the change again and sign what it shows then",
};

/**
 * Records what a person signed.
 *
 * INVARIANT (used-once): the nonce goes in the transaction that appends the entry: one statement
 * gives one entry, however often its assertion is sent.
 * INVARIANT (verified-first): nothing is recorded whose assertion does not verify over the statement
 * that this server made, with a key whose enrolment stands in the ledger.
 */
export async function sign(terms: SignTerms, request: SignRequest): Promise<Answer<SignAnswer>> {
  const { store, keys, now } = terms;
  const nonce = fromBase64url(request.nonce);
  if (nonce === null) return refused(NO_QUESTION);
  const waiting = await readAsked(store.db, nonce);
  const at = now();
  if (waiting === null || !isFor(waiting, request, at)) return refused(NO_QUESTION);
  const statement = statementOf(waiting);
  if (request.assertion.credential !== statement.credential) return refused(NO_QUESTION);
  const key = (await keys.ofPerson(store.db, request.person)).find(
    ({ credential }) => credential === statement.credential,
  );
  if (key === undefined) return refused(NO_QUESTION);
  const { enrolment } = key;
  const signed = signedBody(request, waiting, statement, enrolment);
  const verdict = await verifySignedEntry({
    signed,
    // It will stand after whatever is there now; the exact index is not known before it is written.
    place: { at, index: Number.MAX_SAFE_INTEGER },
    enrolment,
    site: terms.site,
    options: { signCount: Math.max(key.signCount, enrolment.body.signCount) },
  });
  if (!verdict.ok) return refused(notVerified(verdict.refusal.says));
  if (verdict.value.kind === "refused") return refused(notVerified(verdict.value.refusal.says));
  if (verdict.value.kind === "held") return refused(notVerified(verdict.value.alert.says));
  const { signCount } = verdict.value.facts;
  const verified = { statement, signed, at, waiting, enrolment, signCount };
  return await record(terms, { request, nonce, ...verified });
}

const isFor = (asked: Asked, { person, change }: SignRequest, at: number): boolean =>
  asked.person === person && asked.change === change && at < asked.expiresAt;

function statementOf({ statement }: Asked): Statement {
  const read = readStatement(JSON.parse(statement));
  if (!read.ok) throw new Error("invariant broken: a statement was checked before it was kept");
  return read.statement;
}

function signedBody(
  { nonce, assertion }: SignRequest,
  asked: Asked,
  statement: Statement,
  enrolment: Enrolment,
): Signed {
  const { clientData, authenticatorData, signature, userHandle } = assertion;
  const key = fromBase64url(enrolment.body.key);
  if (key === null) throw new Error("invariant broken: an enrolled key was checked");
  return {
    ...{ statement, nonce, clientData, authenticatorData, signature },
    ...(userHandle === null ? {} : { userHandle }),
    keyDigest: sha256Hex(key),
    enrolment: entryId(enrolment.entry),
    ...(asked.reason === null ? {} : { reason: asked.reason }),
  };
}

type ToRecord = {
  readonly request: SignRequest;
  readonly nonce: Uint8Array;
  readonly statement: Statement;
  readonly signed: Signed;
  readonly at: number;
  readonly waiting: Asked;
  readonly enrolment: Enrolment;
  readonly signCount: number;
};

async function record(terms: SignTerms, given: ToRecord): Promise<Answer<SignAnswer>> {
  const { statement, signed, at } = given;
  const kind = KINDS[statement.decision];
  const subject = digestOf(statement);
  const entry = prepare({ kind, at, subject, body: signed });
  const outcome = await transaction<number, Refusal>(
    terms.store,
    async (tx) => {
      const taken = await takeAsked(tx, given.nonce);
      if (taken === null || !isFor(taken, given.request, at)) return refused(NO_QUESTION);
      const still = await terms.keys.ofPerson(tx, given.request.person);
      if (!still.some(({ credential }) => credential === statement.credential))
        return refused(NO_QUESTION);
      await raiseSignCount(tx, statement.credential, given.signCount);
      return await append(tx, terms.ledger, { ...given, kind, entry });
    },
    { isolation: "read committed" },
  );
  if (outcome.kind !== "committed") return refused(outcome.failure);
  return { ok: true, value: { index: outcome.value, entry: entry.id, kind } };
}

async function append(
  tx: Transaction,
  ledger: Ledger,
  given: ToRecord & { readonly kind: StoredSigned["kind"]; readonly entry: Prepared },
): Promise<
  { readonly ok: true; readonly value: number } | { readonly ok: false; readonly failure: Refusal }
> {
  const { statement, kind, entry, at, waiting, enrolment } = given;
  const appended = await ledger.append(tx, [entry]);
  if (!appended.ok) return appended;
  const [index] = appended.value;
  if (index === undefined) throw new Error("invariant broken: one entry has one index");
  // From here on nobody else appends: what this person said before can be looked at and ended.
  const before = (await signedAbout(tx, statement.digest)).filter(
    (one) =>
      one.person === statement.person && one.change === statement.change && one.endedIndex === null,
  );
  if (before.some((one) => saysTheSame(one, kind, statement))) return refused(SAID_ALREADY);
  const { change, person, digest, expiresAt } = statement;
  const ended = before.filter((one) => isEndedBy(one, statement)).map((one) => one.index);
  if (kind === "withdrawal" && ended.length === 0) return refused(NOTHING_SAID);
  await endSigned(tx, { indexes: ended, by: index });
  await saveSigned(tx, {
    ...{ index, entry: entry.id, kind, change, digest, person, at, expiresAt },
    ...{
      enrolment: entryId(enrolment.entry),
      statement: waiting.statement,
      reason: waiting.reason,
    },
    endedIndex: null,
  });
  return { ok: true, value: index };
}

function isEndedBy({ kind, statement: before }: StoredSigned, statement: Statement): boolean {
  const read = readStatement(JSON.parse(before));
  return read.ok && ends(statement, kind, read.statement);
}

/**
 * What was asked for before the first one was recorded is the same act twice. Asked for later, it
 * renews: after a halt or a landing an approval counts only when it is given again.
 */
function saysTheSame(one: StoredSigned, kind: StoredSigned["kind"], statement: Statement): boolean {
  if (one.kind !== kind || kind === "withdrawal" || one.at < statement.issuedAt) return false;
  const read = readStatement(JSON.parse(one.statement));
  return (
    read.ok &&
    kind !== "override" &&
    read.statement.settles === statement.settles &&
    read.statement.credential === statement.credential &&
    read.statement.rules.join() === statement.rules.join() &&
    read.statement.naming.join() === statement.naming.join() &&
    read.statement.environment === statement.environment &&
    read.statement.expiresAt > statement.issuedAt
  );
}

function digestOf({ digest }: Statement): Digest {
  if (!isDigest(digest)) throw new Error("invariant broken: a statement's digest was checked");
  return digest;
}

const SAID_ALREADY: Refusal = {
  code: "OUT_OF_ORDER",
  message: "you have signed this already",
  help: "nothing more is needed from you; to take it back, withdraw it",
};
const NOTHING_SAID: Refusal = {
  code: "OUT_OF_ORDER",
  message: "there is nothing of yours to withdraw here",
  help: "approve or reject the change instead",
};

const notVerified = (says: string): Refusal => ({
  code: "PASSKEY_REFUSED",
  message: `the signature does not count: ${says}`,
  help: "sign again with the key that the page asked for, on this site itself",
});

const refused = (failure: Refusal) => ({ ok: false as const, failure });
