// SPDX-License-Identifier: Apache-2.0
import { createHmac, timingSafeEqual } from "node:crypto";
import { SECRET_MIN_BYTES } from "../settings.ts";

const SIGNATURE = /^sha256=([0-9a-f]{64})$/;

/**
 * Whether a delivery was signed with one of our secrets: HMAC-SHA-256 over the bytes as they came
 * (docs.github.com, “Validating webhook deliveries”). While a secret is replaced there are two. The old
 * `X-Hub-Signature` (SHA-1) is never looked at.
 */
export function isSigned(
  body: Buffer,
  header: string | readonly string[] | undefined,
  secrets: readonly Buffer[],
): boolean {
  // Several headers of this name are a list or joined by a comma; neither is a signature (WH11).
  const match = typeof header === "string" ? SIGNATURE.exec(header) : null;
  const given = Buffer.from(match?.[1] ?? "", "hex");
  if (given.length !== 32) return false;
  return secrets
    .filter((secret) => secret.length >= SECRET_MIN_BYTES)
    .map((secret) => timingSafeEqual(createHmac("sha256", secret).update(body).digest(), given))
    .includes(true);
}
