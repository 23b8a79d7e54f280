// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { shown } from "../failure.ts";

export type GitRun = {
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly input?: Uint8Array | string;
  readonly waitMs: number;
};

export type GitEnd = {
  /** `null`: it was stopped, or could not be started. */
  readonly code: number | null;
  readonly out: Buffer;
  /** One line, fit for a message. */
  readonly says: string;
};

/** Values of a batch and their headers; more than it can only be a repository that we did not write. */
const OUTPUT_MAX_BYTES = 256 << 20;
const STDERR_MAX = 8_000;

/** Runs git to its end, or stops it when it takes too long or says too much. Never throws. */
export async function runGit({ dir, env, args, input, waitMs }: GitRun): Promise<GitEnd> {
  const child = spawn("git", ["--no-pager", ...args], {
    cwd: dir,
    env,
    stdio: ["pipe", "pipe", "pipe"],
    // In a group of its own, so that what it starts (git-remote-https) is stopped with it.
    detached: true,
  });
  const chunks: Buffer[] = [];
  let size = 0;
  let stderr = "";
  let stopped = "";
  const stop = (why: string): void => {
    stopped = why;
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // It ended by itself between the two.
    }
  };
  const timer = setTimeout(() => stop(`git took longer than ${waitMs} ms`), waitMs);
  child.stdout.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > OUTPUT_MAX_BYTES) stop("git gave more output than the limit");
    else chunks.push(chunk);
  });
  child.stderr.on("data", (chunk: Buffer) => {
    if (stderr.length < STDERR_MAX) stderr += chunk.toString("utf8");
  });
  // A git that ends before it read everything closes the pipe; its exit code says why.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input ?? "");
  const code = await new Promise<number | null>((done) => {
    child.on("error", (error) => {
      stopped = error.message;
      done(null);
    });
    child.on("close", (status) => done(status));
  });
  clearTimeout(timer);
  const says = stopped === "" ? stderr.trim().replace(/\s+/g, " ") : stopped;
  return { code: stopped === "" ? code : null, out: Buffer.concat(chunks), says: shown(says) };
}
