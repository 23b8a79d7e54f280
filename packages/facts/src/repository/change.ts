// SPDX-License-Identifier: Apache-2.0
/** From what differs between two trees to raw files with their text, and to the change's digest. */
import { createHash } from "node:crypto";
import { type Unknown, unknown } from "@interlock/core";
import { type ChangeEntry, type Content, changeDigest, DigestError } from "@interlock/digest";
import type { RawFile } from "../gather/input.ts";
import {
  type AttributeFiles,
  attributesOf,
  foldersDown,
  type ParsedAttributes,
} from "./attributes.ts";
import { blobText } from "./path.ts";
import type { Repository } from "./repository.ts";
import type { TreeChange, TreeEntry } from "./tree-change.ts";

/** A file above this is hashed but not parsed. */
export const TEXT_MAX_BYTES = 4_000_000;
/** Text read for one change, both sides together. */
export const CHANGE_TEXT_MAX_BYTES = 128_000_000;
const HELD_MAX_BYTES = 16_000_000;
const FOLDERS_MAX = 5_000;

type Blob = {
  readonly kind: "content" | "too-large" | "missing" | "absent" | "submodule";
  readonly bytes: Buffer | null;
  readonly size: number;
  readonly content: Content;
};

const ABSENT: Blob = { kind: "absent", bytes: null, size: 0, content: null };

/** Remembers content digests by object id: the new side of one commit is the old side of the next. */
export type ReadingMemory = {
  readonly digests: Map<string, string>;
  readonly parsedAttributes: ParsedAttributes;
};

export const readingMemory = (): ReadingMemory => ({
  digests: new Map(),
  parsedAttributes: new Map(),
});
const MEMORY_MAX = 200_000;

export type ReadChange = {
  readonly files: readonly RawFile[];
  readonly digest: string | Unknown;
};

export type ReadRequest = {
  readonly repository: Repository;
  /** The tree or commit after the change, from which attributes are read. */
  readonly after: string;
  readonly change: TreeChange;
  readonly identity: string;
  readonly target: string;
  readonly memory: ReadingMemory;
  /** Paths whose text nobody will ask for are hashed only. */
  readonly wantsText: (path: string) => boolean;
};

/** Reads both sides of every entry, bounded, and computes the digest that approvals are bound to. */
export async function readChange(request: ReadRequest): Promise<ReadChange> {
  const { change } = request;
  const budget = { left: CHANGE_TEXT_MAX_BYTES };
  const read = await Promise.all(
    change.entries.map(async (entry) => {
      const [before, after] = await Promise.all([
        blob(request, entry.oldOid, entry.oldMode),
        blob(request, entry.oid, entry.mode),
      ]);
      return { entry, before, after };
    }),
  );
  const files = read.map(({ entry, before, after }) =>
    rawFile(entry, before, after, request.wantsText, budget),
  );
  return { files, digest: await digestOfChange(request, read) };
}

async function blob({ repository, memory }: ReadRequest, oid: string, mode: string): Promise<Blob> {
  if (/^0+$/.test(oid) || mode === "000000") return ABSENT;
  if (mode === "160000")
    return { kind: "submodule", bytes: null, size: 0, content: `submodule:${oid}` };
  const object = await repository.object(oid, HELD_MAX_BYTES);
  if (object.kind === "missing") return { kind: "missing", bytes: null, size: 0, content: null };
  if (object.kind === "too-large")
    return {
      kind: "too-large",
      bytes: null,
      size: object.size,
      content: await remembered(memory, oid, () => repository.hash(oid)),
    };
  const content = await remembered(memory, oid, () =>
    createHash("sha256").update(object.bytes).digest("hex"),
  );
  return { kind: "content", bytes: object.bytes, size: object.bytes.length, content };
}

async function remembered(
  memory: ReadingMemory,
  oid: string,
  compute: () => string | Promise<string>,
): Promise<string> {
  const known = memory.digests.get(oid);
  if (known !== undefined) return known;
  const digest = await compute();
  if (memory.digests.size >= MEMORY_MAX) memory.digests.clear();
  memory.digests.set(oid, digest);
  return digest;
}

function rawFile(
  entry: TreeEntry,
  before: Blob,
  after: Blob,
  wantsText: (path: string) => boolean,
  budget: { left: number },
): RawFile {
  // Binary content is nobody's text, however large.
  const wanted =
    entry.added !== null &&
    (wantsText(entry.path) || (entry.oldPath !== null && wantsText(entry.oldPath)));
  const unread = wanted ? whyUnread(before, after, budget) : null;
  budget.left -= wanted && unread === null ? before.size + after.size : 0;
  const text = (side: Blob) =>
    wanted && unread === null && side.bytes !== null ? blobText(side.bytes) : null;
  return {
    path: entry.path,
    oldPath: entry.oldPath,
    status: entry.status,
    mode: entry.mode,
    oldMode: entry.oldMode,
    added: entry.added ?? 0,
    deleted: entry.deleted ?? 0,
    binary: entry.added === null,
    bytesBefore: before.size,
    bytesAfter: after.size,
    before: text(before),
    after: text(after),
    unread,
  };
}

function whyUnread(
  before: Blob,
  after: Blob,
  budget: { readonly left: number },
): RawFile["unread"] {
  if (before.kind === "missing" || after.kind === "missing")
    return {
      code: "missing-object",
      detail: "the repository does not hold its content",
      help: "fetch the missing objects: `git fetch --refetch` without a filter",
    };
  const size = Math.max(before.size, after.size);
  if (size > TEXT_MAX_BYTES)
    return {
      code: "too-large",
      detail: `${size} bytes, more than ${TEXT_MAX_BYTES}`,
      help: "have its owners review it; a rule cannot",
    };
  if (before.size + after.size > budget.left)
    return {
      code: "over-budget",
      detail: `the change holds more than ${CHANGE_TEXT_MAX_BYTES} bytes of text`,
      help: "split the change",
    };
  return null;
}

type Read = { readonly entry: TreeEntry; readonly before: Blob; readonly after: Blob };

/** Design section 5, question 3. What cannot be read leaves the digest unknown: nothing can be approved. */
async function digestOfChange(
  request: ReadRequest,
  read: readonly Read[],
): Promise<string | Unknown> {
  if (request.change.truncated)
    return unknown("the change touches more paths than are listed", "split the change");
  const missing = read.find((r) => r.before.kind === "missing" || r.after.kind === "missing");
  if (missing !== undefined)
    return unknown(
      `the content of \`${missing.entry.path}\` is not in the repository`,
      "fetch the missing objects: `git fetch --refetch` without a filter",
    );
  const entries = read.flatMap(entriesOf);
  const files = await attributeFiles(
    request,
    entries.map((e) => e.path),
  );
  if (files === null)
    return unknown("the change spreads over more folders than are looked at", "split the change");
  const attributes = entries.flatMap(({ path }) => {
    const own = attributesOf(path, files, request.memory.parsedAttributes);
    return Object.keys(own).length === 0 ? [] : [{ path, attributes: own }];
  });
  try {
    return changeDigest({
      repository: request.identity,
      target: request.target,
      entries,
      attributes,
      plan: null,
      document: null,
    });
  } catch (error) {
    if (!(error instanceof DigestError)) throw error;
    return unknown(
      `the change cannot be digested: ${error.message}`,
      "rename the path or mend the tree",
    );
  }
}

/** Without renames: a moved file is a removal and an addition, as it lands. */
function entriesOf({ entry, before, after }: Read): readonly ChangeEntry[] {
  const side = (mode: string, content: Content) => (content === null ? null : mode);
  if (entry.oldPath === null)
    return [
      {
        path: entry.path,
        oldMode: side(entry.oldMode, before.content),
        newMode: side(entry.mode, after.content),
        oldContent: before.content,
        newContent: after.content,
      },
    ];
  const added = {
    path: entry.path,
    oldMode: null,
    newMode: entry.mode,
    oldContent: null,
    newContent: after.content,
  };
  if (entry.status === "copied") return [added];
  return [
    {
      path: entry.oldPath,
      oldMode: entry.oldMode,
      newMode: null,
      oldContent: before.content,
      newContent: null,
    },
    added,
  ];
}

async function attributeFiles(
  { repository, after }: ReadRequest,
  paths: readonly string[],
): Promise<AttributeFiles | null> {
  const folders = [...new Set(paths.flatMap(foldersDown))];
  if (folders.length > FOLDERS_MAX) return null;
  const texts = await Promise.all(
    folders.map(async (folder) => {
      const object = await repository.at(
        after,
        folder === "" ? ".gitattributes" : `${folder}/.gitattributes`,
        1_000_000,
      );
      return object.kind === "content" && object.type === "blob"
        ? ([folder, object.bytes.toString("utf8")] as const)
        : null;
    }),
  );
  return new Map(texts.filter((t) => t !== null));
}
