// SPDX-License-Identifier: Apache-2.0
/** What an admission webhook let in or refused: `admission-journal.jsonl`, a line a request. */
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { join } from "node:path";

export const JOURNAL = "admission-journal.jsonl";
const OWNER_ONLY = 0o600;

export type Record_ = {
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
  readonly uid: string;
  readonly outcome: "admitted" | "refused" | "would-refuse";
  readonly because: string;
  readonly change: string | null;
  readonly by: string;
  readonly operation: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  /** Of the object as it came, without what the API server keeps; `null` where there is none. */
  readonly sha256: string | null;
};

export type Journal = {
  /** Durable when it settles; those that come together are written together. */
  readonly keep: (record: Record_) => Promise<void>;
  readonly close: () => Promise<void>;
};

export async function openJournal(state: string): Promise<Journal> {
  await mkdir(state, { recursive: true, mode: 0o700 });
  const file = await open(join(state, JOURNAL), "a+", OWNER_ONLY);
  // A line that a crash cut off is ended, so that it spoils no other.
  if (!(await endsLine(file))) await file.write("\n");
  let waiting: string[] = [];
  let writing: Promise<void> | null = null;
  const flush = async (): Promise<void> => {
    // Whoever comes until the disk is free goes along.
    await before;
    const lines = waiting.join("");
    waiting = [];
    writing = null;
    await file.write(lines);
    await file.datasync();
  };
  let before: Promise<void> = Promise.resolve();
  return {
    keep: (record) => {
      waiting.push(`${JSON.stringify({ version: 1, ...record })}\n`);
      if (writing === null) {
        const own = flush();
        writing = own;
        before = own.catch(() => undefined);
      }
      return writing;
    },
    close: async () => {
      await before;
      await file.close();
    },
  };
}

async function endsLine(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return true;
  const last = Buffer.alloc(1);
  await file.read(last, 0, 1, size - 1);
  return last[0] === 0x0a;
}
