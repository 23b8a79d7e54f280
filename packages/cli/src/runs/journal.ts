// SPDX-License-Identifier: Apache-2.0
/** The journal of a run: JSON lines, each naming the digest of the one before, fsynced one by one. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { GateError } from "@interlock/core";
import { canonicalJson, type Json, sha256Hex, utf8 } from "@interlock/digest";
import { type RunEvent, readEvent } from "@interlock/document";

/** A run of a night is some hundred lines of at most a document's size. */
const BYTES_MAX = 64_000_000;
const START = "0".repeat(64);

export type Recorded = { readonly at: number; readonly event: RunEvent };

export type Journal = {
  readonly path: string;
  readonly events: () => readonly RunEvent[];
  readonly recorded: () => readonly Recorded[];
  /** Returns once the event is on the disk. Throws `GateError` OUTPUT_UNWRITABLE. */
  readonly append: (event: RunEvent) => void;
  /** Takes the file away, where nothing of it took place; to be closed as any other. */
  readonly discard: () => void;
  readonly close: () => void;
};

/** Begins a journal; an existing file stays as it is. Throws `GateError` OUTPUT_UNWRITABLE. */
export function newJournal(path: string, now: () => number): Journal {
  const full = resolve(path);
  mkdirSync(dirname(full), { recursive: true });
  const unlock = locked(full);
  try {
    const fd = openSync(full, "wx", 0o600);
    syncFolder(full);
    return journalOn({ path: full, fd, unlock, now, held: [], last: START });
  } catch (error) {
    unlock();
    if (!isSystemError(error)) throw error;
    const why = error.code === "EEXIST" ? "exists already" : `cannot be written: ${error.message}`;
    throw new GateError(
      "OUTPUT_UNWRITABLE",
      `the journal \`${path}\` ${why}`,
      "resume it with `interlock run --resume FILE`, or name another file with `--journal`",
    );
  }
}

/**
 * Takes a journal up again. A last line without its end was being written when the process died:
 * nothing came after it, so it is taken away. Throws `GateError` INPUT_UNREADABLE or INPUT_INVALID.
 */
export function resumedJournal(path: string, now: () => number): Journal {
  const full = resolve(path);
  if (!existsSync(full))
    throw new GateError("INPUT_UNREADABLE", `there is no journal \`${path}\``, "check the path");
  const unlock = locked(full);
  try {
    const { held, whole, last } = readJournal(path);
    const fd = openSync(full, "r+");
    if (whole < statSync(full).size) {
      ftruncateSync(fd, whole);
      fsyncSync(fd);
    }
    return journalOn({ path: full, fd, unlock, now, held, last, at: whole });
  } catch (error) {
    unlock();
    throw error;
  }
}

/** Reads a journal without taking it up. */
export const journalAt = (path: string): readonly Recorded[] => readJournal(path).held;

type Open = {
  readonly path: string;
  readonly fd: number;
  readonly unlock: () => void;
  readonly now: () => number;
  readonly held: readonly Recorded[];
  readonly last: string;
  /** Where the next line goes, in bytes. */
  readonly at?: number;
};

function journalOn({ path, fd, unlock, now, held, last, at = 0 }: Open): Journal {
  const recorded = [...held];
  let previous = last;
  let position = at;
  return {
    path,
    events: () => recorded.map(({ event }) => event),
    recorded: () => recorded,
    append: (event) => {
      const line = { at: now(), event };
      const bytes = utf8(`${lineOf(line, previous)}\n`);
      try {
        for (let done = 0; done < bytes.length; )
          done += writeSync(fd, bytes, done, bytes.length - done, position + done);
        fsyncSync(fd);
      } catch (error) {
        if (!isSystemError(error)) throw error;
        throw new GateError(
          "OUTPUT_UNWRITABLE",
          `the journal \`${path}\` cannot be written: ${error.message}`,
          "make room and resume; nothing was done after the last line",
        );
      }
      position += bytes.length;
      previous = sha256Hex(bytes.subarray(0, bytes.length - 1));
      recorded.push(line);
    },
    discard: () => rmSync(path, { force: true }),
    close: () => {
      closeSync(fd);
      unlock();
    },
  };
}

const lineOf = ({ at, event }: Recorded, previous: string): string =>
  canonicalJson({ at, previous, event: event as unknown as Json }); // events are plain data by their schema

type Read = { readonly held: readonly Recorded[]; readonly whole: number; readonly last: string };

function readJournal(path: string): Read {
  const bytes = bytesOf(path);
  const held: Recorded[] = [];
  let last = START;
  let from = 0;
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
    const line = bytes.subarray(from, end);
    const read = recordedIn(line.toString("utf8"), last);
    if (typeof read === "string")
      throw new GateError(
        "INPUT_INVALID",
        `line ${held.length + 1} of the journal \`${path}\` ${read}`,
        "it was changed after it was written; do not go on with it, and look at what really happened",
      );
    held.push(read);
    last = sha256Hex(line);
    from = end + 1;
  }
  return { held, whole: from, last };
}

function bytesOf(path: string): Buffer {
  try {
    if (statSync(path).size > BYTES_MAX)
      throw new GateError(
        "INPUT_INVALID",
        `\`${path}\` is larger than a journal`,
        "check the path",
      );
    return readFileSync(path);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new GateError(
      "INPUT_UNREADABLE",
      `\`${path}\` cannot be read: ${error.message}`,
      "check the path",
    );
  }
}

/** The event of a line, or what is wrong with it. */
function recordedIn(line: string, previous: string): Recorded | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return "is no JSON";
    throw error;
  }
  if (typeof value !== "object" || value === null || !("event" in value) || !("at" in value))
    return "is no event";
  if (!("previous" in value) || value.previous !== previous)
    return "does not follow the line before";
  const read = readEvent(value.event);
  if (!read.ok || typeof value.at !== "number" || !Number.isSafeInteger(value.at))
    return "is no event";
  const recorded = { at: value.at, event: read.event };
  return lineOf(recorded, previous) === line ? recorded : "is not in canonical form";
}

/** A new name is durable only with its folder. */
function syncFolder(path: string): void {
  const fd = openSync(dirname(path), "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * One process at a time. The lock is a link whose target is the holder's process id, which is made in
 * one step; that of a process that is gone is taken over.
 */
function locked(path: string): () => void {
  const lock = `${path}.lock`;
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      symlinkSync(String(process.pid), lock);
      return () => rmSync(lock, { force: true });
    } catch (error) {
      if (!isSystemError(error) || error.code !== "EEXIST") throw error;
    }
    const holder = holderOf(lock);
    if (holder !== null && isRunning(holder)) break;
    rmSync(lock, { force: true });
  }
  throw new GateError(
    "OUTPUT_UNWRITABLE",
    `process ${holderOf(lock) ?? "another"} is at work on \`${path}\``,
    "let it end; two at once would do the same step twice",
  );
}

function holderOf(lock: string): number | null {
  try {
    return Number(readlinkSync(lock));
  } catch (error) {
    if (isSystemError(error) && (error.code === "ENOENT" || error.code === "EINVAL")) return null;
    throw error;
  }
}

/** Whether a process of that id exists now; ids are used again, so that it may be another one. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isSystemError(error) && error.code === "EPERM";
  }
}

const isSystemError = (error: unknown): error is NodeJS.ErrnoException & { code: string } =>
  error instanceof Error &&
  "code" in error &&
  typeof error.code === "string" &&
  !(error instanceof GateError);
