// SPDX-License-Identifier: Apache-2.0
import { invariant } from "../failure.ts";
import { HASH_LENGTH, type Hash, sameBytes, type TreeHash } from "../merkle/hash.ts";
import type { TreeEdge } from "./edge.ts";
import { TILE_WIDTH } from "./path.ts";

/**
 * The hashes of a tile and, row by row, those of the complete subtrees above them: they are needed to
 * check the tile, and again for every proof through it. Joined, since a full tile has 511 of them.
 */
export type Rows = { readonly width: number; readonly bytes: Uint8Array };

/** Row by row the hashes of the complete subtrees over some hashes of a tile. */
export function rowsOver(hashes: readonly Hash[], hash: TreeHash): Rows {
  const width = hashes.length;
  const bytes = new Uint8Array(startOf(Number.POSITIVE_INFINITY, width) * HASH_LENGTH);
  hashes.forEach((one, i) => {
    bytes.set(one, i * HASH_LENGTH);
  });
  const at = (place: number): Hash =>
    bytes.subarray(place * HASH_LENGTH, (place + 1) * HASH_LENGTH);
  let below = 0;
  for (let count = width; count > 1; ) {
    const above = below + count;
    const pairs = Math.floor(count / 2);
    for (let i = 0; i < pairs; i++)
      bytes.set(hash.node(at(below + 2 * i), at(below + 2 * i + 1)), (above + i) * HASH_LENGTH);
    below = above;
    count = pairs;
  }
  return { width, bytes };
}

/** How many hashes stand before a row. */
function startOf(row: number, width: number): number {
  let start = 0;
  let count = width;
  for (let below = 0; below < row && count > 0; below++) {
    start += count;
    count = Math.floor(count / 2);
  }
  return start;
}

/** One of a row, which shares the memory of all; `undefined`: the row has not so many. */
export function hashIn({ width, bytes }: Rows, row: number, at: number): Hash | undefined {
  if (at >= Math.floor(width / 2 ** row)) return undefined;
  const place = (startOf(row, width) + at) * HASH_LENGTH;
  return bytes.subarray(place, place + HASH_LENGTH);
}

/** The hashes that are stored. */
export const hashesIn = (rows: Rows): readonly Hash[] =>
  Array.from({ length: rows.width }, (_, at) => hashIn(rows, 0, at) ?? rows.bytes.subarray(0, 0));

/** The hash over a full tile, which stands in the tile above. */
export function rootOfRows(rows: Rows): Hash {
  invariant(rows.width === TILE_WIDTH, "only a full tile has one root");
  return rows.bytes.subarray(-HASH_LENGTH);
}

/** The right edge of a tree that was checked, with the rows over its partial tiles. */
export type CheckedEdge = { readonly edge: TreeEdge; readonly rows: readonly Rows[] };

/**
 * What was read and checked before, for readers of later trees, in bounded memory: a full tile takes 16 kB.
 *
 * INVARIANT (kept by hash): a tile is given back only for the hash that the tile above it holds, and an
 * edge only for its tree's size and root. So it says what the tree says, whatever happened to the store
 * meanwhile, be it another log's or restored from a backup; where that differs it is read again.
 */
export type CheckedTiles = {
  readonly tile: (level: number, index: number, root: Hash) => Rows | null;
  readonly keepTile: (level: number, index: number, rows: Rows) => void;
  readonly edge: (size: number, root: Hash) => CheckedEdge | null;
  readonly keepEdge: (root: Hash, edge: CheckedEdge) => void;
  /** Whether a tile of this place is kept, of whatever tree. */
  readonly has: (level: number, index: number) => boolean;
};

/** Readers of trees that two checkpoints apart are asked for are there at the same time. */
const KEPT_EDGES = 8;

export function checkedTiles(limit: number): CheckedTiles {
  const tiles = new Map<string, Rows>();
  const edges = new Map<number, { readonly root: Hash; readonly checked: CheckedEdge }>();
  return {
    tile: (level, index, root) => {
      const key = `${level}/${index}`;
      const rows = tiles.get(key);
      if (rows === undefined || !sameBytes(rootOfRows(rows), root)) return null;
      tiles.delete(key);
      tiles.set(key, rows);
      return rows;
    },
    keepTile: (level, index, rows) => keep(tiles, `${level}/${index}`, rows, limit),
    edge: (size, root) => {
      const kept = edges.get(size);
      return kept !== undefined && sameBytes(kept.root, root) ? kept.checked : null;
    },
    keepEdge: (root, checked) => keep(edges, checked.edge.size, { root, checked }, KEPT_EDGES),
    has: (level, index) => tiles.has(`${level}/${index}`),
  };
}

function keep<K, V>(map: Map<K, V>, key: K, value: V, limit: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > limit && oldest !== undefined) map.delete(oldest);
}
