// SPDX-License-Identifier: Apache-2.0
import type { AssertionGiven, RequestOptions } from "@interlock/protocol";
import type { Outcome } from "../api/call.ts";
import { bytes, ceremony, descriptor, isKey, text } from "./ceremony.ts";

/** Asks for a signature over the challenge by one of the passkeys that are allowed. */
export async function signWithPasskey({
  nonce,
  publicKey,
}: RequestOptions): Promise<Outcome<AssertionGiven>> {
  const { challenge, allowCredentials, ...rest } = publicKey;
  return await ceremony(async () => {
    const signed = await navigator.credentials.get({
      publicKey: {
        ...rest,
        challenge: bytes(challenge),
        allowCredentials: allowCredentials.map(descriptor),
      },
    });
    if (!isKey(signed) || !(signed.response instanceof AuthenticatorAssertionResponse)) return null;
    const { clientDataJSON, authenticatorData, signature, userHandle } = signed.response;
    return {
      nonce,
      credential: text(signed.rawId),
      clientData: text(clientDataJSON),
      authenticatorData: text(authenticatorData),
      signature: text(signature),
      userHandle: userHandle === null ? null : text(userHandle),
    };
  });
}
