// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import { changedFile } from "../../src/gather/changed-file.ts";
import type { ChangedFile, Source, SourceResult, World } from "../../src/source.ts";

export type Tree = Readonly<Record<string, string>>;

/** The changed files of two trees, as the gatherer would hand them to a source. */
export function changedFiles(before: Tree, after: Tree): readonly ChangedFile[] {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return paths
    .filter((path) => before[path] !== after[path])
    .map((path) => fileOf(path, before[path] ?? null, after[path] ?? null));
}

function fileOf(path: string, before: string | null, after: string | null): ChangedFile {
  return changedFile({
    path,
    oldPath: null,
    status: before === null ? "added" : after === null ? "deleted" : "modified",
    mode: after === null ? "000000" : "100644",
    oldMode: before === null ? "000000" : "100644",
    oid: "",
    oldOid: "",
    attributes: {},
    added: 1,
    deleted: 1,
    binary: false,
    bytesBefore: before?.length ?? 0,
    bytesAfter: after?.length ?? 0,
    before,
    after,
    unread: null,
  });
}

export function worldOf(after: Tree): World {
  return {
    readAfter: async (path) => after[path] ?? null,
    listAfter: async (folder) =>
      Object.keys(after)
        .filter((path) => folder === "" || path.startsWith(`${folder}/`))
        .sort(),
  };
}

export async function readBy(source: Source, before: Tree, after: Tree): Promise<SourceResult> {
  const files = changedFiles(before, after).filter((file) => source.wants(file));
  return source.read(files, worldOf(after));
}

/** `aspect op subject`, the part of a delta that a table of cases names. */
export function names(deltas: readonly Delta[]): readonly string[] {
  return deltas.map(({ aspect, op, subject }) => `${aspect} ${op} ${subject}`).sort();
}
