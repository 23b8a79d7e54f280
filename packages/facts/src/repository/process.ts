// SPDX-License-Identifier: Apache-2.0
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { GateError } from "@interlock/core";
import { gitFailed } from "./failure.ts";

export type GitRun = {
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly input?: string;
  /** What git was to do, for the message when it cannot. */
  readonly what: string;
};

/** Output larger than this is refused: a listing of that size is an attack or a mistake. */
const OUTPUT_MAX_BYTES = 512 * 1024 * 1024;

/** Runs git to its end. Throws `GateError` when it fails or says too much. */
export async function git(run: GitRun): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of gitStream(run)) {
    size += chunk.length;
    if (size > OUTPUT_MAX_BYTES) throw gitFailed(run.what, "more output than the limit");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Runs git and yields its output as it comes. */
export async function* gitStream(run: GitRun): AsyncGenerator<Buffer> {
  const child = start(run);
  let stderr = "";
  child.stderr.on("data", (d: Buffer) => {
    if (stderr.length < 4_000) stderr += d.toString("utf8");
  });
  const ended = new Promise<{ code: number | null; error: Error | null }>((done) => {
    child.on("error", (error) => done({ code: null, error }));
    child.on("close", (code) => done({ code, error: null }));
  });
  // A reader that stops early closes the pipe; that is no failure of ours to report.
  child.stdin.on("error", () => undefined);
  child.stdin.end(run.input ?? "");
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer; // a stream without encoding gives buffers
    const { code, error } = await ended;
    if (error !== null) throw missingGit(error);
    if (code !== 0) throw gitFailed(run.what, stderr);
  } finally {
    child.kill();
  }
}

export function start(run: Pick<GitRun, "env" | "args">): ChildProcessWithoutNullStreams {
  return spawn("git", ["--no-pager", ...run.args], {
    env: run.env,
    stdio: ["pipe", "pipe", "pipe"],
    windowsHide: true,
  });
}

export function missingGit(error: Error): GateError {
  return new GateError(
    "GIT_UNUSABLE",
    `git could not be started: ${error.message}`,
    "install git 2.36 or later and make sure it is on PATH",
  );
}
