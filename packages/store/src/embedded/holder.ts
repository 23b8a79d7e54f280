// SPDX-License-Identifier: Apache-2.0
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** Who holds a directory. A process is told apart from a later one of the same number by its start. */
export type Holder = {
  readonly pid: number;
  /** Start in clock ticks since boot; `null` where there is no /proc. */
  readonly started: string | null;
  readonly boot: string | null;
  /** The namespace that gives the number its meaning: containers count their processes themselves. */
  readonly namespace: string | null;
  readonly host: string;
  /** Milliseconds since 1970, for people. */
  readonly since: number;
  /** Grows while the holder lives. */
  readonly beat: number;
  readonly released: boolean;
};

export type Standing = "alive" | "dead" | "unknown";

/** The process we are, as a holder. */
export function ourselves(now: number): Holder {
  return {
    pid: process.pid,
    started: startOf(process.pid),
    boot: firstLine("/proc/sys/kernel/random/boot_id"),
    namespace: namespaceOf(),
    host: hostname(),
    since: now,
    beat: 0,
    released: false,
  };
}

/** Whether a holder lives, where that can be told from here; else only its beat tells. */
export function standing(holder: Holder, we: Holder): Standing {
  if (holder.released) return "dead";
  const sameKernel = holder.boot !== null && holder.boot === we.boot;
  if (sameKernel && holder.namespace !== null && holder.namespace === we.namespace)
    return startOf(holder.pid) === holder.started ? "alive" : "dead";
  const noProc = holder.boot === null && we.boot === null && holder.host === we.host;
  return noProc && !exists(holder.pid) ? "dead" : "unknown";
}

/** Reads a holder; `null` for text that is none, such as one that was cut off by a crash. */
export function parseHolder(text: string): Holder | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const { pid, started, boot, namespace, host, since, beat, released } = value as Record<
    keyof Holder,
    unknown
  >; // each field is looked at below
  if (
    !isCount(pid) ||
    !isTextOrNull(started) ||
    !isTextOrNull(boot) ||
    !isTextOrNull(namespace) ||
    typeof host !== "string" ||
    !isCount(since) ||
    !isCount(beat) ||
    typeof released !== "boolean"
  )
    return null;
  return { pid, started, boot, namespace, host, since, beat, released };
}

const isCount = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

const isTextOrNull = (value: unknown): value is string | null =>
  value === null || typeof value === "string";

/** Field 22 of proc_pid_stat(5); the name before it may hold blanks and brackets. A zombie is dead. */
function startOf(pid: number): string | null {
  const stat = firstLine(`/proc/${pid}/stat`);
  if (stat === null) return null;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? null : (fields[19] ?? null);
}

function namespaceOf(): string | null {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return null;
  }
}

function firstLine(path: string): string | null {
  try {
    return readFileSync(path, "latin1").split("\n")[0] ?? null;
  } catch {
    return null;
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}
