// SPDX-License-Identifier: Apache-2.0
import type { TreeNode } from "../merkle/subtree.ts";
import { type Bundle, TILE_WIDTH, type Tile } from "./path.ts";

/** Levels of tiles that a tree of up to 2^53 - 1 leaves can have: 0 to 6. */
export const TILE_LEVELS = 7;

const HEIGHT = 8;

/** How many hashes a tree has at a level of tiles: the leaves, the roots of full tiles, and so on. */
export function hashesAt(level: number, size: number): number {
  return Math.floor(size / TILE_WIDTH ** level);
}

/** The tile at this place in a tree of `size` leaves, as wide as it is there, or `null`. */
export function tileAt(level: number, index: number, size: number): Tile | null {
  const width = Math.min(TILE_WIDTH, hashesAt(level, size) - index * TILE_WIDTH);
  return width > 0 ? { level, index, width } : null;
}

/** The partial tiles of a tree, one a level at most, lowest first. */
export function partialTiles(size: number): readonly Tile[] {
  const tiles: Tile[] = [];
  for (let level = 0; level < TILE_LEVELS; level++) {
    const hashes = hashesAt(level, size);
    const width = hashes % TILE_WIDTH;
    if (width > 0) tiles.push({ level, index: Math.floor(hashes / TILE_WIDTH), width });
  }
  return tiles;
}

/** Every tile that a tree of `size` leaves has and the tree of its first `from` leaves has not, level by level. */
export function* tilesBetween(from: number, size: number): Generator<Tile> {
  for (let level = 0; level < TILE_LEVELS; level++) {
    const first = Math.floor(hashesAt(level, from) / TILE_WIDTH);
    const before = hashesAt(level, from) % TILE_WIDTH;
    for (let index = first; ; index++) {
      const tile = tileAt(level, index, size);
      if (tile === null) break;
      if (index > first || tile.width > before) yield tile;
    }
  }
}

/** Every bundle that a log of `size` entries has and the log of its first `from` entries has not. */
export function* bundlesBetween(from: number, size: number): Generator<Bundle> {
  for (let index = Math.floor(from / TILE_WIDTH); index * TILE_WIDTH < size; index++) {
    yield { index, width: Math.min(TILE_WIDTH, size - index * TILE_WIDTH) };
  }
}

/** Where a complete subtree stands: `row` levels above the hashes of a tile, the one at `at` there. */
export type PlaceInTile = {
  readonly level: number;
  readonly index: number;
  readonly row: number;
  readonly at: number;
};

export function placeOf({ level, index }: TreeNode): PlaceInTile {
  const row = level % HEIGHT;
  const width = TILE_WIDTH / 2 ** row;
  return {
    level: Math.floor(level / HEIGHT),
    index: Math.floor(index / width),
    row,
    at: index % width,
  };
}

/**
 * The tiles from which these complete subtrees of a tree can be read *and checked against its root*:
 * those that hold them, the ones above, and the tree's right edge. Lowest level first, left to right.
 */
export function tilesFor(nodes: readonly TreeNode[], size: number): readonly Tile[] {
  const tiles = new Map<string, Tile>();
  const add = (level: number, index: number): void => {
    const tile = tileAt(level, index, size);
    if (tile === null || tiles.has(`${level}/${index}`)) return;
    tiles.set(`${level}/${index}`, tile);
    if (tile.width === TILE_WIDTH) add(level + 1, Math.floor(index / TILE_WIDTH));
  };
  for (const { level, index } of nodes.map(placeOf)) add(level, index);
  for (const { level, index } of partialTiles(size)) add(level, index);
  return [...tiles.values()].sort((a, b) => a.level - b.level || a.index - b.index);
}
