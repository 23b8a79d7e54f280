// SPDX-License-Identifier: Apache-2.0
/** From what differs between two trees to raw files with their text, and to the change's digest. */
import { isUnknown, type Unknown } from "@interlock/core";
import type { ChangeInput, Digest } from "@interlock/digest";
import type { RawFile } from "../gather/input.ts";
import type { ParsedAttributes } from "./attributes.ts";
import { type Blob, CORRUPT, digestOfChange, inputOfChange, MISSING } from "./change-digest.ts";
import { blobText } from "./path.ts";
import type { Repository } from "./repository.ts";
import type { TreeChange, TreeEntry } from "./tree-change.ts";

/** A file above this is hashed but not parsed. */
export const TEXT_MAX_BYTES = 4_000_000;
/** Text read for one change, both sides together. */
export const CHANGE_TEXT_MAX_BYTES = 128_000_000;
/** Content hashed for one change. What is beyond leaves its digest unknown. */
export const CHANGE_HASHED_MAX_BYTES = 20_000_000_000;
/** Files read at a time, so that memory stays bounded. */
const AT_A_TIME = 32;

/** What several changes of one run share. */
export type ReadingMemory = { readonly parsedAttributes: ParsedAttributes };

export const readingMemory = (): ReadingMemory => ({ parsedAttributes: new Map() });

export type ReadChange = {
  readonly files: readonly RawFile[];
  /** Unknown also when the effective gitattributes are: they say what a reviewer is shown. */
  readonly digest: string | Unknown;
};

export type ReadRequest = {
  readonly repository: Repository;
  /** The tree or commit after the change, from which attributes are read. */
  readonly after: string;
  readonly change: TreeChange;
  readonly identity: string;
  readonly target: string;
  /** Of what was made from the change outside the repository. */
  readonly plan?: Digest | null;
  /** Digest of the change documents. */
  readonly document?: Digest | null;
  readonly memory: ReadingMemory;
  /** Paths whose text nobody will ask for are hashed only. */
  readonly wantsText: (path: string) => boolean;
};

/** One entry with what its sides are. */
export type ReadEntry = {
  readonly entry: TreeEntry;
  readonly before: Blob;
  readonly after: Blob;
  /** A source asks for its text. */
  readonly wanted: boolean;
};

type Budget = { text: number; hashed: number };

/** Reads both sides of every entry, bounded, and computes the digest that approvals are bound to. */
export async function readChange(request: ReadRequest): Promise<ReadChange> {
  const { entries } = request.change;
  const budget: Budget = { text: CHANGE_TEXT_MAX_BYTES, hashed: CHANGE_HASHED_MAX_BYTES };
  const files: Omit<RawFile, "attributes">[] = [];
  const read: ReadEntry[] = [];
  for (let from = 0; from < entries.length; from += AT_A_TIME) {
    const batch = entries.slice(from, from + AT_A_TIME);
    const sides = await Promise.all(batch.map((entry) => sidesOf(request, entry, budget)));
    for (const side of sides) {
      files.push(rawFile(side, budget));
      // The digest needs no content, and that of fifty thousand files must not be held at once.
      read.push({ ...side, before: withoutBytes(side.before), after: withoutBytes(side.after) });
    }
  }
  const { digest, attributes } = await digestOfChange(request, read);
  const of = (path: string) => (isUnknown(attributes) ? {} : (attributes.get(path) ?? {}));
  return { files: files.map((f) => ({ ...f, attributes: of(f.path) })), digest };
}

export type ContentsRequest = Omit<ReadRequest, "memory" | "wantsText">;

/** A content of the change: its SHA-256, size, and Git id to read it by. */
export type ContentAt = { readonly content: string; readonly bytes: number; readonly oid: string };

export type ChangeContents = {
  /** What the change digest is made of. */
  readonly input: ChangeInput;
  /** Every content with bytes of its own, each once, in the order of the paths. */
  readonly contents: readonly ContentAt[];
};

/** What the digest of a change is made of, for people to read; unknown where the digest is. */
export async function readContents(given: ContentsRequest): Promise<ChangeContents | Unknown> {
  const request = { ...given, memory: readingMemory(), wantsText: () => false };
  const budget: Budget = { text: 0, hashed: CHANGE_HASHED_MAX_BYTES };
  const read: ReadEntry[] = [];
  const { entries } = request.change;
  for (let from = 0; from < entries.length; from += AT_A_TIME) {
    const batch = entries.slice(from, from + AT_A_TIME);
    read.push(...(await Promise.all(batch.map((entry) => sidesOf(request, entry, budget)))));
  }
  const { input } = await inputOfChange(request, read);
  if (isUnknown(input)) return input;
  const contents = new Map<string, ContentAt>();
  for (const { entry, before, after } of read)
    for (const [side, oid] of [
      [before, entry.oldOid],
      [after, entry.oid],
    ] as const)
      if (side.kind === "read" && side.content !== null && !contents.has(side.content))
        contents.set(side.content, { content: side.content, bytes: side.size, oid });
  return { input, contents: [...contents.values()] };
}

const ABSENT: Blob = { kind: "absent", bytes: null, size: 0, content: null };
const withoutBytes = (blob: Blob): Blob => ({ ...blob, bytes: null });

async function sidesOf(request: ReadRequest, entry: TreeEntry, budget: Budget): Promise<ReadEntry> {
  const { repository, wantsText } = request;
  // Binary content is nobody's text, however large.
  const wanted =
    entry.counted !== "binary" &&
    (wantsText(entry.path) || (entry.oldPath !== null && wantsText(entry.oldPath)));
  const limit = wanted ? TEXT_MAX_BYTES : 0;
  const [before, after] = await Promise.all([
    blobOf(repository, { oid: entry.oldOid, mode: entry.oldMode, limit }, budget),
    blobOf(repository, { oid: entry.oid, mode: entry.mode, limit }, budget),
  ]);
  return { entry, before, after, wanted };
}

async function blobOf(
  repository: Repository,
  side: { readonly oid: string; readonly mode: string; readonly limit: number },
  budget: Budget,
): Promise<Blob> {
  if (side.mode === "000000") return ABSENT;
  if (side.mode === "160000")
    return { kind: "submodule", bytes: null, size: 0, content: `submodule:${side.oid}` };
  if (budget.hashed < 0) return { ...ABSENT, kind: "over-budget" };
  const blob = await repository.blob(side.oid, side.limit);
  if (blob.kind !== "blob") return { ...ABSENT, kind: blob.kind };
  budget.hashed -= blob.size;
  return { kind: "read", bytes: blob.bytes, size: blob.size, content: blob.sha256 };
}

function rawFile(
  { entry, before, after, wanted }: ReadEntry,
  budget: Budget,
): Omit<RawFile, "attributes"> {
  const unread = wanted ? whyUnread(before, after, budget) : null;
  if (wanted && unread === null) budget.text -= before.size + after.size;
  const text = (side: Blob) =>
    wanted && unread === null && side.bytes !== null ? blobText(side.bytes) : null;
  return {
    path: entry.path,
    oldPath: entry.oldPath,
    status: entry.status,
    mode: entry.mode,
    oldMode: entry.oldMode,
    oid: entry.oid,
    oldOid: entry.oldOid,
    added: entry.added ?? 0,
    deleted: entry.deleted ?? 0,
    binary: entry.counted === "binary",
    bytesBefore: before.size,
    bytesAfter: after.size,
    before: text(before),
    after: text(after),
    unread,
  };
}

function whyUnread(before: Blob, after: Blob, budget: Budget): RawFile["unread"] {
  const kinds = [before.kind, after.kind];
  if (kinds.includes("missing")) return { code: "missing-object", ...MISSING };
  if (kinds.includes("corrupt")) return { code: "corrupt-object", ...CORRUPT };
  const size = Math.max(before.size, after.size);
  if (size > TEXT_MAX_BYTES)
    return {
      code: "too-large",
      detail: `${size} bytes, more than ${TEXT_MAX_BYTES}`,
      help: "have its owners review it; a rule cannot",
    };
  if (kinds.includes("over-budget") || before.size + after.size > budget.text)
    return {
      code: "over-budget",
      detail: `the change holds more than ${CHANGE_TEXT_MAX_BYTES} bytes of text`,
      help: "split the change",
    };
  return null;
}
