// SPDX-License-Identifier: Apache-2.0
/**
 * What a guard let through: `guard-journal.jsonl`, two lines a change. The first is durable before a
 * byte is forwarded, with all that is needed to undo it; the second says what came of it. If we die
 * between them, the outcome is unknown, and the next start says so.
 */
import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { jsonOf } from "../hook/answer.ts";
import { linesOf } from "../hook/lines.ts";
import { fieldIn } from "./etcd/look.ts";
import type { Effect } from "./plan.ts";

export const JOURNAL = "guard-journal.jsonl";

export type Forwarding = {
  readonly id: string;
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
  readonly title: string;
  readonly by: string | null;
  /** Of the server; `null` where it was away, or nothing would change. */
  readonly change: string | null;
  readonly digest: string | null;
  readonly because: string;
  readonly readAt: string;
  readonly effects: readonly Effect[];
};

export type Outcome = "answered" | "raced" | "unsent" | "lost";

export type Journal = {
  /** Durable when it returns. */
  readonly forwards: (what: Forwarding) => void;
  readonly ended: (
    id: string,
    how: {
      readonly outcome: Outcome;
      readonly status: number | null;
      readonly says: string | null;
    },
  ) => void;
  readonly close: () => void;
};

const OWNER_ONLY = 0o600;

export function openJournal(state: string): Journal {
  const path = join(state, JOURNAL);
  const file = openSync(path, "a+", OWNER_ONLY);
  const append = (value: object): void => {
    writeSync(file, `${JSON.stringify(value)}\n`);
    fsyncSync(file);
  };
  // A line that a crash cut off is ended, so that it spoils no other.
  if (!endsLine(file)) writeSync(file, "\n");
  fsyncSync(file);
  syncFolder(dirname(path));
  return {
    forwards: ({ effects, ...rest }) =>
      append({
        ...{ version: 1, line: "forwards", ...rest },
        effects: effects.map(({ path: place, key, before, after }) => ({
          ...{ path: place, key, before: encoded(before), after: encoded(after) },
        })),
      }),
    ended: (id, how) => append({ version: 1, line: "ended", id, at: Date.now(), ...how }),
    close: () => closeSync(file),
  };
}

const encoded = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString("base64");

function endsLine(file: number): boolean {
  const { size } = fstatSync(file);
  const last = Buffer.alloc(1);
  if (size > 0) readSync(file, last, 0, 1, size - 1);
  return size === 0 || last[0] === 0x0a;
}

/** The name of a new file is durable only with its folder (fsync(2)). */
function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  fsyncSync(folder);
  closeSync(folder);
}

/** Titles of what was forwarded by a guard that was ended before it knew what came of it. */
export function unfinished(state: string): readonly string[] {
  const open = new Map<string, string>();
  for (const line of linesOf(join(state, JOURNAL))) {
    const value = jsonOf(line);
    const id = fieldIn(value, "id");
    const title = fieldIn(value, "title");
    if (typeof id !== "string") continue;
    if (typeof title === "string") open.set(id, title);
    else open.delete(id);
  }
  return [...open.values()];
}
