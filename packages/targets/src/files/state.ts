// SPDX-License-Identifier: Apache-2.0
import { open, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../failure.ts";
import { pathFault } from "../key-path.ts";

/** One file of a batch that is being written: `from` is its new content in the folder `new`. */
export type Pending = {
  readonly key: string;
  readonly over: string | null;
  readonly from: string | null;
};

/** What we keep of a cell beside its files; `pending` is the last batch, finished or not. */
export type CellState = {
  readonly version: 1;
  readonly fence: number;
  /** Idempotency keys that took effect, oldest first. */
  readonly keys: readonly string[];
  readonly pending: readonly Pending[];
};

/** A rollout sends a batch again within minutes; a cell sees far fewer others meanwhile. */
export const KEYS_KEPT = 256;
const STATE_MAX_BYTES = 8 << 20;
/** Never the same for two batches: what one left behind must not be put in the places of another. */
const STAGED = /^[0-9a-f-]{36}\.[0-9]{1,4}$/;
const EMPTY: CellState = { version: 1, fence: 0, keys: [], pending: [] };

/** Our own file holds what we did not write. */
export class StateDamaged extends Error {
  override readonly name = "StateDamaged";
}

export async function readState(own: string): Promise<CellState> {
  const path = join(own, "state.json");
  let text: string;
  try {
    const file = await open(path, "r");
    try {
      if ((await file.stat()).size > STATE_MAX_BYTES) throw new StateDamaged(path);
      text = await file.readFile("utf8");
    } finally {
      await file.close();
    }
  } catch (error) {
    if (codeOf(error) === "ENOENT") return EMPTY;
    throw error;
  }
  const state = stateOf(text);
  if (state === null) throw new StateDamaged(path);
  return state;
}

/** Lasts once it returns: a crash leaves the old state or the new one. */
export async function writeState(own: string, state: CellState): Promise<void> {
  const draft = join(own, "state.draft");
  await writeDurably(draft, Buffer.from(`${JSON.stringify(state)}\n`));
  await rename(draft, join(own, "state.json"));
  await syncFolder(own);
}

export async function writeDurably(path: string, content: Uint8Array): Promise<void> {
  const file = await open(path, "w", 0o644);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes what was named, renamed or removed in a folder last. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

export async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}

function stateOf(text: string): CellState | null {
  try {
    const value: unknown = JSON.parse(text);
    return isState(value) ? value : null;
  } catch {
    // Not even JSON; the caller says which file.
    return null;
  }
}

function isState(value: unknown): value is CellState {
  if (typeof value !== "object" || value === null) return false;
  if (!("version" in value && "fence" in value && "keys" in value && "pending" in value))
    return false;
  const { version, fence, keys, pending } = value;
  return (
    version === 1 &&
    Number.isSafeInteger(fence) &&
    Array.isArray(keys) &&
    keys.every((key) => typeof key === "string") &&
    Array.isArray(pending) &&
    pending.every(isPending)
  );
}

function isPending(value: unknown): value is Pending {
  if (typeof value !== "object" || value === null) return false;
  if (!("key" in value && "over" in value && "from" in value)) return false;
  const { key, over, from } = value;
  return (
    typeof key === "string" &&
    pathFault(key) === null &&
    (over === null || typeof over === "string") &&
    (from === null || (typeof from === "string" && STAGED.test(from)))
  );
}
