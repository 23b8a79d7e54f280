// SPDX-License-Identifier: Apache-2.0
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { failed, type Result, type StoreFailure, succeeded } from "../failure.ts";
import { type Holder, ourselves, parseHolder, standing } from "./holder.ts";

/** A held directory; `release` may be called more than once. */
export type DirectoryLock = { readonly release: () => void };

export type LockTerms = {
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<void>;
  /** Called once when somebody else took the directory, which only a frozen process can meet. */
  readonly onTaken: () => void;
  /** How often a holder shows that it lives. */
  readonly beatMs?: number;
};

const BEAT_MS = 5_000;
/** So many beats without a sign of life end a lock whose holder cannot be looked up from here. */
const SILENT_BEATS = 3;
/** Each round ends because somebody else moved on; more than these in a row is no accident. */
const ROUNDS = 20;
const NAME = /^lock\.([1-9][0-9]{0,14})$/;

/**
 * INVARIANT (one-holder): at most one live process holds a directory. PGlite has no lock of its own,
 * and a second process silently loses the writes of one of them.
 *
 * Node has no OS lock, so holders are numbered: whoever finds the holder of `lock.N` dead or gone
 * creates `lock.N+1`, which the file system lets only one do. The file with the highest number is
 * never removed, so a late contender that creates a lower one sees that it came too late.
 */
export async function lockDirectory(
  directory: string,
  terms: LockTerms,
): Promise<Result<DirectoryLock>> {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (let round = 0; round < ROUNDS; round++) {
      const highest = highestLock(directory);
      const holder = highest === 0 ? null : await liveHolder(directory, highest, terms);
      if (holder !== null) return { ok: false, failure: heldBy(directory, highest, holder) };
      const number = highest + 1;
      const we = ourselves(terms.now());
      if (!create(directory, number, we)) continue;
      if (highestLock(directory) !== number) {
        rmSync(lockPath(directory, number), { force: true });
        continue;
      }
      removeBelow(directory, number);
      return succeeded(hold(directory, number, { we, terms }));
    }
  } catch (error) {
    return failed(
      "STORE_UNWRITABLE",
      `cannot lock \`${directory}\`: ${error instanceof Error ? error.message : String(error)}`,
      "choose a directory that this user may write to",
    );
  }
  return failed(
    "STORE_HELD",
    `\`${directory}\` changes hands all the time`,
    "let only one server use it",
  );
}

const lockPath = (directory: string, number: number): string => join(directory, `lock.${number}`);

function locks(directory: string): readonly number[] {
  return readdirSync(directory).flatMap((name) => {
    const digits = NAME.exec(name)?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });
}

function highestLock(directory: string): number {
  return Math.max(0, ...locks(directory));
}

function removeBelow(directory: string, number: number): void {
  for (const lower of locks(directory).filter((n) => n < number))
    rmSync(lockPath(directory, lower), { force: true });
}

/** The holder when it lives or is not known to be dead, else `null`. Text that is no holder may still be one being written. */
async function liveHolder(
  directory: string,
  number: number,
  terms: LockTerms,
): Promise<Holder | "unreadable" | null> {
  const path = lockPath(directory, number);
  const seen = readIfThere(path);
  const holder = parseHolder(seen);
  const verdict = holder === null ? "unknown" : standing(holder, ourselves(terms.now()));
  if (verdict === "dead") return null;
  if (verdict === "alive") return holder;
  const beatMs = terms.beatMs ?? BEAT_MS;
  for (let beat = 0; beat < SILENT_BEATS * 2; beat++) {
    await terms.pause(beatMs / 2);
    const text = readIfThere(path);
    if (text !== seen) {
      const now = parseHolder(text);
      return now?.released === true ? null : (now ?? "unreadable");
    }
  }
  return null;
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isCode(error, "ENOENT")) return "";
    throw error;
  }
}

function create(directory: string, number: number, holder: Holder): boolean {
  try {
    write(lockPath(directory, number), "wx", holder);
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  }
}

function write(path: string, flags: "w" | "wx", holder: Holder): void {
  const fd = openSync(path, flags, 0o600);
  try {
    writeSync(fd, `${JSON.stringify(holder)}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function hold(
  directory: string,
  number: number,
  { we, terms }: { readonly we: Holder; readonly terms: LockTerms },
): DirectoryLock {
  let beat = 0;
  let over = false;
  const path = lockPath(directory, number);
  const end = (): void => {
    over = true;
    clearInterval(timer);
  };
  const renew = (released: boolean): void => {
    beat += 1;
    write(`${path}.new`, "w", { ...we, beat, released });
    renameSync(`${path}.new`, path);
  };
  const timer = setInterval(() => {
    try {
      if (highestLock(directory) === number) {
        renew(false);
        return;
      }
    } catch {
      // A disk that is full or away for a while takes nothing from us; silence for long does, and
      // then the next look shows a higher number.
      return;
    }
    end();
    terms.onTaken();
  }, terms.beatMs ?? BEAT_MS).unref();
  return {
    release: () => {
      if (over) return;
      end();
      try {
        renew(true);
      } catch {
        // The directory is gone or full: our death will be seen instead.
      }
    },
  };
}

function heldBy(directory: string, number: number, holder: Holder | "unreadable"): StoreFailure {
  const file = lockPath(directory, number);
  if (holder === "unreadable")
    return {
      code: "STORE_HELD",
      message: `\`${directory}\` is in use, and \`${file}\` does not say by whom`,
      help: "stop the other server, then try again",
    };
  const since = new Date(holder.since).toISOString();
  return {
    code: "STORE_HELD",
    message: `\`${directory}\` is in use by process ${holder.pid} on \`${holder.host}\` since ${since}`,
    help: "stop that server, or talk to it: one process at a time may open the directory",
  };
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
