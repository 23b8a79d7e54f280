// SPDX-License-Identifier: Apache-2.0
/** Files of lines that are durable before anything follows from them. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { GateError } from "@interlock/core";

const OWNER_ONLY = 0o600;
/** A record holds a question to the gate; a file of more is imported or moved away first. */
const FILE_MAX = 512 * 1024 * 1024;

/** Durable when it returns. A line that a crash cut off is ended, so that it spoils no other. */
export function appendLine(path: string, line: string): void {
  const fresh = !existsSync(path);
  const torn = !fresh && !endsLine(path);
  const file = openSync(path, "a", OWNER_ONLY);
  try {
    writeSync(file, `${torn ? "\n" : ""}${line}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  if (fresh) syncFolder(dirname(path));
}

function endsLine(path: string): boolean {
  const content = readWhole(path);
  return content === "" || content.endsWith("\n");
}

/** The name of a new file is durable only with its folder (fsync(2)). */
function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Whole lines without the empty ones; none where there is no file. Throws `GateError`. */
export const linesOf = (path: string): readonly string[] =>
  readWhole(path)
    .split("\n")
    .filter((line) => line !== "");

function readWhole(path: string): string {
  if (!existsSync(path)) return "";
  if (statSync(path).size > FILE_MAX)
    throw new GateError(
      "INPUT_UNREADABLE",
      `\`${path}\` is longer than ${FILE_MAX} bytes`,
      "import what it holds, and move it away",
    );
  return readFileSync(path, "utf8");
}
