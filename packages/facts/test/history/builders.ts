// SPDX-License-Identifier: Apache-2.0
import type { HistoryCommit, HistoryFile } from "../../src/history/index.ts";

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** Noon of a Wednesday in 2030. */
export const START_MS = Date.UTC(2030, 0, 2, 12);

/** `path +added -deleted`, with `new` in front for a file that the change creates. */
export function file(text: string): HistoryFile {
  const [, created, path = "", added = "0", deleted = "0"] =
    /^(new )?(\S+)(?: \+(\d+))?(?: -(\d+))?$/.exec(text) ?? [];
  return {
    path,
    existed: created === undefined,
    added: Number(added),
    deleted: Number(deleted),
  };
}

export function commit(
  authorKey: string,
  atMs: number,
  files: readonly (string | HistoryFile)[],
  subject = "change",
): HistoryCommit {
  return {
    authorKey,
    timeMs: START_MS + atMs,
    subject,
    files: files.map((f) => (typeof f === "string" ? file(f) : f)),
    filesCut: false,
  };
}
