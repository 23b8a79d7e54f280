// SPDX-License-Identifier: Apache-2.0
/**
 * Files that were never in Git as the commits that they would be: objects in memory, by the ids that git
 * gives them. No process is started for them and nothing is written.
 */
import { createHash } from "node:crypto";
import { gitFailed, noSuchRevision } from "./failure.ts";
import { readCommit } from "./history.ts";
import { ObjectReader, type ObjectSource } from "./object-reader.ts";
import { isBinary } from "./path.ts";
import { type Repository, readsOf } from "./repository.ts";
import { EMPTY_TREES } from "./sandbox.ts";

/** Contents by path. */
export type Version = ReadonlyMap<string, Uint8Array>;

export type KeptRepository = {
  readonly repository: Repository;
  /** One a version, each the child of the one before it. */
  readonly commits: readonly string[];
};

type Held = { readonly type: "blob" | "tree" | "commit"; readonly bytes: Buffer };
type Objects = Map<string, Held>;
type Folder = Map<string, Uint8Array | Folder>;

/** Equal versions by the same author have equal ids. `author` is `NAME <ADDRESS> SECONDS ZONE`. */
export function keptRepository(versions: readonly Version[], author: string): KeptRepository {
  const objects: Objects = new Map();
  const commits: string[] = [];
  for (const version of versions) {
    const parent = commits.at(-1);
    const lines = [
      `tree ${treeOf(folderOf(version), objects)}`,
      ...(parent === undefined ? [] : [`parent ${parent}`]),
      `author ${author}`,
      `committer ${author}`,
    ];
    commits.push(keep(objects, "commit", Buffer.from(`${lines.join("\n")}\n\n`)));
  }
  return { repository: repositoryOf(objects, new Set(commits)), commits };
}

function keep(objects: Objects, type: Held["type"], bytes: Buffer): string {
  const oid = createHash("sha1").update(`${type} ${bytes.length}\0`).update(bytes).digest("hex");
  objects.set(oid, { type, bytes });
  return oid;
}

function folderOf(version: Version): Folder {
  const top: Folder = new Map();
  for (const [path, bytes] of version) {
    const parts = path.split("/");
    const name = parts.pop() ?? "";
    if ([...parts, name].some((part) => /^(?:|\.|\.\.|\.git)$/i.test(part) || part.includes("\0")))
      throw gitFailed("write a tree", `\`${path}\` is no path`);
    let folder = top;
    for (const part of parts) {
      const below = folder.get(part) ?? new Map();
      if (!(below instanceof Map)) throw gitFailed("write a tree", `\`${path}\` lies below a file`);
      folder.set(part, below);
      folder = below;
    }
    if (folder.has(name)) throw gitFailed("write a tree", `\`${path}\` is a folder too`);
    folder.set(name, bytes);
  }
  return top;
}

/** Entries stand in the order of their bytes, a folder as if it ended in `/` (gitformat-tree). */
function treeOf(folder: Folder, objects: Objects): string {
  const entries = [...folder].map(([name, item]) => {
    const isFolder = item instanceof Map;
    const oid = isFolder ? treeOf(item, objects) : keep(objects, "blob", Buffer.from(item));
    const head = Buffer.from(`${isFolder ? "40000" : "100644"} ${name}\0`);
    return {
      order: Buffer.from(isFolder ? `${name}/` : name),
      bytes: Buffer.concat([head, Buffer.from(oid, "hex")]),
    };
  });
  entries.sort((one, two) => Buffer.compare(one.order, two.order));
  return keep(objects, "tree", Buffer.concat(entries.map(({ bytes }) => bytes)));
}

const sourceOf = (objects: Objects): ObjectSource => ({
  ask: async ({ command, name, keepBytes, sha256 }) => {
    const held = objects.get(name);
    if (held === undefined) return { kind: "missing" };
    const { type, bytes } = held;
    const wantsContent = command === "contents";
    return {
      ...{ kind: "object", oid: name, type, size: bytes.length, binary: isBinary(bytes) },
      bytes: wantsContent && bytes.length <= keepBytes ? bytes : null,
      sha256: wantsContent && sha256 ? createHash("sha256").update(bytes).digest("hex") : null,
    };
  },
  close: () => undefined,
});

/** What takes a real repository fails as git would. by (fail-closed) */
function repositoryOf(objects: Objects, commits: ReadonlySet<string>): Repository {
  const reader = new ObjectReader(sourceOf(objects));
  const layout = { shallow: new Set<string>() };
  const without = (what: string) => async () => {
    throw gitFailed(what, "its objects are held in memory only");
  };
  return {
    ...readsOf({ reader, layout, emptyTree: EMPTY_TREES.sha1 }),
    ...{ location: { gitDir: "", commonDir: "", objects: "" }, objectFormat: "sha1" },
    ...{ isShallow: false, isPartial: false },
    resolve: async (revision) => {
      if (commits.has(revision)) return revision;
      throw noSuchRevision(revision);
    },
    history: async ({ to, not, since = 0, max = Number.POSITIVE_INFINITY }) => {
      const ids: string[] = [];
      for (let at: string | undefined = to; at !== undefined && at !== not && ids.length < max; ) {
        const commit = await readCommit(reader, at);
        if (typeof commit === "string") throw noSuchRevision(at);
        if (commit.committer.at < since) break;
        ids.push(at);
        at = commit.parents[0];
      }
      return ids;
    },
    refs: async () => ({ refs: [], truncated: false }),
    note: async () => null,
    branch: async () => "HEAD",
    stagedTree: without("read the staging area"),
    mergeTree: without("merge"),
    identity: without("find the first commit"),
    close: () => reader.close(),
  };
}
