// SPDX-License-Identifier: Apache-2.0
/** Checkpoints kept by whoever verifies, to notice a log that goes back or tells two histories (LG1). */
import { existsSync, readFileSync, statSync } from "node:fs";
import { GateError } from "@interlock/core";
import {
  compareHeads,
  type HeadComparison,
  MAX_NOTE_LENGTH,
  type Outcome,
  openCheckpoint,
  type Policy,
  type StoredTree,
  type TreeHead,
} from "@interlock/tlog";
import { writeWhole } from "../files/write.ts";

/** An older checkpoint, still as its log signed it. */
export type Remembered = {
  readonly path: string;
  readonly origin: string;
  readonly head: TreeHead;
};

/**
 * Reads a checkpoint that was kept; only the log's signature is wanted of it, since it is evidence
 * against the log and not for it. Throws `GateError`.
 */
export async function rememberedAt(path: string, policy: Policy): Promise<Remembered> {
  const bytes = bytesOf(path);
  const read = await openCheckpoint(
    bytes,
    policy.logs.map(({ key }) => key),
  );
  if (!read.ok)
    throw new GateError(
      "INPUT_INVALID",
      `\`${path}\` is no checkpoint of a log of the policy: ${read.failure.message}`,
      "name a file that `--remember` wrote, or a `checkpoint` that you kept",
    );
  const { origin, size, root } = read.value.checkpoint;
  return { path, origin, head: { size, root } };
}

function bytesOf(path: string): Uint8Array {
  try {
    if (statSync(path).size > MAX_NOTE_LENGTH) throw new Error("it is too long to be a checkpoint");
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    throw new GateError(
      "INPUT_UNREADABLE",
      `\`${path}\` cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      "check the path",
    );
  }
}

/** The one that `--remember` kept before, or `null` the first time. */
export const rememberedIf = async (
  path: string | undefined,
  policy: Policy,
): Promise<Remembered | null> =>
  path === undefined || !existsSync(path) ? null : rememberedAt(path, policy);

export type Compared = { readonly seen: Remembered; readonly is: Outcome<HeadComparison> };

export async function compared(tree: StoredTree, seen: Remembered): Promise<Compared> {
  return { seen, is: await compareHeads(tree, seen.head) };
}

/** A whole file or the one before: a checkpoint that is lost cannot alarm. */
export const remember = (path: string, checkpoint: Uint8Array): void =>
  writeWhole(path, new TextDecoder().decode(checkpoint), 0o644);
