// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join, relative } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { fsyncDirectory } from "./disk.ts";

/** A folder ends with a slash and has no bytes; contents follow the index in its order. */
type Piece = { readonly path: string; readonly bytes: number };

const LENGTH_BYTES = 4;

/** A closed data directory as one file: its first start would otherwise be the five seconds of initdb. */
export function packDirectory(directory: string): Buffer {
  const pieces: Piece[] = [];
  const contents: Buffer[] = [];
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const path = relative(directory, join(entry.parentPath, entry.name)).replaceAll("\\", "/");
    if (entry.isDirectory()) {
      pieces.push({ path: `${path}/`, bytes: 0 });
      contents.push(Buffer.alloc(0));
    } else {
      const content = readFileSync(join(directory, path));
      pieces.push({ path, bytes: content.length });
      contents.push(content);
    }
  }
  const index = Buffer.from(JSON.stringify(pieces));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(index.length);
  return gzipSync(Buffer.concat([length, index, ...contents]));
}

/** Unpacks into a new directory and makes every byte and name durable. */
export async function unpackDirectory(packed: Buffer, directory: string): Promise<void> {
  const all = gunzipSync(packed);
  const start = LENGTH_BYTES + all.readUInt32BE(0);
  // Our own build wrote it, and it is installed with this program.
  const pieces = JSON.parse(all.toString("utf8", LENGTH_BYTES, start)) as readonly Piece[];
  const folders = pieces.filter(({ path }) => path.endsWith("/")).map(({ path }) => path);
  for (const folder of ["", ...folders.sort()])
    mkdirSync(join(directory, folder), { recursive: true, mode: 0o700 });
  let at = start;
  const files = pieces.flatMap(({ path, bytes }) => {
    const content = all.subarray(at, at + bytes);
    at += bytes;
    return path.endsWith("/") ? [] : [{ path, content }];
  });
  await manyAtOnce(files, ({ path, content }) => writeDurably(join(directory, path), content));
  for (const folder of ["", ...folders]) fsyncDirectory(join(directory, folder));
}

/** Makes every file and name below a directory durable. */
export function fsyncTree(directory: string): void {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    // A directory is opened for reading like a file, and fsync of it makes its names durable.
    fsyncDirectory(join(entry.parentPath, entry.name));
  }
  fsyncDirectory(directory);
}

/** A thousand fsyncs in a row take seconds on a busy disk; together the disk takes them in few writes. */
const AT_ONCE = 32;

async function manyAtOnce<T>(all: readonly T[], run: (one: T) => Promise<void>): Promise<void> {
  const left = [...all];
  const worker = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) await run(next);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function writeDurably(path: string, content: Uint8Array): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}
