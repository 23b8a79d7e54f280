// SPDX-License-Identifier: Apache-2.0
import { sha256, utf8 } from "@interlock/digest";
import { base64, fromBase64 } from "../base64.ts";
import { accepted, invariant, type Outcome, refused, shown } from "../failure.ts";
import { isWeakKey } from "./ed25519.ts";
import { bytesOfId } from "./note.ts";
import { isKeyName } from "./text.ts";

/**
 * How a key signs. `ed25519` (type 0x01) signs the note's text, `cosignature` (0x04) the text and a
 * time by Ed25519. Every other type, ML-DSA-44 (0x06) among them, is `unsupported`: such a key is
 * read and named, and its signatures are ignored as those of an unknown key.
 */
export type KeyKind = "ed25519" | "cosignature" | "unsupported";

/** A key that verifies signatures of a note. */
export type VerifierKey = {
  readonly name: string;
  /** An unsigned 32-bit number. With `name` it tells which key signed. */
  readonly keyId: number;
  readonly kind: KeyKind;
  /** The identifier byte of the signature type. */
  readonly type: number;
  readonly publicKey: Uint8Array;
};

const TYPES = { ed25519: 0x01, cosignature: 0x04 } as const;
const ED25519_KEY_LENGTH = 32;

/** In characters: an ML-DSA-44 key has 1,751 in base64. */
const MAX_VKEY_LENGTH = 8_192;
const VKEY = /^([^+]+)\+([0-9a-f]{8})\+(.*)$/s;

/** The verifier key of an Ed25519 public key (32 bytes, RFC 8032) under a name. */
export function verifierKey(
  name: string,
  kind: keyof typeof TYPES,
  publicKey: Uint8Array,
): VerifierKey {
  invariant(isKeyName(name), "a key's name is not empty and has no space and no plus");
  invariant(publicKey.length === ED25519_KEY_LENGTH, "an Ed25519 public key is 32 bytes");
  invariant(!isWeakKey(publicKey), "not everybody can sign with the key of one");
  const type = TYPES[kind];
  return { name, keyId: keyIdOf(name, type, publicKey), kind, type, publicKey };
}

/** Reads a verifier key: `<name>+<key id in hex>+<base64 of type and public key>` (signed-note). */
export function parseVerifierKey(text: string): Outcome<VerifierKey> {
  const match = text.length > MAX_VKEY_LENGTH ? null : VKEY.exec(text);
  const name = match?.[1] ?? "";
  const bytes = fromBase64(match?.[3] ?? "");
  const type = bytes?.[0];
  if (!isKeyName(name) || bytes === null || type === undefined || bytes.length < 2) {
    return refused("KEY_MALFORMED", `${shown(text)} is not \`name+id+key\``);
  }
  const keyId = Number.parseInt(match?.[2] ?? "", 16);
  const publicKey = bytes.slice(1);
  const kind = kindOf(type);
  if (kind === "unsupported") return accepted({ name, keyId, kind, type, publicKey });
  if (publicKey.length !== ED25519_KEY_LENGTH) {
    return refused("KEY_MALFORMED", `the key of ${shown(name)} is not 32 bytes long`);
  }
  if (isWeakKey(publicKey)) {
    return refused("KEY_MALFORMED", `anyone could sign with the key of ${shown(name)}`);
  }
  if (keyId !== keyIdOf(name, type, publicKey)) {
    return refused("KEY_MALFORMED", `the id of ${shown(text)} does not fit its name and key`);
  }
  return accepted({ name, keyId, kind, type, publicKey });
}

/** Writes a verifier key as it is exchanged and put into policies. */
export function formatVerifierKey({ name, keyId, type, publicKey }: VerifierKey): string {
  const id = keyId.toString(16).padStart(8, "0");
  return `${name}+${id}+${base64(Uint8Array.of(type, ...publicKey))}`;
}

function kindOf(type: number): KeyKind {
  if (type === TYPES.ed25519) return "ed25519";
  return type === TYPES.cosignature ? "cosignature" : "unsupported";
}

// SHA-256(name, newline, type, key), the first four bytes.
function keyIdOf(name: string, type: number, publicKey: Uint8Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = sha256(
    Uint8Array.of(...utf8(name), 0x0a, type, ...publicKey),
  );
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

/** Name and id of a key as one text, to look it up by. */
export function keyOf({ name, keyId }: { readonly name: string; readonly keyId: number }): string {
  return `${name}+${bytesOfId(keyId).join(".")}`;
}
