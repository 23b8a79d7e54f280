// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import { diffConfig } from "../../src/config/diff.ts";
import { formatOf, parseConfig } from "../../src/config/parse.ts";
import { environmentOf } from "../../src/files/environment.ts";
import type { ChangedFile, Source, SourceResult, World } from "../../src/source.ts";

export type Tree = Readonly<Record<string, string>>;

/** The changed files of two trees, as the gatherer would hand them to a source. */
export function changedFiles(before: Tree, after: Tree): readonly ChangedFile[] {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return paths
    .filter((path) => before[path] !== after[path])
    .map((path) => changedFile(path, before[path] ?? null, after[path] ?? null));
}

function changedFile(path: string, before: string | null, after: string | null): ChangedFile {
  const format = formatOf(path);
  const read = (text: string | null) =>
    text === null || format === null ? null : parseConfig(format, text);
  const trees = () => ({ before: read(before), after: read(after) });
  return {
    path,
    oldPath: null,
    status: before === null ? "added" : after === null ? "deleted" : "modified",
    kind: "config",
    language: "",
    environment: environmentOf(path),
    before,
    after,
    trees,
    diff: () => diffConfig(trees().before, trees().after),
    addedLines: () => [],
  };
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
