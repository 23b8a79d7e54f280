// SPDX-License-Identifier: Apache-2.0
import { refused, shown } from "./failure.ts";
import type { Batch, TargetFailure } from "./target.ts";

/** Of most file systems, for one name between slashes. */
const NAME_BYTES_MAX = 255;
/** Control and invisible characters (some file systems skip those, so that `.g‌it` is `.git`), and `\`. */
const NEVER = /[\p{Cc}\p{Cf}\\]/u;
/** What git or we keep for ourselves, and the short name that Windows gives to `.git`. */
const KEPT = /^(?:\.{1,2}$|\.git|\.interlock|git~)/i;

/** Why a key cannot be a path below a folder; `null`: it can. */
export function pathFault(key: string): TargetFailure | null {
  const isPath =
    !NEVER.test(key) &&
    key
      .split("/")
      .every(
        (name) => name !== "" && Buffer.byteLength(name) <= NAME_BYTES_MAX && !KEPT.test(name),
      );
  if (isPath) return null;
  return refused(
    `\`${shown(key)}\` is no path of a file`,
    "use names between slashes that do not begin with `.git` or `.interlock`",
  );
}

/** The folders above a key: of `a/b/c`, `a` and `a/b`. */
export function foldersOf(key: string): readonly string[] {
  const names = key.split("/");
  return names.slice(1).map((_, at) => names.slice(0, at + 1).join("/"));
}

/** Why the keys of a batch cannot all be files; `null`: they can. */
export function batchPathFault({ items }: Batch): TargetFailure | null {
  const files = new Set(items.flatMap(({ key, value }) => (value === null ? [] : [key])));
  for (const { key } of items) {
    const fault = pathFault(key);
    if (fault !== null) return fault;
    const clash = foldersOf(key).find((folder) => files.has(folder));
    if (clash !== undefined) return fileAndFolder(clash);
  }
  return null;
}

export const fileAndFolder = (key: string): TargetFailure =>
  refused(`\`${shown(key)}\` would be a file and a folder`, "choose another key");
