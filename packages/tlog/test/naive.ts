// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import type { Hash, HashReader, TreeNode } from "@interlock/tlog";

// RFC 9162 section 2.1 word by word, on lists of entries: slow, and as plain as the text.

function sha(...parts: readonly Uint8Array[]): Hash {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

export function naiveRoot(entries: readonly Uint8Array[]): Hash {
  const [first] = entries;
  if (first === undefined) return sha();
  if (entries.length === 1) return sha(Uint8Array.of(0), first);
  const k = split(entries.length);
  return sha(Uint8Array.of(1), naiveRoot(entries.slice(0, k)), naiveRoot(entries.slice(k)));
}

export function naiveInclusion(m: number, entries: readonly Uint8Array[]): Hash[] {
  if (entries.length === 1) return [];
  const k = split(entries.length);
  const [left, right] = [entries.slice(0, k), entries.slice(k)];
  return m < k
    ? [...naiveInclusion(m, left), naiveRoot(right)]
    : [...naiveInclusion(m - k, right), naiveRoot(left)];
}

export function naiveConsistency(m: number, entries: readonly Uint8Array[]): Hash[] {
  return subproof(m, entries, true);
}

function subproof(m: number, entries: readonly Uint8Array[], complete: boolean): Hash[] {
  if (m === entries.length) return complete ? [] : [naiveRoot(entries)];
  const k = split(entries.length);
  const [left, right] = [entries.slice(0, k), entries.slice(k)];
  return m <= k
    ? [...subproof(m, left, complete), naiveRoot(right)]
    : [...subproof(m - k, right, false), naiveRoot(left)];
}

function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** Entries that differ from each other. */
export function entriesOf(count: number, seed = 0): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => new TextEncoder().encode(`entry ${seed}/${i}`));
}

/** Reads node hashes straight from the entries. */
export function naiveReader(entries: readonly Uint8Array[]): HashReader {
  const hashOf = ({ level, index }: TreeNode): Hash => {
    const own = entries.slice(index * 2 ** level, (index + 1) * 2 ** level);
    if (own.length !== 2 ** level) throw new Error(`no complete node ${level}/${index}`);
    return naiveRoot(own);
  };
  return (nodes) => Promise.resolve({ ok: true, value: nodes.map(hashOf) });
}
