// SPDX-License-Identifier: Apache-2.0
import type { Creation, RequestOptions } from "@interlock/protocol";
import { toBase64url } from "@interlock/receipt";
import type { Secret } from "./secrets.ts";

/** How long a challenge is good for. */
export const CHALLENGE_MS = 5 * 60_000;

/** EdDSA, ES256, RS256 of the COSE registry: what `@interlock/receipt` verifies, best first. */
const ALGORITHMS = [-8, -7, -257] as const;

const named = (id: string) => ({ type: "public-key", id }) as const;

/** Options for registering a discoverable passkey that verifies its user. */
export function creationOptions(given: {
  readonly nonce: Secret;
  readonly rpId: string;
  readonly tenant: string;
  readonly person: string;
  readonly name: string;
  readonly userHandle: Uint8Array;
  /** Keys the person has: an authenticator that holds one of them makes no second. */
  readonly has: readonly string[];
}): Creation {
  const { nonce, rpId, tenant, person, name, userHandle, has } = given;
  return {
    nonce: nonce.text,
    publicKey: {
      challenge: nonce.text,
      rp: { id: rpId, name: tenant },
      user: { id: toBase64url(userHandle), name: person, displayName: name },
      pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: "public-key", alg })),
      timeout: CHALLENGE_MS,
      excludeCredentials: has.map(named),
      authenticatorSelection: {
        residentKey: "required",
        requireResidentKey: true,
        userVerification: "required",
      },
      // Certificates of makers are not checked, so none are asked for; entries say `none`.
      attestation: "none",
    },
  };
}

/** Options for an assertion; no credential is named while nobody is signed in (WA16). */
export function requestOptions(given: {
  readonly nonce: Secret;
  readonly challenge: Uint8Array;
  readonly rpId: string;
  readonly allow: readonly string[];
}): RequestOptions {
  const { nonce, challenge, rpId, allow } = given;
  return {
    nonce: nonce.text,
    publicKey: {
      challenge: toBase64url(challenge),
      rpId,
      timeout: CHALLENGE_MS,
      allowCredentials: allow.map(named),
      userVerification: "required",
    },
  };
}
