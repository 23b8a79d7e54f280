// SPDX-License-Identifier: Apache-2.0
import { concat, toHex } from "../bytes.ts";
import { refuse } from "../refusal.ts";
import { type Cbor, type CborMap, isMap, readWholeCbor } from "./cbor.ts";

/** A credential public key of one of the three accepted kinds, ready for the Web Crypto API. */
export type PublicKey =
  | { readonly algorithm: "ES256" /** 0x04 ‖ x ‖ y */; readonly point: Uint8Array<ArrayBuffer> }
  | { readonly algorithm: "EdDSA"; readonly point: Uint8Array<ArrayBuffer> }
  | { readonly algorithm: "RS256"; readonly modulus: Uint8Array; readonly exponent: Uint8Array };

/** Labels and values of COSE keys: RFC 9052 section 7, RFC 9053 section 7, RFC 8230 section 4. */
const KTY = 1;
const ALG = 3;
const FORMS = [
  { kty: 2, alg: -7, labels: [1, 3, -1, -2, -3], read: readP256 },
  { kty: 1, alg: -8, labels: [1, 3, -1, -2], read: readEd25519 },
  { kty: 3, alg: -257, labels: [1, 3, -1, -2], read: readRsa },
] as const;

export const COSE_ALGORITHMS: Readonly<Record<PublicKey["algorithm"], number>> = {
  ES256: -7,
  EdDSA: -8,
  RS256: -257,
};

const RSA_BITS_MIN = 2_048;
/** Beyond it one verification costs more than a server should spend on a request. */
const RSA_BITS_MAX = 8_192;
const EXPONENT = "010001";

/** y-coordinates of the points whose order divides 8, without the sign bit (RFC 7748 section 6.1 explains them). */
const SMALL_ORDER = new Set([
  `00${"00".repeat(31)}`,
  `01${"00".repeat(31)}`,
  `ec${"ff".repeat(30)}7f`,
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
]);

/**
 * Reads a COSE key by allow-list: key type and algorithm must be one of three pairs, and no label
 * may be there beyond those of its type (WebAuthn Level 3, section 6.5.1.1).
 */
export function readPublicKey(bytes: Uint8Array): PublicKey {
  const key = readWholeCbor(bytes);
  if (!isMap(key)) return refuse("key-malformed");
  const form = FORMS.find(({ kty, alg }) => key.get(KTY) === kty && key.get(ALG) === alg);
  if (form === undefined) return refuse("key-not-allowed");
  const labels: readonly number[] = form.labels;
  if (key.size !== labels.length || !labels.every((label) => key.has(label)))
    refuse("key-malformed");
  return form.read(key);
}

function readP256(key: CborMap): PublicKey {
  if (key.get(-1) !== 1) refuse("key-not-allowed", "not the curve P-256");
  const point = concat(Uint8Array.of(4), sized(key.get(-2), 32), sized(key.get(-3), 32));
  return { algorithm: "ES256", point };
}

function readEd25519(key: CborMap): PublicKey {
  if (key.get(-1) !== 6) refuse("key-not-allowed", "not the curve Ed25519");
  const point = concat(sized(key.get(-2), 32));
  checkOrder(point);
  return { algorithm: "EdDSA", point };
}

function readRsa(key: CborMap): PublicKey {
  const modulus = bytesOf(key.get(-1));
  const exponent = bytesOf(key.get(-2));
  const top = modulus[0] ?? 0;
  if (top === 0) return refuse("key-malformed", "a modulus that starts with zero");
  const bits = modulus.length * 8 - (Math.clz32(top) - 24);
  if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX) refuse("key-not-allowed", `RSA of ${bits} bits`);
  if (((modulus.at(-1) ?? 0) & 1) === 0) refuse("key-weak", "an even modulus");
  // Every authenticator uses 65537; small exponents only help forgers.
  if (toHex(exponent) !== EXPONENT) refuse("key-not-allowed", "an RSA exponent other than 65537");
  return { algorithm: "RS256", modulus, exponent };
}

/** Under a small-order key one signature fits many messages. A y beyond the field is no encoding at all. */
function checkOrder(point: Uint8Array): void {
  const y = Uint8Array.from(point, (byte, i) => (i === 31 ? byte & 0x7f : byte));
  const canonical = !(
    y[31] === 0x7f &&
    (y[0] ?? 0) >= 0xed &&
    y.slice(1, 31).every((b) => b === 255)
  );
  if (!canonical) refuse("key-malformed", "a coordinate beyond the field");
  if (SMALL_ORDER.has(toHex(y))) refuse("key-weak", "a point of small order");
}

function bytesOf(value: Cbor | undefined): Uint8Array {
  return value instanceof Uint8Array ? value : refuse("key-malformed");
}

function sized(value: Cbor | undefined, length: number): Uint8Array {
  const bytes = bytesOf(value);
  return bytes.length === length ? bytes : refuse("key-malformed");
}
