// SPDX-License-Identifier: Apache-2.0
import { utf8 } from "@interlock/digest";
import { invariant } from "../failure.ts";
import { isSize } from "../size.ts";
import type { VerifierKey } from "./key.ts";
import type { NoteSignature } from "./note.ts";

// c2sp.org/tlog-cosignature, the Ed25519 form (`cosignature/v1`). The ML-DSA-44 form is left out: the
// Web Cryptography API has no such algorithm yet, and this package has no cryptography of its own but
// SHA-256. Signatures of such keys are ignored, as the specification asks for unknown ones.

const TIME_LENGTH = 8;
const SIGNATURE_LENGTH = 64;

/** Signs bytes with the private key that belongs to a verifier key; gives the bare signature. */
export type SignBytes = (message: Uint8Array) => Promise<Uint8Array>;

/** A cosignature taken apart: when it was made, in seconds since the Epoch, and the 64 bytes. */
export type TimedSignature = { readonly timestamp: number; readonly signature: Uint8Array };

/** The bytes a cosigner signs: a header, the time, and the whole text of the checkpoint. */
export function cosignedMessage(text: string, timestamp: number): Uint8Array {
  return utf8(`cosignature/v1\ntime ${timestamp}\n${text}`);
}

/**
 * Cosigns the text of a checkpoint at a time in seconds since the Epoch. A witness calls it only
 * after what it cosigns is durably stored as its latest view of that log.
 */
export async function cosign(
  text: string,
  key: VerifierKey,
  timestamp: number,
  sign: SignBytes,
): Promise<NoteSignature> {
  invariant(key.kind === "cosignature", "a cosigner's key is of type 0x04");
  invariant(isSize(timestamp) && timestamp > 0, "a cosignature has a time in whole seconds");
  const signature = await sign(cosignedMessage(text, timestamp));
  invariant(signature.length === SIGNATURE_LENGTH, "an Ed25519 signature is 64 bytes");
  const time = new Uint8Array(TIME_LENGTH);
  new DataView(time.buffer).setBigUint64(0, BigInt(timestamp));
  const { name, keyId } = key;
  return { name, keyId, signature: Uint8Array.of(...time, ...signature) };
}

/** Takes a cosignature apart, or `null` when it is none, or of a time that no clock will show. */
export function timedSignature(bytes: Uint8Array): TimedSignature | null {
  if (bytes.length !== TIME_LENGTH + SIGNATURE_LENGTH) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, TIME_LENGTH);
  const timestamp = Number(view.getBigUint64(0));
  if (!isSize(timestamp)) return null;
  return { timestamp, signature: bytes.slice(TIME_LENGTH) };
}
