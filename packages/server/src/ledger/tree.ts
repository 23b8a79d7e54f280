// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { type Database, readTiles, type StoredCheckpoint, type Tile } from "@interlock/store";
import {
  type FetchStored,
  parseTilePath,
  type TileReader,
  tileReader,
  treeHash,
} from "@interlock/tlog";

type Place = Pick<Tile, "level" | "n">;

/** Reads stored tiles by their path below the log's prefix, as a file server would give them. */
export const storedTiles = (db: Database): FetchStored =>
  tilesBy(async (place) => (await readTiles(db, [place]))[0]);

const tilesBy =
  (read: (place: Place) => Promise<Tile | undefined>): FetchStored =>
  async (path) => {
    const parsed = parseTilePath(path);
    if (!parsed.ok || parsed.value.kind !== "hashes") return null;
    const { level, index, width } = parsed.value.tile;
    const found = await read({ level, n: index });
    // A tile that has grown since still begins with what it was.
    const bytes = found?.hashes.subarray(0, width * HASH_LENGTH);
    return bytes?.length === width * HASH_LENGTH ? bytes : null;
  };

const HASH_LENGTH = 32;

const hash = treeHash((bytes) => createHash("sha256").update(bytes).digest());

type Head = Pick<StoredCheckpoint, "size" | "root">;

/** The tree of a published checkpoint. */
export const treeOf = (db: Database, { size, root }: Head): TileReader =>
  tileReader({ size, root, fetch: storedTiles(db), hash });

/**
 * The same for a proof of one entry: every tile on the way from it to the root, and from the tree's
 * right edge, comes with one question to the database.
 */
export function treeAround(db: Database, { size, root }: Head, index: number): TileReader {
  const places: Place[] = [];
  for (let level = 0, span = 256; level === 0 || span / 256 < size; level++, span *= 256)
    for (const n of new Set([Math.floor(index / span), Math.floor((size - 1) / span)]))
      places.push({ level, n });
  let asked: Promise<ReadonlyMap<string, Tile>> | null = null;
  const read = async ({ level, n }: Place): Promise<Tile | undefined> => {
    asked ??= readTiles(db, places).then(
      (tiles) => new Map(tiles.map((tile) => [`${tile.level}/${tile.n}`, tile])),
    );
    return (await asked).get(`${level}/${n}`) ?? (await readTiles(db, [{ level, n }]))[0];
  };
  return tileReader({ size, root, fetch: tilesBy(read), hash });
}
