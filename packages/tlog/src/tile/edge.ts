// SPDX-License-Identifier: Apache-2.0
import { invariant } from "../failure.ts";
import { HASH_LENGTH, type Hash, TREE_HASH } from "../merkle/hash.ts";
import { nodesOfRange, rootOfLeaves, rootOfNodes } from "../merkle/subtree.ts";
import { MAX_SIZE } from "../size.ts";
import { encodeTile } from "./hashes.ts";
import { partialTiles, TILE_LEVELS } from "./layout.ts";
import { TILE_WIDTH, type Tile, tilePath } from "./path.ts";

/**
 * The right edge of a tree: for each level of tiles, from 0 on, the hashes of its partial tile. It
 * holds all that is needed to go on writing tiles, and to know the root.
 */
export type TreeEdge = { readonly size: number; readonly levels: readonly (readonly Hash[])[] };

/** A tile to be stored under `path` before any checkpoint that needs it is published. */
export type WrittenTile = {
  readonly tile: Tile;
  readonly path: string;
  readonly bytes: Uint8Array;
};

export type Grown = { readonly edge: TreeEdge; readonly tiles: readonly WrittenTile[] };

export const EMPTY_EDGE: TreeEdge = { size: 0, levels: [] };

/**
 * Appends leaves and gives the tiles that this completes or widens, every one of which differs from
 * all tiles written before: nothing is ever overwritten with other content.
 */
export function growEdge(edge: TreeEdge, leaves: readonly Hash[], hash = TREE_HASH): Grown {
  const size = edge.size + leaves.length;
  invariant(size <= MAX_SIZE, "a tree has at most 2^53 - 1 leaves");
  invariant(
    leaves.every((leaf) => leaf.length === HASH_LENGTH),
    "hashes are 32 bytes",
  );
  const levels: (readonly Hash[])[] = [];
  const tiles: WrittenTile[] = [];
  let added = leaves;
  for (let level = 0; level < TILE_LEVELS; level++) {
    const before = edge.levels[level] ?? [];
    const row = [...before, ...added];
    const roots: Hash[] = [];
    let index = Math.floor(edge.size / TILE_WIDTH ** (level + 1));
    let at = 0;
    for (; at + TILE_WIDTH <= row.length; at += TILE_WIDTH, index++) {
      const full = row.slice(at, at + TILE_WIDTH);
      tiles.push(written({ level, index, width: TILE_WIDTH }, full));
      roots.push(rootOfLeaves(full, hash));
    }
    const rest = row.slice(at);
    if (rest.length > 0 && added.length > 0) {
      tiles.push(written({ level, index, width: rest.length }, rest));
    }
    levels.push(rest);
    added = roots;
  }
  return { edge: { size, levels }, tiles };
}

/** The root of the tree whose edge this is. */
export function rootOfEdge(edge: TreeEdge, hash = TREE_HASH): Hash {
  const peaks = partialTiles(edge.size).map(({ level, width }) => {
    const hashes = edge.levels[level] ?? [];
    invariant(hashes.length === width, "an edge holds the partial tiles of its size");
    return nodesOfRange({ start: 0, end: width }).map((node) => {
      const count = 2 ** node.level;
      return rootOfLeaves(hashes.slice(node.index * count, (node.index + 1) * count), hash);
    });
  });
  return rootOfNodes(peaks.reverse().flat(), hash);
}

function written(tile: Tile, hashes: readonly Hash[]): WrittenTile {
  return { tile, path: tilePath(tile), bytes: encodeTile(hashes) };
}
