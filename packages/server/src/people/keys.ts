// SPDX-License-Identifier: Apache-2.0
import type { AssertionGiven } from "@interlock/protocol";
import { type Assertion, fromBase64url, verifyAssertion } from "@interlock/receipt";
import { type Database, raiseSignCount, readKey } from "@interlock/store";
import { enrolledKey, type RosterKey, workingKey } from "./roster.ts";
import type { PeopleTerms, SiteTerms, Work } from "./terms.ts";

/** A key that works now, and the highest counter that was seen of it. */
export type WorkingKey = RosterKey & { readonly signCount: number };

/**
 * INVARIANT (ledger-maps-keys): which key belongs to whom, and whether it was revoked, is read from
 * the ledger; a row that was changed, or points elsewhere, opens nothing. A row that says revoked
 * closes all the same.
 */
export async function findKey(
  { book, refusedAaguids }: Pick<PeopleTerms, "book" | "refusedAaguids">,
  db: Database,
  credential: string,
): Promise<WorkingKey | null> {
  const key = workingKey(await book.at(db), credential);
  if (key === null || refusedAaguids.includes(key.enrolment.body.aaguid)) return null;
  const row = await readKey(db, credential);
  if (row !== null && row.revokedAt !== null) return null;
  return { ...key, signCount: row?.signCount ?? 0 };
}

/** The keys of a person that work now. */
export async function keysOf(
  terms: Pick<PeopleTerms, "book" | "refusedAaguids">,
  db: Database,
  person: string,
): Promise<readonly WorkingKey[]> {
  const roster = await terms.book.at(db);
  const own = [...roster.keys.values()].filter((key) => key.person === person);
  const each: WorkingKey[] = [];
  for (const { credential } of own) {
    const key = await findKey(terms, db, credential);
    if (key !== null) each.push(key);
  }
  return each;
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
  const working = await findKey(terms, tx, credential);
  const key = working === null ? null : enrolledKey(working, working.signCount);
  const verdict = await verifyAssertion(assertion, key, {
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
