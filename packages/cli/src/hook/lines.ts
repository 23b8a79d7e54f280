// SPDX-License-Identifier: Apache-2.0
/** Files of lines that are durable before anything follows from them. */
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { GateError } from "@interlock/core";

const OWNER_ONLY = 0o600;
const LINE_END = 0x0a;
/** A record holds a question to the gate; a file of more is imported or moved away first. */
const FILE_MAX = 512 * 1024 * 1024;

/**
 * Durable when it returns, in a time that does not depend on what is there already. A line that a
 * crash cut off is ended, so that it spoils no other. The length of the file then, in bytes; throws
 * `GateError`.
 */
export function appendLine(path: string, line: string): number {
  const file = openSync(path, "a+", OWNER_ONLY);
  try {
    const { size } = fstatSync(file);
    // Before the first line: whatever is in a file later was found under its name.
    if (size === 0) syncFolder(dirname(path));
    const last = Buffer.alloc(1);
    const torn = size > 0 && (readSync(file, last, 0, 1, size - 1) !== 1 || last[0] !== LINE_END);
    const bytes = Buffer.from(`${torn ? "\n" : ""}${line}\n`);
    refuseLong(path, size + bytes.length);
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    fsyncSync(file);
    return size + bytes.length;
  } finally {
    closeSync(file);
  }
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
  refuseLong(path, statSync(path).size);
  return readFileSync(path, "utf8");
}

/** A line that nobody could read again is not written. */
function refuseLong(path: string, bytes: number): void {
  if (bytes <= FILE_MAX) return;
  throw new GateError(
    "INPUT_UNREADABLE",
    `\`${path}\` is longer than ${FILE_MAX} bytes`,
    "import what it holds, and move it away",
  );
}
