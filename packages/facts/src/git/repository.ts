// SPDX-License-Identifier: Apache-2.0
import { type Commit, parseCommit } from "./commit.ts";
import { notARepository } from "./failure.ts";
import { changesOf, type HistoryOptions, readCommit, walkHistory } from "./history.ts";
import { identityOf } from "./identity.ts";
import { type Layout, readLayout } from "./layout.ts";
import { type Location, locate } from "./locate.ts";
import { type MergeResult, mergeTrees } from "./merge.ts";
import { readNote } from "./notes.ts";
import { ObjectProcess, SILENCE_MAX_MS } from "./object-process.ts";
import { type BlobReading, type GitObject, ObjectReader } from "./object-reader.ts";
import { listRefs, type Refs } from "./refs.ts";
import { resolveRevision } from "./revision.ts";
import { openSandbox } from "./sandbox.ts";
import { stagedTree } from "./staging.ts";
import { type TreeChange, treeChange, unreadableChange } from "./tree-change.ts";
import { fault, TREE_MAX_BYTES } from "./tree-diff.ts";
import { findInFolders, findPath, type Listing, listFiles, type TreeFile } from "./tree-files.ts";

export type { HistoryOptions } from "./history.ts";

/** A repository opened for reading. `close` ends its processes and removes its private directory. */
export type Repository = {
  readonly location: Location;
  readonly objectFormat: "sha1" | "sha256";
  readonly isShallow: boolean;
  /** Cloned with a filter: objects may be missing, and nothing fetches them. */
  readonly isPartial: boolean;
  /** Throws `GateError` NO_SUCH_REVISION, EMPTY_REPOSITORY or GIT_UNUSABLE. */
  readonly resolve: (revision: string) => Promise<string>;
  /** `null` when it is missing or unreadable. */
  readonly commit: (id: string) => Promise<Commit | null>;
  readonly object: (oid: string, limit: number) => Promise<GitObject>;
  /** A blob with the SHA-256 of its content, streamed; content itself up to the limit (bytes). */
  readonly blob: (oid: string, limit: number) => Promise<BlobReading>;
  /** The blob at a path of a commit or tree. */
  readonly at: (tree: string, path: string, limit: number) => Promise<GitObject>;
  /** The blobs of one name in several folders (`""` for the top), where there are any. */
  readonly inFolders: (
    tree: string,
    folders: readonly string[],
    file: { readonly name: string; readonly limit: number },
  ) => Promise<ReadonlyMap<string, GitObject>>;
  readonly compare: (from: string, to: string, renames: boolean) => Promise<TreeChange>;
  /** Each commit against its first parent, in the order given. */
  readonly changes: (commits: readonly string[], renames: boolean) => AsyncGenerator<TreeChange>;
  /** First-parent history, newest first, without the commits reachable from `not`. */
  readonly history: (options: HistoryOptions) => Promise<readonly string[]>;
  /** The tree that committing the staging area would give, or `null` when it is in conflict. */
  readonly stagedTree: () => Promise<string | null>;
  /** Files of a tree under a folder, at most 10,000. */
  readonly list: (tree: string, folder: string) => Promise<readonly TreeFile[]>;
  /** The same, telling whether that is all. */
  readonly listing: (tree: string, folder: string, limit: number) => Promise<Listing>;
  readonly mergeTree: (target: string, head: string) => Promise<MergeResult>;
  /** Below any of the prefixes, or of such a name; all where there is none. */
  readonly refs: (...prefixes: readonly string[]) => Promise<Refs>;
  /** Text of the note that a ref such as `refs/notes/ai` has for a commit, or `null`. */
  readonly note: (ref: string, commit: string) => Promise<string | null>;
  /** The ref that HEAD stands for, or `HEAD` when it is detached. */
  readonly branch: () => Promise<string>;
  /** Of HEAD, or of a commit where HEAD has none yet; `shallow:…` in a clone that was cut off. */
  readonly identity: (of?: string) => Promise<string>;
  readonly close: () => void;
};

export type OpenOptions = {
  /** Further object folders, e.g. the quarantine that a pre-receive hook is given. */
  readonly objectFolders?: readonly string[];
  /** How long git may give no byte of an object before the object counts as corrupt. */
  readonly silenceMs?: number;
};

const LISTED_MAX = 10_000;

/** Opens the repository that a path lies in. Throws `GateError` NOT_A_REPOSITORY or GIT_UNUSABLE. */
export async function openRepository(path: string, options: OpenOptions = {}): Promise<Repository> {
  const location = locate(path);
  if (location === null) throw notARepository(path);
  const layout = readLayout(location, options.objectFolders ?? []);
  const sandbox = openSandbox(layout);
  const reader = new ObjectReader(new ObjectProcess(sandbox, options.silenceMs ?? SILENCE_MAX_MS));
  const from = { reader, layout, sandbox };
  const resolve = (revision: string) => resolveRevision(revision, from);
  return {
    location,
    objectFormat: layout.format,
    isShallow: layout.shallow.size > 0,
    isPartial: layout.partial,
    resolve,
    ...readsOf({ reader, layout, emptyTree: sandbox.emptyTree }),
    history: (wanted) => walkHistory(sandbox, reader, wanted),
    stagedTree: () => stagedTree(layout, sandbox),
    mergeTree: (target, head) => mergeTrees(sandbox, target, head),
    refs: (...prefixes) => listRefs(sandbox, ...prefixes),
    note: (ref, commit) => readNote(reader, ref, commit),
    branch: async () => /^ref:\s*(\S+)/.exec(layout.head)?.[1] ?? "HEAD",
    identity: async (of) => identityOf(of ?? (await resolve("HEAD")), from),
    close: () => {
      reader.close();
      sandbox.close();
    },
  };
}

type From = {
  readonly reader: ObjectReader;
  readonly layout: Pick<Layout, "shallow">;
  readonly emptyTree: string;
};

/** What objects alone answer, wherever they come from. */
export function readsOf(from: From) {
  const { reader, layout } = from;
  return {
    commit: async (id) => {
      const commit = await readCommit(reader, id);
      return typeof commit === "string" ? null : commit;
    },
    object: (oid, limit) => reader.read(oid, limit),
    blob: (oid, limit) => reader.blob(oid, limit),
    at: (tree, at, limit) => objectAt(reader, { tree, path: at, limit }),
    inFolders: (tree, folders, file) => inFolders(reader, tree, { ...file, folders }),
    compare: (before, after, renames) => compare(from, { before, after, renames }),
    changes: (commits, renames) => changesOf(commits, { reader, layout, renames }),
    list: async (tree, folder) =>
      (await listing(reader, tree, { folder, limit: LISTED_MAX })).files,
    listing: (tree, folder, limit) => listing(reader, tree, { folder, limit }),
  } satisfies Partial<Repository>;
}

/** The tree of a commit or tree; otherwise what is wrong, to follow its id in a sentence. */
async function treeOf(
  reader: ObjectReader,
  oid: string,
): Promise<{ readonly tree: string } | { readonly fault: string }> {
  const object = await reader.read(oid, TREE_MAX_BYTES);
  if (object.kind === "content" && object.type === "commit")
    return { tree: parseCommit(oid, object.bytes).tree };
  return object.kind === "content" && object.type === "tree"
    ? { tree: oid }
    : { fault: fault(object) };
}

async function compare(
  { reader, emptyTree }: From,
  wanted: { readonly before: string; readonly after: string; readonly renames: boolean },
): Promise<TreeChange> {
  const sides: (string | null)[] = [];
  for (const oid of [wanted.before, wanted.after]) {
    const side = oid === emptyTree ? { tree: null } : await treeOf(reader, oid);
    if ("fault" in side)
      return unreadableChange("", {
        because: `the object \`${oid.slice(0, 12)}\` ${side.fault}`,
        help: "fetch the missing objects with `git fetch`, or mend the repository",
      });
    sides.push(side.tree);
  }
  const [before = null, after = null] = sides;
  return treeChange(reader, { commit: "", before, after }, { renames: wanted.renames });
}

async function objectAt(
  reader: ObjectReader,
  wanted: { readonly tree: string; readonly path: string; readonly limit: number },
): Promise<GitObject> {
  const top = await treeOf(reader, wanted.tree);
  if ("fault" in top) return { kind: "missing" };
  const found = await findPath(reader, top.tree, wanted.path);
  if (found.kind === "absent") return { kind: "missing" };
  return found.kind === "found" ? reader.read(found.item.oid, wanted.limit) : found;
}

async function inFolders(
  reader: ObjectReader,
  oid: string,
  wanted: { readonly folders: readonly string[]; readonly name: string; readonly limit: number },
): Promise<ReadonlyMap<string, GitObject>> {
  const top = await treeOf(reader, oid);
  if ("fault" in top) return new Map(wanted.folders.map((folder) => [folder, { kind: "missing" }]));
  const found = await findInFolders(reader, top.tree, wanted);
  const read = [...found].map(async ([folder, file]) => {
    if (file.kind === "absent") return [];
    const object = file.kind === "found" ? await reader.read(file.item.oid, wanted.limit) : file;
    return [[folder, object] as const];
  });
  return new Map((await Promise.all(read)).flat());
}

async function listing(
  reader: ObjectReader,
  oid: string,
  place: { readonly folder: string; readonly limit: number },
): Promise<Listing> {
  const top = await treeOf(reader, oid);
  return "fault" in top ? { files: [], truncated: true } : listFiles(reader, top.tree, place);
}
