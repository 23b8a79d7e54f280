// SPDX-License-Identifier: Apache-2.0
import { sha256 } from "@interlock/digest";
import { concat, sameBytes } from "../bytes.ts";
import { attempt, type Refusal, refuse, shown } from "../refusal.ts";
import { checkAuthenticatorData, readAuthenticatorData } from "./authenticator-data.ts";
import { type CborMap, isMap, readWholeCbor } from "./cbor.ts";
import { checkClientData } from "./client-data.ts";
import { COSE_ALGORITHMS, type PublicKey, readPublicKey } from "./cose.ts";
import { verifySignature } from "./signature.ts";

export type Registration = {
  /** The id that the browser announced beside the attestation object. */
  readonly credentialId: Uint8Array;
  readonly clientDataJson: Uint8Array;
  readonly attestationObject: Uint8Array;
};

export type ExpectedRegistration = {
  readonly rpId: string;
  readonly origins: readonly string[];
  readonly challenge: Uint8Array;
};

/** What an enrolment entry has to say of a key. */
export type NewCredential = {
  readonly credentialId: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly algorithm: PublicKey["algorithm"];
  readonly aaguid: Uint8Array;
  readonly backupEligible: boolean;
  readonly backedUp: boolean;
  readonly signCount: number;
  /**
   * `self`: the key signed its own registration. `unverified`: there is an attestation in `format`
   * that was not checked, so `aaguid` is only what somebody says.
   */
  readonly attestation: { readonly format: string; readonly trust: "none" | "self" | "unverified" };
};

export type RegistrationVerdict =
  | { readonly kind: "verified"; readonly credential: NewCredential }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** Certificates make an attestation large; the published examples stay below 3 KiB. */
const ATTESTATION_MAX = 32_768;
const FORMAT_MAX = 32;

/**
 * Verifies a registration over the bytes as they came (WebAuthn Level 3, section 7.1). Attestation
 * `none` and self attestation are verified; others are read to find the credential and reported.
 */
export async function verifyRegistration(
  registration: Registration,
  expected: ExpectedRegistration,
): Promise<RegistrationVerdict> {
  const attempted = await attempt(() => judge(registration, expected));
  return attempted.ok
    ? { kind: "verified", credential: attempted.value }
    : { kind: "refused", refusal: attempted.refusal };
}

async function judge(
  { credentialId, clientDataJson, attestationObject }: Registration,
  { rpId, origins, challenge }: ExpectedRegistration,
): Promise<NewCredential> {
  checkClientData(clientDataJson, { type: "webauthn.create", challenge, origins });
  const { format, statement, authData } = readAttestation(attestationObject);
  const data = readAuthenticatorData(authData);
  checkAuthenticatorData(data, rpId);
  const { attested } = data;
  if (attested === null) return refuse("credential-data-missing");
  if (!sameBytes(attested.credentialId, credentialId))
    refuse("credential-id-malformed", "announced as another");
  const key = readPublicKey(attested.publicKey);
  const message = concat(authData, sha256(clientDataJson));
  const trust = await judgeAttestation({ format, statement, key, message });
  return {
    ...attested,
    algorithm: key.algorithm,
    backupEligible: data.backupEligible,
    backedUp: data.backedUp,
    signCount: data.signCount,
    attestation: { format, trust },
  };
}

type Attestation = {
  readonly format: string;
  readonly statement: CborMap;
  readonly authData: Uint8Array;
};

function readAttestation(bytes: Uint8Array): Attestation {
  if (bytes.length > ATTESTATION_MAX) refuse("too-large", `over ${ATTESTATION_MAX} bytes`);
  const object = readWholeCbor(bytes);
  if (!isMap(object) || object.size !== 3) return refuse("attestation-malformed");
  const format = object.get("fmt");
  const statement = object.get("attStmt");
  const authData = object.get("authData");
  // `compound` alone has a list as its statement (section 8.9); nobody needs it for an approval.
  if (typeof format !== "string" || !isMap(statement) || !(authData instanceof Uint8Array))
    return refuse("attestation-malformed");
  if (format.length > FORMAT_MAX || !/^[!-~]+$/.test(format))
    refuse("attestation-malformed", shown(format));
  return { format, statement, authData };
}

async function judgeAttestation(given: {
  readonly format: string;
  readonly statement: CborMap;
  readonly key: PublicKey;
  readonly message: Uint8Array;
}): Promise<NewCredential["attestation"]["trust"]> {
  const { format, statement, key, message } = given;
  if (format === "none")
    return statement.size === 0 ? "none" : refuse("attestation-malformed", "`none` with content");
  if (format !== "packed" || statement.has("x5c")) return "unverified";
  const alg = statement.get("alg");
  const signature = statement.get("sig");
  if (statement.size !== 2 || !(signature instanceof Uint8Array))
    return refuse("attestation-malformed", "`packed` without a signature");
  if (alg !== COSE_ALGORITHMS[key.algorithm])
    return refuse("attestation-malformed", "`packed` by another algorithm than the key's");
  await verifySignature(key, message, signature);
  return "self";
}
