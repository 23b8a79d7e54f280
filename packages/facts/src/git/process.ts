// SPDX-License-Identifier: Apache-2.0
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { gitFailed, gitMissing, gitTooOld } from "./failure.ts";

/** A directory that git treats as the repository, and everything git learns from its environment. */
export type GitPlace = {
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
};

export type GitRun = {
  readonly place: GitPlace;
  readonly args: readonly string[];
  readonly input?: string;
  /** What git was to do, for the message when it cannot. */
  readonly what: string;
  /** Exit codes besides 0 that are an answer. */
  readonly alsoOk?: readonly number[];
};

/** Output larger than this is refused: a listing of that size is an attack or a mistake. */
const OUTPUT_MAX_BYTES = 512 * 1024 * 1024;
/** A single walk or merge that says nothing for so long is stopped: it will not end usefully. */
const SILENCE_MAX_MS = 120_000;
const STDERR_MAX = 4_000;
/** git exits with it when it does not know an option. */
export const USAGE_EXIT = 129;

/** Runs git to its end. Throws `GateError` when it fails or says too much. */
export async function git(run: GitRun): Promise<{ readonly out: Buffer; readonly code: number }> {
  const child = startGit(run.place, run.args);
  const chunks: Buffer[] = [];
  let size = 0;
  let stderr = "";
  let stopped = "";
  const stop = (why: string) => {
    stopped = why;
    child.kill("SIGKILL");
  };
  const timer = setTimeout(() => stop("it took too long"), SILENCE_MAX_MS);
  child.stdout.on("data", (chunk: Buffer) => {
    timer.refresh();
    size += chunk.length;
    if (size > OUTPUT_MAX_BYTES) stop("it gave more output than the limit");
    else chunks.push(chunk);
  });
  child.stderr.on("data", (chunk: Buffer) => {
    if (stderr.length < STDERR_MAX) stderr += chunk.toString("utf8");
  });
  // A git that ends before it read everything closes the pipe; its exit code says why.
  child.stdin.on("error", () => undefined);
  child.stdin.end(run.input ?? "");
  const code = await ended(child);
  clearTimeout(timer);
  if (stopped !== "") throw gitFailed(run.what, stopped);
  if (code === USAGE_EXIT) throw gitTooOld();
  if (code !== 0 && !(run.alsoOk ?? []).includes(code)) throw gitFailed(run.what, stderr);
  return { out: Buffer.concat(chunks), code };
}

function ended(child: ChildProcessWithoutNullStreams): Promise<number> {
  return new Promise((done, fail) => {
    child.on("error", (error) => fail(gitMissing(error.message)));
    child.on("close", (code) => done(code ?? -1));
  });
}

/** Starts git in its private directory: no repository can be found by looking around there. */
export function startGit(place: GitPlace, args: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn(binary(), ["--no-pager", ...args], {
    cwd: place.dir,
    env: place.env,
    stdio: ["pipe", "pipe", "pipe"],
    // In a group of its own, Ctrl-C ends us and not git under our hands, which would look like a
    // damaged object. It ends by itself when we close the pipe or die.
    detached: process.platform !== "win32",
    windowsHide: true,
  });
}

/** Absolute folders of PATH: an empty or relative entry would run what lies where we happen to be. */
export const searchPath = (): readonly string[] =>
  (process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin")
    .split(delimiter)
    .filter((folder) => isAbsolute(folder));

let found: string | null = null;

function binary(): string {
  if (found !== null) return found;
  const names = process.platform === "win32" ? ["git.exe"] : ["git"];
  for (const folder of searchPath())
    for (const name of names) {
      const candidate = join(folder, name);
      if (!isExecutable(candidate)) continue;
      found = candidate;
      return candidate;
    }
  throw gitMissing("no `git` on PATH");
}

function isExecutable(path: string): boolean {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // A file that may not be run is not the git we look for.
    return false;
  }
}
