// SPDX-License-Identifier: Apache-2.0
/** Raw tree objects: `<octal mode> <name>\0<id>` repeated, sorted (git, "Tree object format"). */
import { pathText } from "./path.ts";

/** Where one entry lies in the bytes of its tree. */
export type EntrySpan = {
  readonly start: number;
  readonly nameStart: number;
  readonly nameEnd: number;
  /** Behind the id. */
  readonly end: number;
};

export type TreeItem = {
  readonly name: string;
  /** Six octal digits, as git writes them: `100644`, `100755`, `120000`, `160000`, `040000`. */
  readonly mode: string;
  readonly oid: string;
};

/** Bytes that are no tree; whoever made them wanted something. */
export class MalformedTree extends Error {
  override readonly name = "MalformedTree";
}

const SPACE = 32;
const SLASH = 47;
const FOUR = 52;

/** The entry that starts at a place. Throws `MalformedTree`. */
export function entryAt(tree: Buffer, start: number, idBytes: number): EntrySpan {
  let nameStart = start;
  while (tree[nameStart] !== SPACE) {
    const digit = tree[nameStart] ?? 0;
    if (digit < 48 || digit > 55 || nameStart - start > 6)
      throw new MalformedTree("an entry has no mode");
    nameStart += 1;
  }
  nameStart += 1;
  const nameEnd = tree.indexOf(0, nameStart);
  const end = nameEnd + 1 + idBytes;
  if (nameEnd <= nameStart || end > tree.length) throw new MalformedTree("an entry is cut off");
  return { start, nameStart, nameEnd, end };
}

/** All entries of a tree. Throws `MalformedTree`. */
export function parseTree(tree: Buffer, idBytes: number): readonly TreeItem[] {
  const items: TreeItem[] = [];
  for (let at = 0; at < tree.length; ) {
    const span = entryAt(tree, at, idBytes);
    items.push(itemOf(tree, span));
    at = span.end;
  }
  return items;
}

/** Throws `MalformedTree` for a name that could stand for another path. */
export function itemOf(tree: Buffer, span: EntrySpan): TreeItem {
  const bytes = tree.subarray(span.nameStart, span.nameEnd);
  if (bytes.includes(SLASH)) throw new MalformedTree("a name holds a slash");
  const name = pathText(bytes);
  if (name === "." || name === "..") throw new MalformedTree(`a name is \`${name}\``);
  if (mayBeDotGit(bytes) && isDotGit(name))
    throw new MalformedTree(`a name is read as \`.git\` where it is checked out: \`${name}\``);
  return {
    name,
    mode: canonicalMode(tree.toString("latin1", span.start, span.nameStart - 1)),
    oid: tree.toString("hex", span.nameEnd + 1, span.end),
  };
}

const BACKSLASH = 92;
/** `.`, `g`, `G`, and the first bytes of the characters that HFS+ ignores. */
const DOT_GIT_STARTS = new Set([46, 103, 71, 0xe2, 0xef]);

const mayBeDotGit = (name: Buffer): boolean =>
  DOT_GIT_STARTS.has(name[0] ?? 0) || name.includes(BACKSLASH);

/**
 * Whether some file system that git knows would take a name for the repository's own folder: any
 * case, HFS+ with characters that it ignores, NTFS with short names, streams, and what it drops at
 * the end (git's `is_hfs_dotgit` and `is_ntfs_dotgit`, CVE-2014-9390).
 */
function isDotGit(name: string): boolean {
  return name.split("\\").some((part) => {
    const seen = part
      .replace(IGNORED_BY_HFS, "")
      .replace(/:.*$/s, "")
      .replace(/[ .]+$/, "");
    return /^(?:\.git|git~1)$/i.test(seen);
  });
}

const IGNORED_BY_HFS = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/gu;

export const isFolder = (tree: Buffer, span: EntrySpan): boolean =>
  // `40000`, and `040000` as some old tools wrote it.
  tree[span.start] === FOUR || (tree[span.start] === 48 && tree[span.start + 1] === FOUR);

/** Git's order: a folder sorts as if its name ended with a slash. */
export function compareEntries(a: Buffer, x: EntrySpan, b: Buffer, y: EntrySpan): number {
  const length = Math.min(x.nameEnd - x.nameStart, y.nameEnd - y.nameStart);
  for (let i = 0; i < length; i++) {
    const difference = (a[x.nameStart + i] ?? 0) - (b[y.nameStart + i] ?? 0);
    if (difference !== 0) return difference;
  }
  return after(a, x, length) - after(b, y, length);
}

function after(tree: Buffer, span: EntrySpan, length: number): number {
  if (span.nameStart + length < span.nameEnd) return tree[span.nameStart + length] ?? 0;
  return isFolder(tree, span) ? SLASH : 0;
}

/** Like git, which keeps of a file's mode only whether it may be executed. */
function canonicalMode(octal: string): string {
  const mode = Number.parseInt(octal, 8);
  const kind = mode & 0o170000;
  if (kind === 0o100000) return (mode & 0o100) === 0 ? "100644" : "100755";
  if (kind === 0o120000) return "120000";
  if (kind === 0o040000) return "040000";
  if (kind === 0o160000) return "160000";
  throw new MalformedTree(`an entry has the mode \`${octal}\``);
}
