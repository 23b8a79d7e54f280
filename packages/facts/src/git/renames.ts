// SPDX-License-Identifier: Apache-2.0
/**
 * Which removals and additions are one file that moved. It is for people and for the past of a file;
 * the digest knows no renames. Deterministic, and the same whatever git is installed.
 */
import type { ObjectReader } from "./object-reader.ts";
import type { Difference } from "./tree-diff.ts";

export type Rename = {
  readonly from: Difference;
  readonly to: Difference;
  /** Share of the content that both have, in percent; 100 for the same blob. */
  readonly similarity: number;
};

export type Renames = {
  readonly renames: readonly Rename[];
  /** Too many candidates were left to compare their content, so only unchanged moves are found. */
  readonly cut: boolean;
};

/** Git's own threshold for a rename. */
const SIMILARITY_MIN = 50;
/** Pairs whose content is compared; git's default limit is of the same order. */
const PAIRS_MAX = 40_000;
/** Content read for one change to find them. */
const BYTES_MAX = 32_000_000;
const FILE_MAX_BYTES = 1_000_000;

export async function findRenames(
  reader: ObjectReader,
  differences: readonly Difference[],
): Promise<Renames> {
  const removed = differences.filter((d) => d.before !== null && d.after === null);
  const added = differences.filter((d) => d.before === null && d.after !== null);
  if (removed.length === 0 || added.length === 0) return { renames: [], cut: false };
  const exact = unchangedMoves(removed, added);
  const taken = new Set(exact.flatMap((r) => [r.from, r.to]));
  const left = removed.filter((d) => !taken.has(d) && isFile(d.before?.mode));
  const right = added.filter((d) => !taken.has(d) && isFile(d.after?.mode));
  if (left.length === 0 || right.length === 0) return { renames: exact, cut: false };
  if (left.length * right.length > PAIRS_MAX) return { renames: exact, cut: true };
  const edited = await editedMoves(reader, left, right);
  return { renames: [...exact, ...edited.renames], cut: edited.cut };
}

const isFile = (mode: string | undefined): boolean => mode?.startsWith("100") === true;
const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
/** Blobs without content are alike by nature and move nothing. */
const EMPTY_BLOBS = new Set([
  "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
  "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
]);

function unchangedMoves(
  removed: readonly Difference[],
  added: readonly Difference[],
): readonly Rename[] {
  const sources = new Map<string, Difference[]>();
  for (const from of removed) {
    const oid = from.before?.oid ?? "";
    if (!EMPTY_BLOBS.has(oid)) sources.set(oid, [...(sources.get(oid) ?? []), from]);
  }
  const renames: Rename[] = [];
  const waiting: Difference[] = [];
  const claim = (to: Difference, from: Difference | undefined) => {
    const candidates = sources.get(to.after?.oid ?? "") ?? [];
    if (from === undefined || !sameKind(from, to)) return false;
    candidates.splice(candidates.indexOf(from), 1);
    renames.push({ from, to, similarity: 100 });
    return true;
  };
  // A file that keeps its name comes first; what is left over pairs in the order of the paths.
  for (const to of added) {
    const candidates = sources.get(to.after?.oid ?? "") ?? [];
    const sameName = candidates.find((from) => nameOf(from.path) === nameOf(to.path));
    if (!claim(to, sameName)) waiting.push(to);
  }
  for (const to of waiting) claim(to, sources.get(to.after?.oid ?? "")?.[0]);
  return renames;
}

const sameKind = (from: Difference, to: Difference): boolean =>
  from.before?.mode.slice(0, 3) === to.after?.mode.slice(0, 3);

type Chunks = { readonly size: number; readonly bytes: ReadonlyMap<string, number> };

async function editedMoves(
  reader: ObjectReader,
  left: readonly Difference[],
  right: readonly Difference[],
): Promise<Renames> {
  const budget = { left: BYTES_MAX };
  const sources = await chunksOf(reader, left, budget);
  const targets = await chunksOf(reader, right, budget);
  const scored: Rename[] = [];
  for (const [from, a] of sources)
    for (const [to, b] of targets) {
      // Sizes so different cannot share enough.
      if (Math.min(a.size, b.size) * 100 < Math.max(a.size, b.size) * SIMILARITY_MIN) continue;
      const similarity = similarityOf(a, b);
      if (similarity >= SIMILARITY_MIN) scored.push({ from, to, similarity });
    }
  scored.sort(bestFirst);
  const used = new Set<Difference>();
  const renames = scored.filter(({ from, to }) => {
    if (used.has(from) || used.has(to)) return false;
    used.add(from).add(to);
    return true;
  });
  return { renames, cut: budget.left < 0 };
}

async function chunksOf(
  reader: ObjectReader,
  files: readonly Difference[],
  budget: { left: number },
): Promise<ReadonlyMap<Difference, Chunks>> {
  const read = new Map<Difference, Chunks>();
  for (const file of files) {
    const side = file.before ?? file.after;
    if (side === null || budget.left < 0) continue;
    const object = await reader.read(side.oid, FILE_MAX_BYTES);
    if (object.kind !== "content" || object.bytes.length === 0) continue;
    budget.left -= object.bytes.length;
    read.set(file, { size: object.bytes.length, bytes: chunks(object.bytes) });
  }
  return read;
}

const CHUNK_MAX = 64;

/** Bytes by line, long lines cut into pieces, as git's own estimate does. */
function chunks(content: Buffer): ReadonlyMap<string, number> {
  const bytes = new Map<string, number>();
  for (let from = 0; from < content.length; ) {
    const newline = content.indexOf(10, from);
    const end = newline < 0 ? content.length : newline + 1;
    const to = Math.min(end, from + CHUNK_MAX);
    const chunk = content.toString("latin1", from, to);
    bytes.set(chunk, (bytes.get(chunk) ?? 0) + chunk.length);
    from = to;
  }
  return bytes;
}

function similarityOf(a: Chunks, b: Chunks): number {
  const [few, many] = a.bytes.size <= b.bytes.size ? [a.bytes, b.bytes] : [b.bytes, a.bytes];
  let shared = 0;
  for (const [chunk, bytes] of few) shared += Math.min(bytes, many.get(chunk) ?? 0);
  return Math.floor((shared * 100) / Math.max(a.size, b.size));
}

function bestFirst(a: Rename, b: Rename): number {
  if (a.similarity !== b.similarity) return b.similarity - a.similarity;
  const named = (r: Rename) => (nameOf(r.from.path) === nameOf(r.to.path) ? 0 : 1);
  if (named(a) !== named(b)) return named(a) - named(b);
  const x = `${a.to.path}\0${a.from.path}`;
  const y = `${b.to.path}\0${b.from.path}`;
  return x < y ? -1 : x > y ? 1 : 0;
}
