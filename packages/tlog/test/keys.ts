// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import {
  type Checkpoint,
  cosign,
  formatCheckpoint,
  formatNote,
  type NoteSignature,
  type SignBytes,
  signCheckpoint,
  signText,
  type VerifierKey,
  verifierKey,
} from "@interlock/tlog";

/** A key with the means to sign; made from one byte, so that every run has the same keys. */
export type Signer = { readonly key: VerifierKey; readonly sign: SignBytes };

// RFC 8410 section 7: the private key of Ed25519 in PKCS #8, without its 32 bytes.
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");

export function signer(name: string, kind: "ed25519" | "cosignature", seed: number): Signer {
  const der = Buffer.concat([PKCS8, Buffer.alloc(32, seed)]);
  const secret = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const spki = createPublicKey(secret).export({ format: "der", type: "spki" });
  const key = verifierKey(name, kind, new Uint8Array(spki.subarray(-32)));
  return { key, sign: (bytes) => Promise.resolve(new Uint8Array(sign(null, bytes, secret))) };
}

export const LOG = signer("log.example.com/prod", "ed25519", 1);
export const STAGING = signer("log.example.com/staging", "ed25519", 2);
export const WITNESSES = [11, 12, 13].map((seed, i) =>
  signer(`w${i + 1}.example.com`, "cosignature", seed),
);

/** 2030-01-01T00:00:00Z in seconds. */
export const NOW = 1_893_456_000;

export type Cosigners = readonly (readonly [Signer, number])[];

/** A checkpoint that a log has signed and some witnesses have cosigned at some time. */
export async function signed(
  checkpoint: Checkpoint,
  log: Signer,
  cosigners: Cosigners = [],
): Promise<Uint8Array> {
  const note =
    log.key.name === checkpoint.origin
      ? await signCheckpoint(checkpoint, log.key, log.sign)
      : await signedAnyway(formatCheckpoint(checkpoint), log);
  const { text } = note;
  const cosignatures = await Promise.all(
    cosigners.map(([by, at]) => cosign(text, by.key, at, by.sign)),
  );
  return formatNote({ text, signatures: [...note.signatures, ...cosignatures] });
}

/** What an honest log would not sign. */
export async function signedAnyway(text: string, by: Signer) {
  const signatures: NoteSignature[] = [await signText(text, by.key, by.sign)];
  return { text, signatures };
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
