// SPDX-License-Identifier: Apache-2.0
import { concat, toBase64url } from "../bytes.ts";
import { refuse } from "../refusal.ts";
import type { PublicKey } from "./cose.ts";

/** An RSA signature of 8192 bits. */
export const SIGNATURE_MAX = 1_024;

const P256_BYTES = 32;
const SEQUENCE = 0x30;
const INTEGER = 0x02;

/** Whether the key signed the message. Refuses keys that are no points and signatures in another encoding. */
export async function verifySignature(
  key: PublicKey,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<void> {
  if (signature.length > SIGNATURE_MAX) refuse("too-large", `over ${SIGNATURE_MAX} bytes`);
  const raw = key.algorithm === "ES256" ? fromDer(signature) : concat(signature);
  // A page that is not served over HTTPS has no `subtle`, whatever the types say.
  const subtle: Subtle | undefined = globalThis.crypto.subtle;
  if (subtle === undefined) return refuse("crypto-unavailable");
  const imported = await importKey(subtle, key);
  const algorithm = WEB_CRYPTO[key.algorithm];
  if (!(await subtle.verify(algorithm, imported, raw, concat(message)))) refuse("signature-wrong");
}

type Subtle = typeof globalThis.crypto.subtle;

const WEB_CRYPTO = {
  ES256: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  EdDSA: { name: "Ed25519" },
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
} as const;

async function importKey(subtle: Subtle, key: PublicKey) {
  const algorithm = WEB_CRYPTO[key.algorithm];
  try {
    if (key.algorithm !== "RS256")
      return await subtle.importKey("raw", key.point, algorithm, false, ["verify"]);
    const n = toBase64url(key.modulus);
    const e = toBase64url(key.exponent);
    return await subtle.importKey("jwk", { kty: "RSA", n, e }, algorithm, false, ["verify"]);
  } catch (error) {
    // The platform's word for a point that is not on its curve; anything else is not about the key.
    if (error instanceof DOMException && error.name === "DataError")
      return refuse("key-malformed", "no point of its curve");
    if (error instanceof DOMException && error.name === "NotSupportedError")
      return refuse("crypto-unavailable");
    throw error;
  }
}

/**
 * ECDSA-Sig-Value (RFC 3279 section 2.2.3) in DER, and in nothing but DER, as r ‖ s. A high s is
 * accepted as the standard does: signature bytes are never an identity here.
 */
function fromDer(der: Uint8Array): Uint8Array<ArrayBuffer> {
  // At most 72 bytes: lengths never need a second byte.
  if (der[0] !== SEQUENCE || der[1] !== der.length - 2 || der.length > 72)
    return refuse("signature-malformed");
  const r = readInteger(der, 2);
  const s = readInteger(der, r.end);
  if (s.end !== der.length) refuse("signature-malformed");
  return concat(padded(r.value), padded(s.value));
}

function readInteger(
  der: Uint8Array,
  at: number,
): { readonly value: Uint8Array; readonly end: number } {
  const length = der[at + 1] ?? 0;
  const end = at + 2 + length;
  if (der[at] !== INTEGER || length === 0 || end > der.length) return refuse("signature-malformed");
  const bytes = der.subarray(at + 2, end);
  const [first = 0, second = 0] = bytes;
  if (first >= 0x80) refuse("signature-malformed", "a negative number");
  if (first === 0 && length === 1) refuse("signature-malformed", "a zero");
  if (first === 0 && second < 0x80) refuse("signature-malformed", "a number with a needless zero");
  const value = first === 0 ? bytes.subarray(1) : bytes;
  if (value.length > P256_BYTES) refuse("signature-malformed", "a number beyond the curve");
  return { value, end };
}

const padded = (value: Uint8Array): Uint8Array =>
  concat(new Uint8Array(P256_BYTES - value.length), value);
