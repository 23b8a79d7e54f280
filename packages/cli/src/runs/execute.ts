// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { type Command, type Expectation, TAIL_MAX } from "@interlock/document";

/** Of each end of an output; what lies between is counted and digested only. */
const KEPT_MAX = 1_000_000;
const KILL_AFTER_MS = 5_000;

export type Ran = {
  /** `null`: it could not be started, or a signal ended it. */
  readonly exit: number | null;
  /** Why it did not end by itself; empty where it did. */
  readonly trouble: string;
  readonly bytes: number;
  /** SHA-256 of the whole output in the order in which it came, in hexadecimal. */
  readonly digest: string;
  readonly head: string;
  readonly tail: string;
  /** Something between head and tail is not there. */
  readonly cut: boolean;
};

/**
 * Runs a program with its arguments, without a shell and without input, in a process group of its
 * own, which ends when its time is over or when somebody interrupts us. `onStart` is told its id.
 */
export function execute(
  { argv, timeoutMs }: Command,
  onStart: (pid: number) => void,
): Promise<Ran> {
  const [program = "", ...args] = argv;
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], detached: true });
    const output = collector();
    let trouble = "";
    const end = (why: string): void => {
      trouble ||= why;
      killGroup(child.pid, "SIGTERM");
      setTimeout(() => killGroup(child.pid, "SIGKILL"), KILL_AFTER_MS).unref();
    };
    const timer = setTimeout(() => end(`took longer than ${timeoutMs} ms`), timeoutMs);
    const interrupt = (signal: NodeJS.Signals) => end(`interrupted by ${signal}`);
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
    for (const signal of signals) process.on(signal, interrupt);
    let settled = false;
    const finish = (exit: number | null): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      for (const signal of signals) process.off(signal, interrupt);
      resolve({ exit: trouble === "" ? exit : null, trouble, ...output.end() });
    };
    child.stdout.on("data", output.take);
    child.stderr.on("data", output.take);
    child.on("error", (error) => {
      trouble ||= `could not be started: ${error.message}`;
      finish(null);
    });
    child.on("spawn", () => {
      if (child.pid !== undefined) onStart(child.pid);
    });
    child.on("close", (code, signal) => {
      if (signal !== null) trouble ||= `was ended by ${signal}`;
      finish(code);
    });
  });
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // Gone already: that is what was asked for.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

function collector() {
  const hash = createHash("sha256");
  const head: Buffer[] = [];
  let tail = Buffer.alloc(0);
  let headBytes = 0;
  let bytes = 0;
  return {
    take: (chunk: Buffer): void => {
      hash.update(chunk);
      bytes += chunk.length;
      const first = chunk.subarray(0, Math.max(0, KEPT_MAX - headBytes));
      if (first.length > 0) head.push(first);
      headBytes += first.length;
      const rest = chunk.subarray(first.length);
      if (rest.length > 0) tail = Buffer.concat([tail, rest]).subarray(-KEPT_MAX);
    },
    end: () => ({
      bytes,
      digest: hash.digest("hex"),
      head: Buffer.concat(head).toString("utf8"),
      tail: tail.toString("utf8"),
      cut: bytes > headBytes + tail.length,
    }),
  };
}

/** What was expected of a command and not seen; empty where all was. */
export function missedBy(ran: Ran, expect: Expectation | null): readonly string[] {
  if (ran.trouble !== "") return [ran.trouble];
  const { exit, contains, lacks } = expect ?? { exit: 0, contains: [], lacks: [] };
  // Head and tail meet where nothing was cut, so that a text across the seam is found.
  const parts = ran.cut ? [ran.head, ran.tail] : [ran.head + ran.tail];
  const holds = (text: string) => parts.some((part) => part.includes(text));
  return [
    ...(ran.exit === exit ? [] : [`exit code ${exit}; it was ${ran.exit ?? "none"}`]),
    ...contains
      .filter((text) => !holds(text))
      .map((text) => `output contains \`${text.slice(0, 500)}\``),
    ...lacks.filter(holds).map((text) => `output does not contain \`${text.slice(0, 500)}\``),
    ...(ran.cut && lacks.length > 0 ? ["an output short enough to be searched whole"] : []),
  ];
}

/** The end of the output as a journal keeps it. */
export function tailOf({ head, tail }: Ran): string {
  return (head + tail).slice(-TAIL_MAX).toWellFormed();
}
