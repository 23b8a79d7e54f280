// SPDX-License-Identifier: Apache-2.0
import { type Bodies, entryOf, leafOf, readBody } from "@interlock/core";
import type { AssertionGiven } from "@interlock/protocol";
import {
  type Assertion,
  type EnrolledKey,
  fromBase64url,
  verifyAssertion,
} from "@interlock/receipt";
import {
  type Database,
  raiseSignCount,
  readEntry,
  readKey,
  readPerson,
  type StoredEntry,
} from "@interlock/store";
import type { SiteTerms, Work } from "./terms.ts";

/** A key that works now: of an active person, not revoked, as the ledger enrolled it. */
export type WorkingKey = { readonly key: EnrolledKey; readonly usableFrom: number };

type Found =
  | { readonly kind: "working"; readonly working: WorkingKey }
  | { readonly kind: "none" }
  | { readonly kind: "differs" };

/**
 * INVARIANT (ledger-maps-keys): which key belongs to whom is read from the enrolment in the ledger,
 * whose leaf is made again here; a row that was changed, or points elsewhere, opens nothing.
 */
export async function findKey(
  db: Database,
  credential: string,
  refusedAaguids: readonly string[],
): Promise<Found> {
  const stored = await readKey(db, credential);
  if (stored === null || stored.revokedAt !== null) return { kind: "none" };
  const person = await readPerson(db, stored.person);
  if (person === null || !person.active) return { kind: "none" };
  const entry = await readEntry(db, stored.enrolment);
  const body = entry === null ? null : enrolmentIn(entry);
  if (body === null || body.credential !== credential || body.person !== stored.person)
    return { kind: "differs" };
  if (refusedAaguids.includes(body.aaguid)) return { kind: "none" };
  const key = {
    person: body.person,
    credentialId: bytesIn(body.credential),
    publicKey: bytesIn(body.key),
    userHandle: bytesIn(body.userHandle),
    backupEligible: body.backupEligible,
    signCount: Math.max(stored.signCount, body.signCount),
  };
  return { kind: "working", working: { key, usableFrom: body.usableFrom } };
}

/** The enrolment that an entry is, or `null` when it is none or its leaf is made of something else. */
export function enrolmentIn(entry: StoredEntry): Bodies["enrolment"] | null {
  const { kind, at, subject, leaf, body: stored } = entry;
  if (kind !== "enrolment" || subject !== null || stored.kind !== "kept") return null;
  const read = readBody("enrolment", parsed(stored.text));
  if (!read.ok || stored.salt.length !== 32) return null;
  const salt = new Uint8Array(stored.salt);
  const made = leafOf(entryOf({ kind, at, subject, salt, body: read.body }));
  return Buffer.compare(made, leaf) === 0 ? read.body : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** The body's schema has checked the form. */
function bytesIn(text: string): Uint8Array {
  const bytes = fromBase64url(text);
  if (bytes === null) throw new Error("invariant broken: a body's base64url was checked");
  return bytes;
}

/** The bytes of an assertion, or `null` where a text is not the one of its bytes. */
export function assertionOf(given: AssertionGiven): Assertion | null {
  const credentialId = fromBase64url(given.credential);
  const clientDataJson = fromBase64url(given.clientData);
  const authenticatorData = fromBase64url(given.authenticatorData);
  const signature = fromBase64url(given.signature);
  const userHandle = given.userHandle === null ? null : fromBase64url(given.userHandle);
  if (credentialId === null || clientDataJson === null) return null;
  if (authenticatorData === null || signature === null) return null;
  if (given.userHandle !== null && userHandle === null) return null;
  return { credentialId, clientDataJson, authenticatorData, signature, userHandle };
}

export type Proven =
  | { readonly ok: true; readonly assertion: Assertion; readonly working: WorkingKey }
  | { readonly ok: false; readonly says: string };

/** Verifies an assertion with the key that the ledger knows, and remembers its counter. */
export async function prove(
  terms: SiteTerms,
  { tx, alert }: Pick<Work, "tx" | "alert">,
  given: {
    readonly assertion: AssertionGiven;
    readonly challenge: Uint8Array;
    /** Who is signed in, or `null` while signing in. */
    readonly person: string | null;
  },
): Promise<Proven> {
  const { credential } = given.assertion;
  const assertion = assertionOf(given.assertion);
  if (assertion === null) return { ok: false, says: "a part of it is not base64url" };
  const found = await findKey(tx, credential, terms.refusedAaguids);
  if (found.kind === "differs") alert({ kind: "enrolment-differs", credential });
  const working = found.kind === "working" ? found.working : null;
  const verdict = await verifyAssertion(assertion, working?.key ?? null, {
    rpId: terms.rpId,
    origins: [terms.origin],
    challenge: given.challenge,
    person: given.person,
    deviceBound: false,
  });
  if (verdict.kind === "held") alert({ kind: "counter-went-back", credential });
  if (verdict.kind === "held") return { ok: false, says: verdict.alert.says };
  if (verdict.kind === "refused") return { ok: false, says: verdict.refusal.says };
  if (working === null) throw new Error("invariant broken: an unknown key verified something");
  await raiseSignCount(tx, credential, verdict.facts.signCount);
  return { ok: true, assertion, working };
}
