// SPDX-License-Identifier: Apache-2.0
/** The digest of a change in a repository (design section 5, question 3) and its attributes. */
import { type Unknown, unknown } from "@interlock/core";
import {
  type ChangeEntry,
  type ChangeInput,
  type Content,
  changeDigest,
  DigestError,
} from "@interlock/digest";
import {
  type AttributeFiles,
  type Attributes,
  attributesOf,
  EffortSpent,
  foldersDown,
} from "./attributes.ts";
import type { ReadEntry, ReadRequest } from "./change.ts";
import { SHALLOW_IDENTITY } from "./identity.ts";

/** One side of an entry. */
export type Blob = {
  readonly kind: "read" | "absent" | "submodule" | "missing" | "corrupt" | "over-budget";
  /** `null` when absent, not asked for or too large to be held. */
  readonly bytes: Buffer | null;
  readonly size: number;
  /** As the digest names it; `null` when absent or not known. */
  readonly content: Content;
};

export const MISSING = {
  detail: "the repository does not hold its content",
  help: "fetch the missing objects: `git fetch --refetch` without a filter",
} as const;
export const CORRUPT = {
  detail: "its content is damaged or not what its id says",
  help: "check the repository with `git fsck` and fetch it anew",
} as const;

const FOLDERS_MAX = 5_000;
const FILE_MAX_BYTES = 1_000_000;
/** Work spent on matching attribute patterns for one change: about a second. */
const EFFORT_MAX = 200_000_000;

type Digested = {
  readonly digest: string | Unknown;
  readonly attributes: ReadonlyMap<string, Attributes> | Unknown;
};

/** What cannot be read leaves the digest unknown: nothing can be approved then. by (fail-closed) */
export async function digestOfChange(
  request: ReadRequest,
  read: readonly ReadEntry[],
): Promise<Digested> {
  const { input, attributes } = await inputOfChange(request, read);
  if ("$unknown" in input) return { digest: input, attributes };
  try {
    return { digest: changeDigest(input), attributes };
  } catch (error) {
    if (!(error instanceof DigestError)) throw error;
    const help = "rename the path or mend the tree";
    return { digest: unknown(`the change cannot be digested: ${error.message}`, help), attributes };
  }
}

/** What the digest is made of. */
export async function inputOfChange(
  request: ReadRequest,
  read: readonly ReadEntry[],
): Promise<{
  readonly input: ChangeInput | Unknown;
  readonly attributes: ReadonlyMap<string, Attributes> | Unknown;
}> {
  const entries = read.flatMap(entriesOf);
  const attributes = await attributesAt(
    request,
    entries.map((e) => e.path),
  );
  const why = whyUnknown(request, read);
  if (why !== null) return { input: why, attributes };
  if ("$unknown" in attributes) return { input: attributes, attributes };
  const input = {
    repository: request.identity,
    target: request.target,
    entries,
    attributes: [...attributes].map(([path, own]) => ({ path, attributes: own })),
    plan: request.plan ?? null,
    document: request.document ?? null,
  };
  return { input, attributes };
}

function whyUnknown(request: ReadRequest, read: readonly ReadEntry[]): Unknown | null {
  const { change, identity } = request;
  if (change.incomplete !== null) return unknown(change.incomplete.because, change.incomplete.help);
  if (change.truncated)
    return unknown("the change touches more paths than are listed", "split the change");
  if (identity.startsWith(SHALLOW_IDENTITY))
    return unknown(
      "a shallow clone does not show which repository it is",
      "fetch the whole history with `git fetch --unshallow`",
    );
  for (const { entry, before, after } of read)
    for (const side of [before, after]) {
      const why = whySideUnknown(entry.path, side);
      if (why !== null) return why;
    }
  return null;
}

function whySideUnknown(path: string, side: Blob): Unknown | null {
  if (side.kind === "missing")
    return unknown(`the content of \`${path}\` is not in the repository`, MISSING.help);
  if (side.kind === "corrupt")
    return unknown(`the content of \`${path}\` is damaged or not what its id says`, CORRUPT.help);
  if (side.kind === "over-budget" || (side.kind === "read" && side.content === null))
    return unknown("the change holds more content than is hashed", "split the change");
  return null;
}

/** Without renames: a moved file is a removal and an addition, as it lands. */
function entriesOf({ entry, before, after }: ReadEntry): readonly ChangeEntry[] {
  const oldMode = before.kind === "absent" ? null : entry.oldMode;
  const newMode = after.kind === "absent" ? null : entry.mode;
  const sides = { oldMode, newMode, oldContent: before.content, newContent: after.content };
  if (entry.oldPath === null) return [{ path: entry.path, ...sides }];
  const added = { ...sides, path: entry.path, oldMode: null, oldContent: null };
  const removed = { ...sides, path: entry.oldPath, newMode: null, newContent: null };
  return entry.status === "copied" ? [added] : [removed, added];
}

/** Effective attributes of the paths that have any, as the tree after the change says. */
async function attributesAt(
  request: ReadRequest,
  paths: readonly string[],
): Promise<ReadonlyMap<string, Attributes> | Unknown> {
  const files = await attributeFiles(request, paths);
  if ("$unknown" in files) return files;
  const effort = { steps: EFFORT_MAX };
  const found = new Map<string, Attributes>();
  try {
    for (const path of files.size === 0 ? [] : paths) {
      const own = attributesOf(path, files, request.memory.parsedAttributes, effort);
      if (Object.keys(own).length > 0) found.set(path, own);
    }
    return found;
  } catch (error) {
    if (!(error instanceof EffortSpent)) throw error;
    return unknown(
      "the patterns in `.gitattributes` take too long to match",
      "use fewer and simpler patterns",
    );
  }
}

async function attributeFiles(
  { repository, after }: ReadRequest,
  paths: readonly string[],
): Promise<AttributeFiles | Unknown> {
  const folders = [...new Set(paths.flatMap(foldersDown))];
  if (folders.length > FOLDERS_MAX)
    return unknown(`the change spreads over more than ${FOLDERS_MAX} folders`, "split the change");
  const file = { name: NAME, limit: FILE_MAX_BYTES };
  const files = new Map<string, string>();
  for (const [folder, object] of await repository.inFolders(after, folders, file)) {
    if (object.kind !== "content")
      return unknown(
        `\`${folder === "" ? NAME : `${folder}/${NAME}`}\` cannot be read`,
        `keep it below ${FILE_MAX_BYTES} bytes and the repository whole`,
      );
    if (object.type === "blob") files.set(folder, object.bytes.toString("latin1"));
  }
  return files;
}

const NAME = ".gitattributes";
