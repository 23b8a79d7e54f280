// SPDX-License-Identifier: Apache-2.0
import { utf8 } from "@interlock/digest";
import { base64, fromBase64 } from "./base64.ts";
import { accepted, invariant, type Outcome, refused, shown } from "./failure.ts";
import { HASH_LENGTH, type Hash, leafHash } from "./merkle/hash.ts";
import { MAX_PROOF_HASHES, verifyInclusion } from "./merkle/verify.ts";
import { MAX_NOTE_LENGTH } from "./note/note.ts";
import { textOf } from "./note/text.ts";
import type { Policy } from "./policy/parse.ts";
import { acceptCheckpoint, type WeighedCheckpoint, type WeighOptions } from "./policy/weigh.ts";
import { isSize, parseSize } from "./size.ts";

/** A proof that an entry is in a log, to be verified offline (c2sp.org/tlog-proof). */
export type TlogProof = {
  /** Not authenticated by anything: whoever passes the file on can change it. */
  readonly untrustedExtra: Uint8Array | null;
  readonly index: number;
  /** The inclusion proof, the leaf's sibling first. */
  readonly hashes: readonly Hash[];
  /** The signed checkpoint, byte for byte. */
  readonly checkpoint: Uint8Array;
};

const HEADER = "c2sp.org/tlog-proof@v1";

/** In bytes, before base64. */
export const MAX_EXTRA_LENGTH = 1 << 16;

/** In bytes: the longest note, the longest extra line, and 63 hashes. */
export const MAX_TLOG_PROOF_LENGTH = MAX_NOTE_LENGTH + 2 * MAX_EXTRA_LENGTH;

/** Writes a proof; what it gives is read back the same. */
export function formatTlogProof(proof: TlogProof): Uint8Array {
  const { untrustedExtra, index, hashes, checkpoint } = proof;
  invariant(isSize(index), "the index of an entry is a size");
  invariant(hashes.length <= MAX_PROOF_HASHES, "a proof has at most 63 hashes");
  invariant(
    (untrustedExtra?.length ?? 0) <= MAX_EXTRA_LENGTH,
    "extra data has at most 65,536 bytes",
  );
  const lines = [
    HEADER,
    ...(untrustedExtra === null ? [] : [`extra ${base64(untrustedExtra)}`]),
    `index ${index}`,
    ...hashes.map(base64),
  ];
  const head = utf8(`${lines.join("\n")}\n\n`);
  const bytes = new Uint8Array(head.length + checkpoint.length);
  bytes.set(head);
  bytes.set(checkpoint, head.length);
  return bytes;
}

/** Reads a proof, strictly. Its checkpoint is looked at only by `verifyTlogProof`. */
export function parseTlogProof(bytes: Uint8Array): Outcome<TlogProof> {
  if (bytes.length > MAX_TLOG_PROOF_LENGTH) {
    return malformed(`a proof of more than ${MAX_TLOG_PROOF_LENGTH} bytes is not read`);
  }
  const text = textOf(bytes);
  if (text === null) return malformed("the proof is not UTF-8");
  const end = text.indexOf("\n\n");
  if (end === -1) return malformed("the proof has no empty line before its checkpoint");
  const [header, ...lines] = text.slice(0, end).split("\n", MAX_PROOF_HASHES + 4);
  if (header !== HEADER) return malformed(`the proof does not begin with \`${HEADER}\``);
  const extra = readExtra(lines[0] ?? "");
  if (extra === undefined) return malformed("the extra data is not base64 or too long");
  const [indexLine = "", ...hashLines] = extra === null ? lines : lines.slice(1);
  const index = indexLine.startsWith("index ") ? parseSize(indexLine.slice(6)) : null;
  if (index === null) return malformed(`${shown(indexLine)} is no line of an index`);
  const hashes = readHashes(hashLines);
  if (hashes === null) return malformed("the proof has more than 63 hashes, or one that is none");
  // The part before the checkpoint is ASCII by now, so characters are bytes.
  const checkpoint = bytes.slice(end + 2);
  return accepted({ untrustedExtra: extra, index, hashes, checkpoint });
}

function readExtra(line: string): Uint8Array | null | undefined {
  if (!line.startsWith("extra ")) return null;
  const bytes = fromBase64(line.slice(6));
  return bytes === null || bytes.length > MAX_EXTRA_LENGTH ? undefined : bytes;
}

/** Hashes in base64, one a line, or `null` when one is none or there are too many. */
export function readHashes(lines: readonly string[]): readonly Hash[] | null {
  if (lines.length > MAX_PROOF_HASHES) return null;
  const hashes: Hash[] = [];
  for (const line of lines) {
    const hash = fromBase64(line);
    if (hash?.length !== HASH_LENGTH) return null;
    hashes.push(hash);
  }
  return hashes;
}

/** What is certain after a proof has been verified, and the extra data, which is not. */
export type VerifiedEntry = WeighedCheckpoint & {
  readonly index: number;
  readonly untrustedExtra: Uint8Array | null;
};

/**
 * Verifies that an entry is in a log under a policy.
 *
 * INVARIANT (leaf binding): the leaf is hashed here from `entry`, which the caller has rebuilt from
 * the content it is about to trust. A proof never brings its own leaf, so a valid proof of some other
 * entry is refused.
 */
export async function verifyTlogProof(
  entry: Uint8Array,
  bytes: Uint8Array,
  policy: Policy,
  options: WeighOptions = {},
): Promise<Outcome<VerifiedEntry>> {
  const proof = parseTlogProof(bytes);
  if (!proof.ok) return proof;
  const { index, hashes, untrustedExtra } = proof.value;
  const weighed = await acceptCheckpoint(policy, proof.value.checkpoint, options);
  if (!weighed.ok) return weighed;
  const { size, root } = weighed.value.checkpoint;
  const claim = { leafHash: leafHash(entry), index, size, root, proof: hashes };
  const included = verifyInclusion(claim);
  return included.ok ? accepted({ ...weighed.value, index, untrustedExtra }) : included;
}

function malformed(says: string): Outcome<never> {
  return refused("PROOF_MALFORMED", says);
}
