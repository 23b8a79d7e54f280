// SPDX-License-Identifier: Apache-2.0
// Ed25519 (RFC 8032) by the Web Cryptography API: in Node since 18, in every browser since 2025.

type CryptoKey = { readonly algorithm: unknown };
type Subtle = {
  readonly importKey: (
    format: "raw",
    key: Uint8Array,
    algorithm: { readonly name: "Ed25519" },
    extractable: boolean,
    usages: readonly ["verify"],
  ) => Promise<CryptoKey>;
  readonly verify: (
    algorithm: { readonly name: "Ed25519" },
    key: CryptoKey,
    signature: Uint8Array,
    message: Uint8Array,
  ) => Promise<boolean>;
};
declare const crypto: { readonly subtle?: Subtle } | undefined;

const ALGORITHM = { name: "Ed25519" } as const;

/**
 * What verifying came to. `unavailable` is no verdict: the platform has no Ed25519, or the page is
 * not served over HTTPS.
 */
export type Verdict = "valid" | "invalid" | "unavailable";

/**
 * The y coordinates of the points of small order, in every spelling (the sign bit apart). Such a key
 * accepts signatures that anyone can make, and Node accepts such a key. Found by computing the points
 * of order 1, 2, 4 and 8; the last three are 2^255 - 20, - 19 and - 18.
 */
const SMALL_ORDER: readonly string[] = [
  "00".repeat(32),
  `01${"00".repeat(31)}`,
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  `ec${"ff".repeat(30)}7f`,
  `ed${"ff".repeat(30)}7f`,
  `ee${"ff".repeat(30)}7f`,
];

/** Whether anyone could sign for this public key. */
export function isWeakKey(publicKey: Uint8Array): boolean {
  const last = publicKey.length - 1;
  const y = Array.from(publicKey, (byte, i) =>
    (i === last ? byte & 0x7f : byte).toString(16).padStart(2, "0"),
  );
  return SMALL_ORDER.includes(y.join(""));
}

/** Verifies an Ed25519 signature with a public key of 32 bytes. */
export async function verifyEd25519(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<Verdict> {
  const subtle = typeof crypto === "undefined" ? undefined : crypto.subtle;
  if (subtle === undefined) return "unavailable";
  try {
    const key = await subtle.importKey("raw", publicKey, ALGORITHM, false, ["verify"]);
    return (await subtle.verify(ALGORITHM, key, signature, message)) ? "valid" : "invalid";
  } catch (error) {
    return failureOf(error);
  }
}

// `NotSupportedError`: the algorithm is unknown. `DataError`: the 32 bytes are no point of the curve,
// so that no signature is one of theirs. Anything else is not ours to judge.
function failureOf(error: unknown): Verdict {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotSupportedError") return "unavailable";
  if (name === "DataError") return "invalid";
  throw error;
}
