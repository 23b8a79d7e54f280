// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import { chmodSync, closeSync, fsyncSync, openSync, renameSync, writeSync } from "node:fs";

/** Writes a file that readers see either as it was or as it is to be. */
export function writeWhole(path: string, content: string, mode: number): void {
  const draft = `${path}.${randomBytes(6).toString("hex")}.new`;
  const file = openSync(draft, "wx", mode);
  try {
    writeSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  // The umask may have taken away what a hook needs to be run.
  chmodSync(draft, mode);
  renameSync(draft, path);
}
