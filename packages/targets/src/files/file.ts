// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { type BigIntStats, constants } from "node:fs";
import { lstat, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, damaged, shown } from "../failure.ts";
import { foldersOf } from "../key-path.ts";
import { type Held, type TargetFailure, VALUE_BYTES_MAX } from "../target.ts";
import { type LastWriter, writerOf } from "../writer.ts";

/** Most files of one cell that a list or a watch looks at. */
export const FILES_MAX = 100_000;
const DEPTH_MAX = 32;

/** What lies where a file should, so that the cell cannot be used as it is. */
export class Misplaced extends Error {
  override readonly name = "Misplaced";
  readonly failure: TargetFailure;
  constructor(failure: TargetFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

const misplaced = (path: string, says: string): Misplaced =>
  new Misplaced(damaged(`\`${shown(path)}\` ${says}`, "move it away, or make it a plain file"));

const ABSENT: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "ENAMETOOLONG"]);

async function statOf(path: string): Promise<BigIntStats | null> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if (ABSENT.has(codeOf(error))) return null;
    throw error;
  }
}

/** What a folder, and what a plain file, stands in the way of a key; a link counts as neither. */
export async function whatIs(path: string): Promise<"nothing" | "file" | "folder"> {
  const stat = await statOf(path);
  if (stat === null) return "nothing";
  if (stat.isFile()) return "file";
  if (stat.isDirectory()) return "folder";
  throw misplaced(path, "is neither a plain file nor a folder");
}

/**
 * The content of a key and its version. The version holds the inode and its change time, which every
 * write and rename sets and nobody can set back, so that A, B, A is told from A.
 */
export async function heldIn(folder: string, key: string): Promise<Held | null> {
  // A link above the file would lead out of the cell.
  for (const above of foldersOf(key))
    if ((await whatIs(join(folder, above))) !== "folder") return null;
  const path = join(folder, key);
  if ((await whatIs(path)) !== "file") return null;
  const file = await openPlain(path);
  if (file === null) return null;
  try {
    const stat = await file.stat({ bigint: true });
    if (!stat.isFile()) throw misplaced(path, "is no plain file");
    if (stat.size > VALUE_BYTES_MAX)
      throw misplaced(path, `has more than ${VALUE_BYTES_MAX} bytes`);
    const value = await file.readFile();
    const hash = createHash("sha256").update(value).digest("hex");
    return { value, version: `${stampOf(stat)}-${hash}` };
  } finally {
    await file.close();
  }
}

/**
 * The owner of a file and when it changed, which the kernel keeps. Who wrote into it need not own it.
 * Of a file that is gone nothing is left to ask.
 */
export async function fileWriter(
  folder: string,
  key: string,
  version: string | null,
): Promise<LastWriter | null> {
  for (const above of foldersOf(key))
    if ((await whatIs(join(folder, above))) !== "folder") return null;
  const stat = await statOf(join(folder, key));
  const isSame = stat?.isFile() === true && version?.startsWith(`${stampOf(stat)}-`) === true;
  if (!isSame) return null;
  const at = Number(stat.ctimeNs / 1_000_000n);
  return writerOf("told", { name: `uid ${stat.uid}`, how: "owner of the file", at });
}

async function openPlain(path: string) {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

const stampOf = ({ ino, ctimeNs, size }: BigIntStats): string => `${ino}-${ctimeNs}-${size}`;

/** The keys of a cell with what changes when a file does, without reading any; sorted by key. */
export async function keysIn(folder: string): Promise<ReadonlyMap<string, string>> {
  const found: [string, string][] = [];
  const visit = async (below: string, depth: number): Promise<void> => {
    if (depth > DEPTH_MAX) throw misplaced(below, `lies deeper than ${DEPTH_MAX} folders`);
    for (const { name } of await entriesOf(join(folder, below))) {
      const key = below === "" ? name : `${below}/${name}`;
      if (/^\.(?:git|interlock)/i.test(name)) continue;
      const stat = await statOf(join(folder, key));
      if (stat?.isDirectory() === true) await visit(key, depth + 1);
      else if (stat?.isFile() === true) found.push([key, stampOf(stat)]);
      if (found.length > FILES_MAX) throw misplaced(folder, `has more than ${FILES_MAX} files`);
    }
  };
  await visit("", 0);
  return new Map(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function entriesOf(path: string) {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (ABSENT.has(codeOf(error))) return [];
    throw error;
  }
}
