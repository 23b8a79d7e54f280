// SPDX-License-Identifier: Apache-2.0
/** A receipt of a log of a million entries, three witnesses, against its four bare signatures. */
import { generateKeyPairSync, sign, verify } from "node:crypto";
import { interleaved, shownComparison } from "@interlock/testkit";
import {
  cosign,
  formatNote,
  formatTlogProof,
  formatVerifierKey,
  leafHash,
  parsePolicy,
  signCheckpoint,
  TREE_HASH,
  verifierKey,
  verifyTlogProof,
} from "@interlock/tlog";

const ROUNDS = { warmUp: 3, measured: 11 };
const CALLS = 50;
const NOW = 1_893_456_000;

function signer(name: string, kind: "ed25519" | "cosignature") {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  const signBytes = (bytes: Uint8Array): Promise<Uint8Array> =>
    Promise.resolve(sign(null, bytes, privateKey));
  return {
    key: verifierKey(name, kind, new Uint8Array(raw)),
    sign: signBytes,
    publicKey,
    privateKey,
  };
}

const entry = new TextEncoder().encode("an entry");
const hashes = Array.from({ length: 20 }, (_, i) => leafHash(Uint8Array.of(i)));
const size = 2 ** 20;
const root = hashes.reduce((below, sibling) => TREE_HASH.node(below, sibling), leafHash(entry));
const log = signer("log.example.com", "ed25519");
const witnesses = ["a", "b", "c"].map((name) => signer(`${name}.example.com`, "cosignature"));

const head = { origin: "log.example.com", size, root, extensions: [] };
const note = await signCheckpoint(head, log.key, log.sign);
const cosignatures = await Promise.all(witnesses.map((w) => cosign(note.text, w.key, NOW, w.sign)));
const checkpoint = formatNote({ ...note, signatures: [...note.signatures, ...cosignatures] });
const receipt = formatTlogProof({ untrustedExtra: null, index: 0, hashes, checkpoint });
const lines = [
  `log ${formatVerifierKey(log.key)}`,
  ...witnesses.map((w, i) => `witness w${i} ${formatVerifierKey(w.key)}`),
  "group g 2 w0 w1 w2",
  "quorum g",
  "",
];
const policy = parsePolicy(new TextEncoder().encode(lines.join("\n")));
if (!policy.ok) throw new Error(policy.failure.message);
const trusted = policy.value;

const bare = [log, ...witnesses].map(({ publicKey, privateKey }) => ({
  publicKey,
  signature: sign(null, checkpoint, privateKey),
}));

const compared = await interleaved(
  async () => {
    for (let i = 0; i < CALLS; i++) {
      const verified = await verifyTlogProof(entry, receipt, trusted, { now: NOW });
      if (!verified.ok) throw new Error(verified.failure.message);
    }
  },
  () => {
    for (let i = 0; i < CALLS; i++) {
      for (const { publicKey, signature } of bare) verify(null, checkpoint, publicKey, signature);
    }
  },
  ROUNDS,
);
console.log(`a receipt of ${receipt.length} bytes`);
console.log(shownComparison("receipt verified / its four signatures", compared, CALLS));
