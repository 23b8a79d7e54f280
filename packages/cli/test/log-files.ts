/** A log on disk, as a server lays it out (c2sp.org/tlog-tiles), with a key made from a seed. */
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  bundlePath,
  bundlesBetween,
  EMPTY_EDGE,
  encodeBundle,
  formatAddCheckpoint,
  formatNote,
  formatVerifierKey,
  growEdge,
  leafHash,
  proveConsistency,
  rootOfEdge,
  type SignBytes,
  signCheckpoint,
  TILE_WIDTH,
  type TreeEdge,
  tileReader,
  type VerifierKey,
  verifierKey,
} from "@interlock/tlog";
import { folder, put } from "./scratch.ts";

export const ORIGIN = "log.example.com/shop";

type Signer = { readonly key: VerifierKey; readonly sign: SignBytes };

// RFC 8410 section 7: the private key of Ed25519 in PKCS #8, without its 32 bytes.
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");

export function signer(name: string, seed: number): Signer {
  const der = Buffer.concat([PKCS8, Buffer.alloc(32, seed)]);
  const secret = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const spki = createPublicKey(secret).export({ format: "der", type: "spki" });
  const key = verifierKey(name, "ed25519", new Uint8Array(spki.subarray(-32)));
  return { key, sign: (bytes) => Promise.resolve(new Uint8Array(sign(null, bytes, secret))) };
}

export const LOG = signer(ORIGIN, 1);
export const TRUST = `log ${formatVerifierKey(LOG.key)}\nquorum none\n`;

export type Written = {
  readonly dir: string;
  readonly files: Map<string, Uint8Array>;
  readonly entries: Uint8Array[];
  edge: TreeEdge;
};

export const entriesOf = (count: number, mark: string): readonly Uint8Array[] =>
  Array.from({ length: count }, (_, i) => new TextEncoder().encode(`${mark} ${i}`));

export const newLog = (): Written => ({
  dir: folder(),
  files: new Map(),
  entries: [],
  edge: EMPTY_EDGE,
});

/** Appends, writes every new file and then the checkpoint, which it gives. */
export async function grow(log: Written, more: readonly Uint8Array[]): Promise<Uint8Array> {
  const from = log.edge.size;
  const { edge, tiles } = growEdge(log.edge, more.map(leafHash));
  log.entries.push(...more);
  for (const { path, bytes } of tiles) keep(log, path, bytes);
  for (const bundle of bundlesBetween(from, edge.size)) {
    const start = bundle.index * TILE_WIDTH;
    const made = encodeBundle(log.entries.slice(start, start + bundle.width));
    if (!made.ok) throw new Error(made.failure.message);
    keep(log, bundlePath(bundle), made.value);
  }
  log.edge = edge;
  const checkpoint = await checkpointOf(edge.size, rootOfEdge(edge));
  writeFileSync(join(log.dir, "checkpoint"), checkpoint);
  return checkpoint;
}

function keep(log: Written, path: string, bytes: Uint8Array): void {
  log.files.set(path, bytes);
  put(log.dir, { [path]: Buffer.from(bytes) });
}

export async function checkpointOf(
  size: number,
  root: Uint8Array,
  by: Signer = LOG,
): Promise<Uint8Array> {
  const tree = { origin: by.key.name, size, root, extensions: [] };
  return formatNote(await signCheckpoint(tree, by.key, by.sign));
}

/** A request that the present tree continues the one of `old` entries. */
export async function askingFrom(log: Written, old: number): Promise<Uint8Array> {
  const { size } = log.edge;
  const root = rootOfEdge(log.edge);
  const fetch = (path: string) => Promise.resolve(log.files.get(path) ?? null);
  const proof = await proveConsistency(old, size, tileReader({ size, root, fetch }).hashes);
  if (!proof.ok) throw new Error(proof.failure.message);
  return formatAddCheckpoint(old, proof.value, await checkpointOf(size, root));
}
