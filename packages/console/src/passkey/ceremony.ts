// SPDX-License-Identifier: Apache-2.0
import { fromBase64url, toBase64url } from "@interlock/receipt";
import type { Failure, Outcome } from "../api/call.ts";

/** Runs one dialog of the browser; whatever ends it is a failure that says what to do. */
export async function ceremony<T>(run: () => Promise<T | null>): Promise<Outcome<T>> {
  if (!("credentials" in navigator) || !("PublicKeyCredential" in window))
    return { ok: false, failure: refused(...REASONS.NotSupportedError) };
  try {
    const value = await run();
    return value === null
      ? { ok: false, failure: refused(...REASONS.NotSupportedError) }
      : { ok: true, value };
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    const [message, help] = REASONS[name as keyof typeof REASONS] ?? [
      `the browser refused: ${error instanceof Error ? error.message : String(error)}`,
      "try again, or with another browser",
    ];
    return { ok: false, failure: refused(message, help) };
  }
}

/** By the name of the exception (WebAuthn Level 3 sections 5.1.3 and 5.1.4). */
const REASONS = {
  NotAllowedError: [
    "no passkey was used: it was cancelled, took too long, or none of this device fits",
    "try again, and confirm with the fingerprint, face or PIN of the device that has your passkey",
  ],
  InvalidStateError: [
    "this device has a passkey for you here already",
    "use another device or a security key for a second one",
  ],
  NotSupportedError: [
    "this browser cannot use passkeys here",
    "take a current browser, and open the exact address that your organisation was founded on",
  ],
  SecurityError: [
    "passkeys do not work at this address",
    "open the exact address that your organisation was founded on, with https or on localhost",
  ],
  AbortError: ["the browser stopped the passkey's dialog", "try again"],
} as const;

const refused = (message: string, help: string): Failure => ({
  code: "PASSKEY_REFUSED",
  message,
  help,
});

export const isKey = (given: Credential | null): given is PublicKeyCredential =>
  given instanceof PublicKeyCredential;

export const descriptor = ({ type, id }: { readonly type: "public-key"; readonly id: string }) => ({
  type,
  id: bytes(id),
});

/** Of the server's own options; throws where they are no base64url. */
export function bytes(given: string): Uint8Array<ArrayBuffer> {
  const decoded = fromBase64url(given);
  if (decoded === null) throw new Error("the server's options are not base64url");
  return new Uint8Array(decoded);
}

export const text = (given: ArrayBuffer): string => toBase64url(new Uint8Array(given));
