// SPDX-License-Identifier: Apache-2.0
import { createHmac } from "node:crypto";
import type { FlowSecrets } from "./relying-party.ts";

/** How long somebody may take at their identity provider. */
export const FLOW_MS = 10 * 60_000;

/**
 * State, nonce and code verifier of one sign-in, all made from the secret in the browser's cookie:
 * who answers with the right state is the browser that began, and no database holds any of them.
 */
export function flowSecrets(secret: Uint8Array): FlowSecrets {
  const part = (name: string) =>
    createHmac("sha256", secret).update(`interlock/sign-in/${name}/v1`).digest("base64url");
  return { state: part("state"), nonce: part("nonce"), verifier: part("verifier") };
}
