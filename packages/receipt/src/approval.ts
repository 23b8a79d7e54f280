// SPDX-License-Identifier: Apache-2.0
import {
  type Bodies,
  challengeOf,
  type Entry,
  entryId,
  type Signed,
  type Statement,
} from "@interlock/core";
import { sha256Hex } from "@interlock/digest";
import { fromBase64url } from "./bytes.ts";
import { type Attempted, attempt, refuse } from "./refusal.ts";
import type { Site } from "./trust.ts";
import { type Assertion, type AssertionVerdict, verifyAssertion } from "./webauthn/assertion.ts";

/** The enrolment that a signed entry points to, with its place in the log. */
export type Enrolment = {
  readonly entry: Entry;
  readonly index: number;
  readonly body: Bodies["enrolment"];
};

/** Where and when the signed entry itself stands; before it is recorded, the next index and now. */
export type SignedPlace = { readonly at: number; readonly index: number };

/** What a server knows and a receipt cannot show. */
export type SignedOptions = {
  /** The highest counter seen of the key; without it the one of the enrolment. */
  readonly signCount?: number;
  /** The rules want a key that cannot be synchronised (WA19). */
  readonly deviceBound?: boolean;
};

/**
 * Whether the enrolment is the one that the signed entry points to, stands before it in the log,
 * had cooled down, and is of the same key, credential and person.
 */
export function checkEnrolment(signed: Signed, enrolment: Enrolment, place: SignedPlace): void {
  const { entry, index, body } = enrolment;
  const { statement } = signed;
  if (entryId(entry) !== signed.enrolment) refuse("enrolment-missing");
  if (index >= place.index || entry.at > place.at) refuse("enrolment-not-before");
  if (body.usableFrom > place.at) refuse("enrolment-cooling");
  const same =
    body.person === statement.person &&
    body.credential === statement.credential &&
    sha256Hex(bytesOf(body.key)) === signed.keyDigest;
  if (!same) refuse("enrolment-differs");
}

/** Whether the statement was made for this site and organisation, and recorded while it was good. */
export function checkStatement(statement: Statement, site: Site, at: number): void {
  const here =
    statement.product === site.product &&
    statement.ledger === site.ledger &&
    statement.tenant === site.tenant;
  if (!here) refuse("statement-elsewhere");
  if (at < statement.issuedAt || at >= statement.expiresAt) refuse("statement-out-of-time");
}

/** Makes the challenge again from statement and nonce and verifies the assertion over it. */
export async function verifySigned(
  signed: Signed,
  enrolment: Bodies["enrolment"],
  site: Site,
  options: SignedOptions = {},
): Promise<AssertionVerdict> {
  const { statement } = signed;
  const enrolled = {
    person: enrolment.person,
    credentialId: bytesOf(enrolment.credential),
    publicKey: bytesOf(enrolment.key),
    userHandle: bytesOf(enrolment.userHandle),
    backupEligible: enrolment.backupEligible,
    signCount: options.signCount ?? enrolment.signCount,
  };
  return await verifyAssertion(assertionOf(signed), enrolled, {
    rpId: site.rpId,
    origins: site.origins,
    challenge: challengeOf(statement, bytesOf(signed.nonce)),
    person: statement.person,
    deviceBound: options.deviceBound ?? false,
  });
}

/** All of it, for a server that is about to record an approval, and for an audit of the whole log. */
export async function verifySignedEntry(given: {
  readonly signed: Signed;
  readonly place: SignedPlace;
  readonly enrolment: Enrolment;
  readonly site: Site;
  readonly options?: SignedOptions;
}): Promise<Attempted<AssertionVerdict>> {
  const { signed, place, enrolment, site, options } = given;
  return await attempt(async () => {
    checkEnrolment(signed, enrolment, place);
    checkStatement(signed.statement, site, place.at);
    return await verifySigned(signed, enrolment.body, site, options);
  });
}

function assertionOf(signed: Signed): Assertion {
  return {
    credentialId: bytesOf(signed.statement.credential),
    clientDataJson: bytesOf(signed.clientData),
    authenticatorData: bytesOf(signed.authenticatorData),
    signature: bytesOf(signed.signature),
    userHandle: signed.userHandle === undefined ? null : bytesOf(signed.userHandle),
  };
}

/** The body's schema has checked the form; a text that passed it and cannot be read is our bug. */
function bytesOf(text: string): Uint8Array {
  const bytes = fromBase64url(text);
  if (bytes === null) throw new Error("invariant broken: a body's base64url was checked");
  return bytes;
}
