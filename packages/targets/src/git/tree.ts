// SPDX-License-Identifier: Apache-2.0
import { damaged, shown } from "../failure.ts";
import type { TargetFailure } from "../target.ts";
import type { GitEnd } from "./run.ts";

/** A file of a cell as the tree has it. */
export type Entry = { readonly mode: string; readonly id: string };

/** Our own file beside the keys of a cell; without an ending, so that nothing takes it for a manifest. */
export const STATE_KEY = ".interlock/state";
const FILES_MAX = 100_000;
const LINE = /^([0-7]{6}) (blob|tree|commit) ([0-9a-f]{40})\t/;
const PLAIN_MODE = /^100(?:644|755)$/;

export type Tree =
  | { readonly ok: true; readonly files: ReadonlyMap<string, Entry> }
  | { readonly ok: false; readonly failure: TargetFailure };

const bad = (path: string, says: string): Tree => ({
  ok: false,
  failure: damaged(`\`${shown(path)}\` ${says}`, "make it a plain file, or name another folder"),
});

/** Reads `git ls-tree -r -z COMMIT FOLDER`: the files of the folder by their key, sorted. */
export function treeOf(out: Buffer, folder: string): Tree {
  const found: [string, Entry][] = [];
  for (const line of out.toString("utf8").split("\0")) {
    if (line === "") continue;
    const match = LINE.exec(line);
    const path = match === null ? "" : line.slice(match[0].length);
    if (match === null || path === folder) return bad(folder, "is no folder");
    const key = path.slice(folder.length + 1);
    const [, mode = "", , id = ""] = match;
    if (key !== STATE_KEY && key.startsWith(".interlock/")) continue;
    if (!PLAIN_MODE.test(mode)) return bad(path, "is a link or a repository");
    found.push([key, { mode, id }]);
    if (found.length > FILES_MAX) return bad(folder, `has more than ${FILES_MAX} files`);
  }
  return { ok: true, files: new Map(found.sort(([a], [b]) => (a < b ? -1 : 1))) };
}

/** Reads `git cat-file --batch`: contents in the order that was asked for; `null`: it is not as it should be. */
export function contentsOf({ out }: GitEnd, count: number): readonly Buffer[] | null {
  const contents: Buffer[] = [];
  let at = 0;
  while (contents.length < count) {
    const end = out.indexOf(10, at);
    const header = /^[0-9a-f]{40} blob ([0-9]{1,10})$/.exec(
      out.subarray(at, end).toString("latin1"),
    );
    const size = Number(header?.[1]);
    if (end < 0 || header === null || end + 1 + size >= out.length) return null;
    contents.push(out.subarray(end + 1, end + 1 + size));
    at = end + size + 2;
  }
  return contents;
}

/** What the cell's own file says; `null`: somebody else wrote it. */
export function stateOf(
  text: string,
): { readonly fence: number; readonly keys: readonly string[] } | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("fence" in value && "keys" in value))
      return null;
    const { fence, keys } = value;
    if (typeof fence !== "number" || !Number.isSafeInteger(fence) || fence < 0) return null;
    if (!Array.isArray(keys) || !keys.every((key) => typeof key === "string")) return null;
    return { fence, keys };
  } catch {
    // No JSON: the caller says that it is damaged.
    return null;
  }
}
