// SPDX-License-Identifier: Apache-2.0
import { sha256 } from "@interlock/digest";
import { concat, sameBytes } from "../bytes.ts";
import { attempt, REFUSALS, type Refusal, refuse } from "../refusal.ts";
import { checkAuthenticatorData, readAuthenticatorData } from "./authenticator-data.ts";
import { checkClientData } from "./client-data.ts";
import { readPublicKey } from "./cose.ts";
import { verifySignature } from "./signature.ts";

/** What the browser gave back, byte by byte. `userHandle` is `null` where the authenticator sent none. */
export type Assertion = {
  readonly credentialId: Uint8Array;
  readonly clientDataJson: Uint8Array;
  readonly authenticatorData: Uint8Array;
  readonly signature: Uint8Array;
  readonly userHandle: Uint8Array | null;
};

/** What the ledger's enrolment entry says of the credential; a person is known from nowhere else. */
export type EnrolledKey = {
  readonly person: string;
  readonly credentialId: Uint8Array;
  /** COSE key. */
  readonly publicKey: Uint8Array;
  readonly userHandle: Uint8Array;
  readonly backupEligible: boolean;
  /** The highest counter seen; at least the one of the enrolment. */
  readonly signCount: number;
};

export type ExpectedAssertion = {
  readonly rpId: string;
  readonly origins: readonly string[];
  readonly challenge: Uint8Array;
  /** Who is signed in; `null` while signing in, and then the authenticator must name the account. */
  readonly person: string | null;
  /** Tier 1: a key that a cloud account can restore does not count (WA19). */
  readonly deviceBound: boolean;
};

/** What a valid assertion says, for the next one of the same key to be compared with. */
export type AssertionFacts = {
  readonly person: string;
  readonly signCount: number;
  readonly backedUp: boolean;
  /** `absent`: both are zero, as with most synchronised keys. `went-back` here: of such a key. */
  readonly counter: "advanced" | "absent" | "went-back";
};

/**
 * `held`: everything is in order but the counter of a device-bound key went back. It does not count
 * until somebody has looked, and an alert is due; it is no proof, so it is no refusal.
 */
export type AssertionVerdict =
  | { readonly kind: "verified"; readonly facts: AssertionFacts }
  | { readonly kind: "held"; readonly facts: AssertionFacts; readonly alert: Refusal }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/**
 * Verifies an assertion over the bytes as they came (WebAuthn Level 3, section 7.2). The challenge
 * is the caller's to make and to use up; user verification is always required.
 */
export async function verifyAssertion(
  assertion: Assertion,
  enrolled: EnrolledKey | null,
  expected: ExpectedAssertion,
): Promise<AssertionVerdict> {
  const attempted = await attempt(() => judge(assertion, enrolled, expected));
  if (!attempted.ok) return { kind: "refused", refusal: attempted.refusal };
  const { facts, copied } = attempted.value;
  if (!copied) return { kind: "verified", facts };
  const code = "counter-went-back";
  return { kind: "held", facts, alert: { code, says: REFUSALS[code] } };
}

async function judge(
  assertion: Assertion,
  enrolled: EnrolledKey | null,
  expected: ExpectedAssertion,
): Promise<{ readonly facts: AssertionFacts; readonly copied: boolean }> {
  const key = checkIdentity(assertion, enrolled, expected);
  const { clientDataJson, authenticatorData, signature } = assertion;
  const { challenge, origins } = expected;
  checkClientData(clientDataJson, { type: "webauthn.get", challenge, origins });
  const data = readAuthenticatorData(authenticatorData);
  checkAuthenticatorData(data, expected.rpId);
  if (data.attested !== null) refuse("credential-data-unexpected");
  if (data.backupEligible !== key.backupEligible) refuse("backup-eligibility-changed");
  if (expected.deviceBound && data.backupEligible) refuse("key-not-device-bound");
  const message = concat(authenticatorData, sha256(clientDataJson));
  await verifySignature(readPublicKey(key.publicKey), message, signature);
  const counter = compareCounters(data.signCount, key.signCount);
  return {
    facts: { person: key.person, signCount: data.signCount, backedUp: data.backedUp, counter },
    copied: counter === "went-back" && !data.backupEligible,
  };
}

function checkIdentity(
  assertion: Assertion,
  enrolled: EnrolledKey | null,
  expected: ExpectedAssertion,
): EnrolledKey {
  if (enrolled === null || !sameBytes(assertion.credentialId, enrolled.credentialId))
    return refuse("credential-unknown");
  if (expected.person !== null && enrolled.person !== expected.person)
    refuse("credential-of-another");
  if (assertion.userHandle === null) {
    if (expected.person === null) refuse("user-handle-missing");
  } else if (!sameBytes(assertion.userHandle, enrolled.userHandle)) {
    refuse("user-handle-differs");
  }
  return enrolled;
}

function compareCounters(now: number, before: number): AssertionFacts["counter"] {
  if (now === 0 && before === 0) return "absent";
  return now > before ? "advanced" : "went-back";
}
