// SPDX-License-Identifier: Apache-2.0
/** Has changes gathered in processes of their own: what a hostile repository breaks is one of them. */
import { spawn } from "node:child_process";
import { realpathSync } from "node:fs";
import { constants, setPriority } from "node:os";
import type { Gather, Gathered, Refusal } from "@interlock/server";

/** Gathering a change of 20,000 files takes a minute; whatever takes longer will not end usefully. */
const TIMEOUT_MS = 300_000;
/** Facts of a large change are a few megabytes, and the gate refuses more than sixteen. */
const ANSWER_MAX_BYTES = 32 << 20;
const MEMORY_MB = 2_048;
const STDERR_MAX = 1_000;

/** By the command as it runs now, with nothing of the server's environment but where programs are. */
export function gatherer(): Gather {
  const [node = "", main = ""] = process.argv;
  const program = [realpathSync(node), `--max-old-space-size=${MEMORY_MB}`, realpathSync(main)];
  return async (request, stop) => {
    const ran = await run([...program, "forge", "gather"], JSON.stringify(request), stop);
    if (typeof ran === "string") return { ok: false, failure: notGathered(ran) };
    return read(ran.stdout) ?? { ok: false, failure: notGathered(ran.stderr || "it said nothing") };
  };
}

type Said = { readonly ok: true; readonly value: Gathered } | { ok: false; failure: Refusal };

/** Our own program of the same version wrote it; the gate validates the facts again. */
function read(stdout: string): Said | null {
  try {
    return JSON.parse(stdout) as Said; // see above
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

const notGathered = (because: string): Refusal => ({
  code: "JUDGING_STOPPED",
  message: `the change could not be read: ${because.trim()}`,
  help: "split the change if it is large; else look at the mirror with `git fsck`",
});

type Ran = { readonly stdout: string; readonly stderr: string };

function run(
  [file = "", ...args]: readonly string[],
  input: string,
  ended: AbortSignal,
): Promise<Ran | string> {
  return new Promise((done) => {
    const child = spawn(file, args, {
      env: {
        PATH: process.env["PATH"] ?? "",
        ...(process.env["TMPDIR"] === undefined ? {} : { TMPDIR: process.env["TMPDIR"] }),
      },
      stdio: ["pipe", "pipe", "pipe"],
      signal: ended,
    });
    // The gate answers people who wait; this can wait.
    if (child.pid !== undefined) lowered(child.pid);
    const out: Buffer[] = [];
    let size = 0;
    let stderr = "";
    let stopped: string | null = null;
    const stop = (why: string): void => {
      stopped = why;
      child.kill("SIGKILL");
    };
    const timer = setTimeout(() => stop(`it took longer than ${TIMEOUT_MS} ms`), TIMEOUT_MS);
    child.stdout.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > ANSWER_MAX_BYTES) stop(`its facts are larger than ${ANSWER_MAX_BYTES} bytes`);
      else out.push(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      if (stderr.length < STDERR_MAX) stderr += chunk.toString("utf8");
    });
    // One that ends before it has read everything says why by what it says.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    const end = (because: string | null): void => {
      clearTimeout(timer);
      done(stopped ?? because ?? { stdout: Buffer.concat(out).toString("utf8"), stderr });
    };
    child.on("error", (error) => end(error.message));
    child.on("close", () => end(null));
  });
}

/** It may have ended already, and where priorities are not to be had it runs as it is. */
function lowered(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
}
