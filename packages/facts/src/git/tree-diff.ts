// SPDX-License-Identifier: Apache-2.0
/**
 * What differs between two trees, by our own walk over tree objects whose content was checked
 * against their ids. Bounded: a tree that unfolds without end is cut off and says so.
 */
import type { ObjectReader } from "./object-reader.ts";
import {
  compareEntries,
  type EntrySpan,
  entryAt,
  isFolder,
  itemOf,
  MalformedTree,
  type TreeItem,
} from "./tree.ts";

/** One side of a path. */
export type Side = { readonly mode: string; readonly oid: string };

/** A path that differs, without rename detection. */
export type Difference = {
  readonly path: string;
  readonly before: Side | null;
  readonly after: Side | null;
};

/** Why not everything that differs could be listed. */
export type Incomplete = { readonly because: string; readonly help: string };

export type TreeDiff = {
  /** Sorted by path. */
  readonly differences: readonly Difference[];
  readonly incomplete: Incomplete | null;
};

/** Paths listed for one change. */
export const ENTRIES_MAX = 50_000;
/** Folders read for one change. */
const FOLDERS_MAX = 100_000;
/** As in the facts document, whose paths are no longer. */
export const PATH_MAX = 4_096;
/** A folder of a million entries; larger ones are an attack. */
export const TREE_MAX_BYTES = 64_000_000;
/** Folders read at a time, so that memory stays bounded. */
const AT_A_TIME = 64;

type Pair = {
  readonly prefix: string;
  readonly before: string | null;
  readonly after: string | null;
};
type Walk = {
  readonly reader: ObjectReader;
  readonly found: Difference[];
  readonly paths: Set<string>;
  incomplete: Incomplete | null;
};

/** `null` stands for a tree without entries. */
export async function diffTrees(
  reader: ObjectReader,
  before: string | null,
  after: string | null,
): Promise<TreeDiff> {
  const walk: Walk = { reader, found: [], paths: new Set(), incomplete: null };
  let folders = 0;
  let level: readonly Pair[] = before === after ? [] : [{ prefix: "", before, after }];
  while (level.length > 0 && walk.found.length <= ENTRIES_MAX) {
    const next: Pair[] = [];
    for (let from = 0; from < level.length; from += AT_A_TIME) {
      const batch = level.slice(from, from + AT_A_TIME);
      folders += batch.length;
      if (folders > FOLDERS_MAX || walk.found.length > ENTRIES_MAX) break;
      const deeper = await Promise.all(batch.map((pair) => compareFolders(walk, pair)));
      for (const pairs of deeper) next.push(...pairs);
      if (next.length > FOLDERS_MAX) break;
    }
    if (folders + next.length > FOLDERS_MAX) walk.incomplete ??= TOO_WIDE;
    level = folders + next.length > FOLDERS_MAX ? [] : next;
  }
  if (walk.found.length > ENTRIES_MAX) walk.incomplete = TOO_WIDE;
  const differences = walk.found
    .slice(0, ENTRIES_MAX)
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return { differences, incomplete: walk.incomplete };
}

const TOO_WIDE: Incomplete = {
  because: "the change touches more paths than are listed",
  help: "split the change",
};

async function compareFolders(walk: Walk, pair: Pair): Promise<readonly Pair[]> {
  const [a, b] = await Promise.all([
    folderBytes(walk, pair.before, pair.prefix),
    folderBytes(walk, pair.after, pair.prefix),
  ]);
  if (a === null || b === null) return [];
  try {
    return mergeFolders(walk, pair, a, b);
  } catch (error) {
    if (!(error instanceof MalformedTree)) throw error;
    walk.incomplete = malformed(pair.prefix, error.message);
    return [];
  }
}

const malformed = (prefix: string, why: string): Incomplete => ({
  because: `the folder \`${prefix === "" ? "/" : prefix}\` is stored in a way git would not write: ${why}`,
  help: "check the repository with `git fsck` and make the commit anew",
});

const NOTHING = Buffer.alloc(0);

async function folderBytes(walk: Walk, oid: string | null, prefix: string): Promise<Buffer | null> {
  if (oid === null) return NOTHING;
  const object = await walk.reader.read(oid, TREE_MAX_BYTES);
  if (object.kind === "content" && object.type === "tree") return object.bytes;
  walk.incomplete ??= {
    because: `the folder \`${prefix === "" ? "/" : prefix}\` cannot be read: object ${oid} ${fault(object)}`,
    help: "fetch the missing objects (`git fetch --unshallow`, `git fetch --refetch`) or mend the repository",
  };
  return null;
}

/** What is wrong with an object, to follow its id in a sentence. */
export function fault(object: { readonly kind: string; readonly detail?: string }): string {
  if (object.kind === "missing") return "is missing";
  if (object.kind === "too-large") return "is too large";
  return object.detail === undefined ? "is of another type" : `is corrupt: ${object.detail}`;
}

/** Walks two sorted folders side by side; folders that differ are returned to be compared next. */
function mergeFolders(walk: Walk, pair: Pair, a: Buffer, b: Buffer): readonly Pair[] {
  const idBytes = (pair.before ?? pair.after ?? "").length / 2;
  const folders = { a, b, idBytes };
  const deeper: Pair[] = [];
  let i = 0;
  let j = 0;
  let lastI = -1;
  let lastJ = -1;
  while (i < a.length || j < b.length) {
    const same = sameEntry(folders, i, j);
    if (same > 0) {
      lastI = i;
      lastJ = j;
      i += same;
      j += same;
      continue;
    }
    const x = i < a.length ? inOrder(a, entryAt(a, i, idBytes), lastI, idBytes) : null;
    const y = j < b.length ? inOrder(b, entryAt(b, j, idBytes), lastJ, idBytes) : null;
    const order = x === null ? 1 : y === null ? -1 : compareEntries(a, x, b, y);
    const left = x !== null && order <= 0 ? x : null;
    const right = y !== null && order >= 0 ? y : null;
    note(walk, pair.prefix, { a, left, b, right }, deeper);
    if (walk.found.length > ENTRIES_MAX) return [];
    if (left !== null) [lastI, i] = [i, left.end];
    if (right !== null) [lastJ, j] = [j, right.end];
  }
  return deeper;
}

/** A tree out of order, or with a name twice, would show one thing here and another elsewhere. */
function inOrder(tree: Buffer, span: EntrySpan, last: number, idBytes: number): EntrySpan {
  if (last >= 0 && compareEntries(tree, entryAt(tree, last, idBytes), tree, span) >= 0)
    throw new MalformedTree("its entries are out of order");
  return span;
}

/** Length of the entry when both sides are the same bytes, else 0. Most entries of a tree are. */
function sameEntry(
  { a, b, idBytes }: { readonly a: Buffer; readonly b: Buffer; readonly idBytes: number },
  i: number,
  j: number,
): number {
  let k = 0;
  while (a[i + k] === b[j + k] && a[i + k] !== 0 && i + k < a.length) k++;
  if (k === 0 || a[i + k] !== 0 || b[j + k] !== 0) return 0;
  const length = k + 1 + idBytes;
  if (i + length > a.length || j + length > b.length) return 0;
  for (k += 1; k < length; k++) if (a[i + k] !== b[j + k]) return 0;
  return length;
}

type Sides = {
  readonly a: Buffer;
  readonly left: EntrySpan | null;
  readonly b: Buffer;
  readonly right: EntrySpan | null;
};

function note(walk: Walk, prefix: string, sides: Sides, deeper: Pair[]): void {
  const { a, left, b, right } = sides;
  const before = left === null ? null : itemOf(a, left);
  const after = right === null ? null : itemOf(b, right);
  const path = prefix + (after ?? before)?.name;
  if (path.length > PATH_MAX) {
    walk.incomplete ??= {
      because: `a path is longer than ${PATH_MAX} characters`,
      help: "shorten the path",
    };
    return;
  }
  const folder = left !== null ? isFolder(a, left) : right !== null && isFolder(b, right);
  // In one step both sides are folders or neither is: git's order keeps a file and a folder apart.
  if (folder) {
    if (before?.oid !== after?.oid)
      deeper.push({ prefix: `${path}/`, before: before?.oid ?? null, after: after?.oid ?? null });
    return;
  }
  if (before !== null && after !== null && before.mode === after.mode && before.oid === after.oid)
    return;
  if (walk.paths.has(path)) throw new MalformedTree(`\`${path}\` is listed twice`);
  walk.paths.add(path);
  walk.found.push({ path, before: sideOf(before), after: sideOf(after) });
}

const sideOf = (item: TreeItem | null): Side | null =>
  item === null ? null : { mode: item.mode, oid: item.oid };
