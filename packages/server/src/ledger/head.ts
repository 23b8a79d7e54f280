// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { type FileHandle, open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { GateError } from "@interlock/core";
import type { Hash } from "@interlock/tlog";

/** What a server signed last, or has seen published, whichever is larger. */
export type SignedHead = { readonly size: number; readonly root: Hash };

/**
 * Where a server remembers its head, apart from the database: whoever restores an old database
 * restores an old tree, and only a memory outside of it can tell (P9).
 */
export type HeadMemory = {
  readonly read: () => SignedHead | null;
  /** Durable when it resolves; never called before the one before has. */
  readonly write: (head: SignedHead) => Promise<void>;
};

const HEAD = /^(0|[1-9][0-9]{0,15}) ([0-9a-f]{64})\n$/;

/**
 * A file of one line, `SIZE ROOT`; replaced as a whole, so that a crash leaves the old or the new.
 * It is written ten times a second beside decisions, which must not wait for the disk.
 */
export function headFile(path: string): HeadMemory {
  return {
    read: () => {
      let text: string;
      try {
        text = readFileSync(path, "utf8");
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
        throw error;
      }
      const match = HEAD.exec(text);
      if (match === null)
        throw new GateError(
          "LEDGER_HEAD",
          `\`${path}\` is damaged: it does not say \`SIZE ROOT\``,
          "take the newest checkpoint that a witness or a reader has, and write its size and root there",
        );
      return { size: Number(match[1]), root: new Uint8Array(Buffer.from(match[2] ?? "", "hex")) };
    },
    write: async ({ size, root }) => {
      const temporary = `${path}.new`;
      await durably(temporary, "w", (file) =>
        file.writeFile(`${size} ${Buffer.from(root).toString("hex")}\n`),
      );
      await rename(temporary, path);
      await durably(dirname(path), "r", () => Promise.resolve());
    },
  };
}

async function durably(
  path: string,
  flags: "w" | "r",
  work: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await work(file);
    await file.sync();
  } finally {
    await file.close();
  }
}
