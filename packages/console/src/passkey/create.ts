// SPDX-License-Identifier: Apache-2.0
import type { Creation, RegistrationGiven } from "@interlock/protocol";
import type { Outcome } from "../api/call.ts";
import { bytes, ceremony, descriptor, isKey, text } from "./ceremony.ts";

/** Asks the authenticator for a new passkey and gives it as the API takes it. */
export async function createPasskey({
  nonce,
  publicKey,
}: Creation): Promise<Outcome<RegistrationGiven>> {
  const { challenge, user, excludeCredentials, ...rest } = publicKey;
  return await ceremony(async () => {
    const made = await navigator.credentials.create({
      publicKey: {
        ...rest,
        challenge: bytes(challenge),
        user: { ...user, id: bytes(user.id) },
        excludeCredentials: excludeCredentials.map(descriptor),
      },
    });
    if (!isKey(made) || !(made.response instanceof AuthenticatorAttestationResponse)) return null;
    return {
      nonce,
      credential: text(made.rawId),
      clientData: text(made.response.clientDataJSON),
      attestationObject: text(made.response.attestationObject),
    };
  });
}
