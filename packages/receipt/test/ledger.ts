// SPDX-License-Identifier: Apache-2.0
/** A log in memory whose tree is RFC 9162 section 2.1 word by word, signed by one log and two witnesses. */
import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import {
  cosign,
  formatNote,
  formatVerifierKey,
  type Policy,
  parsePolicy,
  type SignBytes,
  signCheckpoint,
  type VerifierKey,
  verifierKey,
} from "@interlock/tlog";

export const LEDGER = "log.example.com/interlock";

type Signer = { readonly key: VerifierKey; readonly sign: SignBytes };

// RFC 8410 section 7: the private key of Ed25519 in PKCS #8, without its 32 bytes.
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");

function signer(name: string, kind: "ed25519" | "cosignature", seed: number): Signer {
  const der = Buffer.concat([PKCS8, Buffer.alloc(32, seed)]);
  const secret = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const spki = createPublicKey(secret).export({ format: "der", type: "spki" });
  const key = verifierKey(name, kind, new Uint8Array(spki.subarray(-32)));
  return { key, sign: (bytes) => Promise.resolve(new Uint8Array(sign(null, bytes, secret))) };
}

export const LOG = signer(LEDGER, "ed25519", 1);
/** Another log under the same name: what a stolen name without the key comes to. */
export const IMPOSTOR = signer(LEDGER, "ed25519", 2);
export const STAGING = signer("log.example.com/staging", "ed25519", 3);
export const WITNESSES = [11, 12].map((seed, i) =>
  signer(`w${i + 1}.example.com`, "cosignature", seed),
);

export function policyText(logs: readonly Signer[], quorum: "all" | "none"): string {
  const lines = logs.map(({ key }) => `log ${formatVerifierKey(key)}`);
  const names = WITNESSES.map((_, i) => `w${i + 1}`);
  for (const [i, { key }] of WITNESSES.entries())
    lines.push(`witness ${names[i]} ${formatVerifierKey(key)}`);
  lines.push(`group everybody all ${names.join(" ")}`);
  lines.push(`quorum ${quorum === "all" ? "everybody" : "none"}`);
  return `${lines.join("\n")}\n`;
}

export function policyOf(logs: readonly Signer[], quorum: "all" | "none"): Policy {
  const read = parsePolicy(new TextEncoder().encode(policyText(logs, quorum)));
  if (!read.ok) throw new Error(read.failure.message);
  return read.value;
}

/** The signed checkpoint of the tree of these leaves, as text. */
export async function checkpointOf(
  leaves: readonly Uint8Array[],
  by: Signer,
  witnesses: readonly Signer[] = WITNESSES,
): Promise<string> {
  const root = rootOf(leaves);
  const tree = { origin: by.key.name, size: leaves.length, root, extensions: [] };
  const note = await signCheckpoint(tree, by.key, by.sign);
  const cosignatures = await Promise.all(
    witnesses.map((w) => cosign(note.text, w.key, 1_903_942_900, w.sign)),
  );
  const signed = { text: note.text, signatures: [...note.signatures, ...cosignatures] };
  return new TextDecoder().decode(formatNote(signed));
}

function sha(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(createHash("sha256").update(Buffer.concat(parts)).digest());
}

function rootOf(leaves: readonly Uint8Array[]): Uint8Array {
  const [first] = leaves;
  if (first === undefined) return sha();
  if (leaves.length === 1) return sha(Uint8Array.of(0), first);
  const k = split(leaves.length);
  return sha(Uint8Array.of(1), rootOf(leaves.slice(0, k)), rootOf(leaves.slice(k)));
}

export function inclusionOf(index: number, leaves: readonly Uint8Array[]): readonly Uint8Array[] {
  if (leaves.length <= 1) return [];
  const k = split(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return index < k
    ? [...inclusionOf(index, left), rootOf(right)]
    : [...inclusionOf(index - k, right), rootOf(left)];
}

/** The largest power of two smaller than `n`. */
function split(n: number): number {
  return 2 ** Math.ceil(Math.log2(n) - 1);
}
