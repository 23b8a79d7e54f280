// SPDX-License-Identifier: Apache-2.0
import { hash as digest } from "node:crypto";
import { type Database, readTiles, type StoredCheckpoint, type Tile } from "@interlock/store";
import {
  type CheckedTiles,
  checkedTiles,
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

const hash = treeHash((bytes) => digest("sha256", bytes, "buffer"));

type Head = Pick<StoredCheckpoint, "size" | "root">;

/** 16 MB of tiles: the upper levels of 60 million entries, and more. */
const KEPT_TILES = 1_024;
/** Of all ledgers of this process, since it is kept by hash. */
const CHECKED = checkedTiles(KEPT_TILES);

/** The tree of a published checkpoint. */
export const treeOf = (db: Database, { size, root }: Head, checked = CHECKED): TileReader =>
  tileReader({ size, root, fetch: storedTiles(db), hash, checked });

/** The same from what is stored alone, for whoever asks whether that is whole. */
export const storedTreeOf = (db: Database, { size, root }: Head): TileReader =>
  tileReader({ size, root, fetch: storedTiles(db), hash });

export type Around = { readonly head: Head; readonly index: number };

/**
 * The same for a proof of one entry: every tile on the way from it to the root, and from the tree's
 * right edge, that is not known yet comes with one question to the database.
 */
export function treeAround(
  db: Database,
  { head: { size, root }, index }: Around,
  checked: CheckedTiles = CHECKED,
): TileReader {
  const edge = checked.edge(size, root) === null ? [size - 1] : [];
  const places: Place[] = [];
  for (let level = 0, span = 256; level === 0 || span / 256 < size; level++, span *= 256)
    for (const n of new Set([index, ...edge].map((leaf) => Math.floor(leaf / span))))
      if (!checked.has(level, n)) places.push({ level, n });
  let asked: Promise<ReadonlyMap<string, Tile>> | null = null;
  const read = async ({ level, n }: Place): Promise<Tile | undefined> => {
    asked ??= readTiles(db, places).then(
      (tiles) => new Map(tiles.map((tile) => [`${tile.level}/${tile.n}`, tile])),
    );
    return (await asked).get(`${level}/${n}`) ?? (await readTiles(db, [{ level, n }]))[0];
  };
  return tileReader({ size, root, fetch: tilesBy(read), hash, checked });
}
