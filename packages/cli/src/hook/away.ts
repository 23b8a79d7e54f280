// SPDX-License-Identifier: Apache-2.0
/** What landed while the server did not answer: a line each, kept in the repository. */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";

const JOURNAL = "interlock-away.jsonl";

export type WentOn = {
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
  readonly ref: string;
  readonly old: string;
  readonly new: string;
  readonly digest: string | null;
  readonly pushedBy: readonly string[] | null;
  readonly because: string;
};

/** Durable before the push is let through, so that nothing lands without a trace. */
export function keepRecord(gitDir: string, entry: WentOn): void {
  const file = openSync(join(gitDir, JOURNAL), "a", 0o600);
  try {
    writeSync(file, `${JSON.stringify(entry)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** How many pushes the journal has. */
export function recordsKept(gitDir: string): number {
  const path = join(gitDir, JOURNAL);
  if (!existsSync(path)) return 0;
  return readFileSync(path, "utf8").split("\n").length - 1;
}
