// SPDX-License-Identifier: Apache-2.0
/** Looks up and lists paths of a tree. */
import type { GitObject, ObjectReader } from "./object-reader.ts";
import { pathBytes } from "./path.ts";
import { entryAt, itemOf, MalformedTree, parseTree, type TreeItem } from "./tree.ts";
import { PATH_MAX, TREE_MAX_BYTES } from "./tree-diff.ts";

export type TreeFile = { readonly path: string; readonly mode: string; readonly oid: string };

export type Listing = {
  /** Sorted by path; submodules are listed but not entered. */
  readonly files: readonly TreeFile[];
  /** There are more, or a folder could not be read. */
  readonly truncated: boolean;
};

export type Found =
  | { readonly kind: "found"; readonly item: TreeItem }
  | { readonly kind: "absent" }
  | Exclude<GitObject, { kind: "content" }>;

const FOLDER = "040000";

/** Looks for a path, segment by segment, in a tree. */
export async function findPath(reader: ObjectReader, tree: string, path: string): Promise<Found> {
  let at: Found = { kind: "found", item: { name: "", mode: FOLDER, oid: tree } };
  for (const name of path.split("/")) at = await entryIn(reader, at, name);
  return at;
}

function entryNamed(tree: Buffer, name: string, idBytes: number): Found {
  const bytes = pathBytes(name);
  // A quick look, wrong only by finding too much, spares the walk through most folders.
  if (bytes.length === 0 || tree.indexOf(Buffer.concat([SPACE, bytes, NUL])) < 0)
    return { kind: "absent" };
  try {
    for (let at = 0; at < tree.length; ) {
      const span = entryAt(tree, at, idBytes);
      if (tree.compare(bytes, 0, bytes.length, span.nameStart, span.nameEnd) === 0)
        return { kind: "found", item: itemOf(tree, span) };
      at = span.end;
    }
    return { kind: "absent" };
  } catch (error) {
    if (!(error instanceof MalformedTree)) throw error;
    return { kind: "corrupt", detail: error.message };
  }
}

const SPACE = Buffer.from(" ");
const NUL = Buffer.from([0]);
const FOLDERS_MAX = 100_000;

/**
 * The files of one name in several folders (`""` for the top), where there are any. Folders that a
 * path needs are read once, whatever the number of paths.
 */
export async function findInFolders(
  reader: ObjectReader,
  tree: string,
  wanted: { readonly folders: readonly string[]; readonly name: string },
): Promise<ReadonlyMap<string, Found>> {
  const trees = new Map<string, Promise<Found>>();
  const top: Found = { kind: "found", item: { name: "", mode: FOLDER, oid: tree } };
  const folderAt = (folder: string): Promise<Found> => {
    if (folder === "") return Promise.resolve(top);
    const known = trees.get(folder);
    if (known !== undefined) return known;
    const cut = folder.lastIndexOf("/");
    const found = folderAt(folder.slice(0, Math.max(0, cut))).then((parent) =>
      entryIn(reader, parent, folder.slice(cut + 1)),
    );
    trees.set(folder, found);
    return found;
  };
  const found = await Promise.all(
    wanted.folders.map(
      async (folder) =>
        [folder, await entryIn(reader, await folderAt(folder), wanted.name)] as const,
    ),
  );
  return new Map(found.filter(([, file]) => file.kind !== "absent"));
}

/** The entry of a name in what was found on the way to it. */
async function entryIn(reader: ObjectReader, parent: Found, name: string): Promise<Found> {
  if (parent.kind !== "found") return parent;
  if (parent.item.mode !== FOLDER) return { kind: "absent" };
  const object = await reader.read(parent.item.oid, TREE_MAX_BYTES);
  if (object.kind !== "content") return object;
  if (object.type !== "tree")
    return { kind: "corrupt", detail: `it is a ${object.type}, not a tree` };
  return entryNamed(object.bytes, name, parent.item.oid.length / 2);
}

type Walk = {
  readonly reader: ObjectReader;
  readonly files: TreeFile[];
  readonly limit: number;
  folders: number;
  truncated: boolean;
};

/** Files below a folder (`""` for all), at most `limit`. */
export async function listFiles(
  reader: ObjectReader,
  tree: string,
  place: { readonly folder: string; readonly limit: number },
): Promise<Listing> {
  const folder = place.folder.replace(/\/+$/, "");
  const walk: Walk = { reader, files: [], limit: place.limit, folders: 0, truncated: false };
  if (folder === "") await listFolder(walk, tree, "");
  else {
    const top = await findPath(reader, tree, folder);
    if (top.kind === "found" && top.item.mode === FOLDER)
      await listFolder(walk, top.item.oid, `${folder}/`);
    else walk.truncated = top.kind !== "found" && top.kind !== "absent";
  }
  walk.files.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return { files: walk.files, truncated: walk.truncated };
}

async function listFolder(walk: Walk, oid: string, prefix: string): Promise<void> {
  walk.folders += 1;
  const items = walk.folders > FOLDERS_MAX ? null : await folderItems(walk.reader, oid);
  if (items === null) walk.truncated = true;
  for (const item of items ?? []) {
    const path = prefix + item.name;
    if (walk.files.length >= walk.limit) {
      walk.truncated = true;
      return;
    }
    if (path.length > PATH_MAX) walk.truncated = true;
    else if (item.mode === FOLDER) await listFolder(walk, item.oid, `${path}/`);
    else walk.files.push({ path, mode: item.mode, oid: item.oid });
  }
}

async function folderItems(reader: ObjectReader, oid: string): Promise<readonly TreeItem[] | null> {
  const object = await reader.read(oid, TREE_MAX_BYTES);
  if (object.kind !== "content" || object.type !== "tree") return null;
  try {
    return parseTree(object.bytes, oid.length / 2);
  } catch (error) {
    if (!(error instanceof MalformedTree)) throw error;
    return null;
  }
}
