// SPDX-License-Identifier: Apache-2.0
import { type Database, readTiles, type StoredCheckpoint } from "@interlock/store";
import { type FetchStored, parseTilePath, type TileReader, tileReader } from "@interlock/tlog";

/** Reads stored tiles by their path below the log's prefix, as a file server would give them. */
export const storedTiles =
  (db: Database): FetchStored =>
  async (path) => {
    const parsed = parseTilePath(path);
    if (!parsed.ok || parsed.value.kind !== "hashes") return null;
    const { level, index, width } = parsed.value.tile;
    const [found] = await readTiles(db, [{ level, n: index }]);
    // A tile that has grown since still begins with what it was.
    const bytes = found?.hashes.subarray(0, width * HASH_LENGTH);
    return bytes?.length === width * HASH_LENGTH ? bytes : null;
  };

const HASH_LENGTH = 32;

/** The tree of a published checkpoint. */
export const treeOf = (db: Database, { size, root }: StoredCheckpoint): TileReader =>
  tileReader({ size, root, fetch: storedTiles(db) });
