// SPDX-License-Identifier: Apache-2.0
import type { ChangedFile, World } from "../../src/source.ts";

/** A changed file as the gatherer would hand it over. */
export function changed(
  path: string,
  before: string | null,
  after: string | null,
  more: Partial<ChangedFile> = {},
): ChangedFile {
  return {
    path,
    oldPath: null,
    status: before === null ? "added" : after === null ? "deleted" : "modified",
    kind: "other",
    mode: "100644",
    oldMode: "100644",
    oid: "",
    oldOid: "",
    binary: false,
    attributes: {},
    language: "",
    environment: "unknown",
    before,
    after,
    trees: () => ({ before: null, after: null }),
    diff: () => {
      throw new Error("not asked for here");
    },
    addedLines: () => {
      const old = new Set((before ?? "").split("\n"));
      return (after ?? "")
        .split("\n")
        .map((text, i) => ({ line: i + 1, text }))
        .filter(({ text }) => !old.has(text));
    },
    ...more,
  };
}

/** The rest of the repository. */
export function world(files: Readonly<Record<string, string>> = {}): World {
  return {
    readAfter: async (path) => files[path] ?? null,
    listAfter: async (folder) =>
      Object.keys(files)
        .filter((path) => folder === "" || path.startsWith(`${folder}/`))
        .sort(),
  };
}
