// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { codeOf } from "../failure.ts";
import { fileAndFolder, foldersOf } from "../key-path.ts";
import type { Batch, WriteOutcome } from "../target.ts";
import { heldIn, whatIs } from "./file.ts";
import {
  type CellState,
  KEYS_KEPT,
  type Pending,
  readState,
  syncFolder,
  unlinkIfThere,
  writeDurably,
  writeState,
} from "./state.ts";

/** A cell's folder, its own part of it, and whom to tell before each step on the disk. */
export type FilesCell = {
  readonly folder: string;
  readonly own: string;
  readonly onStep: (step: string) => void;
};

const newIn = (cell: FilesCell): string => join(cell.own, "new");

/** Thrown once the batch may have taken effect. */
export class Uncertain extends Error {
  override readonly name = "Uncertain";
}

/**
 * Writes a batch, all or nothing. Its new contents are made to last in `new`, then the state that names
 * them replaces the old one: that is the moment it takes effect. If we die before, the next opening
 * removes the contents; if we die after, it puts them in their places.
 */
export async function writeBatch(cell: FilesCell, batch: Batch): Promise<WriteOutcome> {
  const state = await settled(cell);
  if (state.keys.includes(batch.idempotencyKey)) return { kind: "already" };
  if (batch.fence < state.fence) return { kind: "fenced", fence: state.fence };
  const clash = await clashOf(cell, batch);
  if (clash !== null) return clash;
  const keys: string[] = [];
  for (const { key, over } of batch.items)
    if (((await heldIn(cell.folder, key))?.version ?? null) !== over) keys.push(key);
  if (keys.length > 0) return { kind: "conflict", keys, done: [] };
  const pending = await stage(cell, batch);
  cell.onStep("state");
  try {
    await writeState(cell.own, {
      version: 1,
      fence: batch.fence,
      keys: [...state.keys, batch.idempotencyKey].slice(-KEYS_KEPT),
      pending,
    });
    const late = await finish(cell, pending);
    if (late.length === 0) {
      await clear(cell);
      return { kind: "written" };
    }
    await forget(cell);
    const done = batch.items.map(({ key }) => key).filter((key) => !late.includes(key));
    return { kind: "conflict", keys: late, done };
  } catch (error) {
    throw new Uncertain("the batch was begun and not finished", { cause: error });
  }
}

/** The state of the cell once the batch that somebody left behind was finished or taken back. */
export async function settled(cell: FilesCell): Promise<CellState> {
  const state = await readState(cell.own);
  const late = await finish(cell, state.pending);
  if (late.length > 0) return forget(cell);
  await clear(cell);
  return state;
}

/** Somebody wrote around us while the batch was under way: it did not take effect as a whole. */
async function forget(cell: FilesCell): Promise<CellState> {
  const { keys, ...rest } = await readState(cell.own);
  const state = { ...rest, keys: keys.slice(0, -1), pending: [] };
  await writeState(cell.own, state);
  await clear(cell);
  return state;
}

async function clear(cell: FilesCell): Promise<void> {
  for (const name of await filesIn(newIn(cell))) await rm(join(newIn(cell), name), { force: true });
}

async function stage(cell: FilesCell, batch: Batch): Promise<readonly Pending[]> {
  await mkdir(newIn(cell), { recursive: true });
  const pending: Pending[] = [];
  const id = randomUUID();
  for (const [at, { key, value, over }] of batch.items.entries()) {
    const from = `${id}.${at}`;
    cell.onStep(`stage ${key}`);
    if (value !== null) await writeDurably(join(newIn(cell), from), value);
    pending.push({ key, over, from: value === null ? null : from });
  }
  cell.onStep("stage folder");
  await syncFolder(newIn(cell));
  return pending;
}

/**
 * Puts what waits in its places; doing it again does nothing more. What is over another version than
 * the batch was for is left alone, by (compare-and-swap), and named.
 */
async function finish(cell: FilesCell, pending: readonly Pending[]): Promise<readonly string[]> {
  const waiting = new Set(await filesIn(newIn(cell)));
  const touched = new Set<string>();
  const late: string[] = [];
  for (const { key, over, from } of pending) {
    if (from !== null && !waiting.has(from)) continue;
    const path = join(cell.folder, key);
    const version = (await heldIn(cell.folder, key))?.version ?? null;
    cell.onStep(`put ${key}`);
    if (version !== over) {
      if (from !== null) late.push(key);
    } else if (from !== null) {
      await makeFolders(cell, key, touched);
      await rename(join(newIn(cell), from), path);
      touched.add(dirname(path));
    } else if (version !== null) {
      await unlinkIfThere(path);
      touched.add(dirname(path));
    }
  }
  for (const folder of touched) {
    cell.onStep(`sync ${folder}`);
    await syncFolder(folder);
  }
  for (const { key, from } of pending) if (from === null) await pruneFolders(cell, key);
  cell.onStep("done");
  return late;
}

async function filesIn(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  }
}

async function makeFolders(cell: FilesCell, key: string, touched: Set<string>): Promise<void> {
  for (const folder of foldersOf(key)) {
    const path = join(cell.folder, folder);
    if ((await whatIs(path)) === "folder") continue;
    await mkdir(path);
    touched.add(dirname(path));
  }
}

/** An empty folder that stays would stand in the way of a file of its name. */
async function pruneFolders(cell: FilesCell, key: string): Promise<void> {
  for (const folder of [...foldersOf(key)].reverse())
    try {
      await rmdir(join(cell.folder, folder));
    } catch (error) {
      if (["ENOTEMPTY", "EEXIST", "ENOENT", "ENOTDIR"].includes(codeOf(error))) return;
      throw error;
    }
}

async function clashOf(cell: FilesCell, batch: Batch): Promise<WriteOutcome | null> {
  for (const { key, value } of batch.items) {
    if (value === null) continue;
    for (const folder of foldersOf(key))
      if ((await whatIs(join(cell.folder, folder))) === "file")
        return { kind: "refused", failure: fileAndFolder(folder) };
    if ((await whatIs(join(cell.folder, key))) === "folder")
      return { kind: "refused", failure: fileAndFolder(key) };
  }
  return null;
}
