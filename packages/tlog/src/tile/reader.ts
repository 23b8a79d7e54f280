// SPDX-License-Identifier: Apache-2.0
import { accepted, invariant, type Outcome, refused } from "../failure.ts";
import { type Hash, sameBytes, TREE_HASH, type TreeHash } from "../merkle/hash.ts";
import type { HashReader } from "../merkle/prove.ts";
import type { TreeNode } from "../merkle/subtree.ts";
import { isSize } from "../size.ts";
import { rootOfEdge, type TreeEdge } from "./edge.ts";
import { decodeTile } from "./hashes.ts";
import { partialTiles, placeOf, tileAt } from "./layout.ts";
import { TILE_WIDTH, type Tile, tilePath } from "./path.ts";

/**
 * Fetches the bytes stored under a path below the log's prefix, or `null` when there are none. Nobody
 * may write to them afterwards. What it throws (no network, no permission) goes to whoever asked.
 */
export type FetchStored = (path: string) => Promise<Uint8Array | null>;

/** A tree whose tiles are read: `size` and `root` are of a checkpoint that has been verified. */
export type StoredTree = {
  readonly size: number;
  readonly root: Hash;
  readonly fetch: FetchStored;
  readonly hash?: TreeHash;
};

export type TileReader = {
  /** Hashes of complete subtrees, for `proveInclusion`, `proveConsistency` and `readRoot`. */
  readonly hashes: HashReader;
  /** The hashes of one tile, as many as the tree has there. */
  readonly tile: (level: number, index: number) => Promise<Outcome<readonly Hash[]>>;
  /** The right edge of the tree, to go on writing from. */
  readonly edge: () => Promise<Outcome<TreeEdge>>;
};

/** A proof needs at most seven, a walk through the log goes left to right; each takes some 100 kB. */
const KEPT_TILES = 128;

/**
 * The hashes of a tile and, row by row, those of the complete subtrees above them: they are needed to
 * check the tile, and again for every proof through it.
 */
type Rows = readonly (readonly Hash[])[];

/**
 * Reads the tiles of a tree.
 *
 * INVARIANT (checked tile): no hash leaves a reader before it is shown to lead to the root. The
 * partial tiles are checked together against the root, a full tile against its hash in the tile above.
 */
export function tileReader(tree: StoredTree): TileReader {
  invariant(isSize(tree.size), "the size of a tree is checked before it is read");
  const hash = tree.hash ?? TREE_HASH;
  const kept = new Map<string, Promise<Outcome<Rows>>>();
  let edge: Promise<Outcome<TreeEdge>> | undefined;

  const readEdge = (): Promise<Outcome<TreeEdge>> => {
    edge ??= forgetting(loadEdge(tree, hash), () => {
      edge = undefined;
    });
    return edge;
  };
  const readRows = (level: number, index: number): Promise<Outcome<Rows>> => {
    const key = `${level}/${index}`;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const reading = forgetting(loadRows({ tree, hash, readEdge, readRows }, level, index), () => {
      kept.delete(key);
    });
    kept.set(key, reading);
    const [oldest] = kept.keys();
    if (kept.size > KEPT_TILES && oldest !== undefined) kept.delete(oldest);
    return reading;
  };
  return {
    hashes: (nodes) => readNodes({ tree, hash, readEdge, readRows }, nodes),
    tile: async (level, index) => {
      const rows = await readRows(level, index);
      return rows.ok ? accepted(rows.value[0] ?? []) : rows;
    },
    edge: readEdge,
  };
}

type Reading = {
  readonly tree: StoredTree;
  readonly hash: TreeHash;
  readonly readEdge: TileReader["edge"];
  readonly readRows: (level: number, index: number) => Promise<Outcome<Rows>>;
};

/** What failed once may be there, or whole, the next time: only successes are kept. */
function forgetting<T>(work: Promise<Outcome<T>>, forget: () => void): Promise<Outcome<T>> {
  return work.then(
    (outcome) => {
      if (!outcome.ok) forget();
      return outcome;
    },
    (error: unknown) => {
      forget();
      throw error;
    },
  );
}

async function readNodes(
  reading: Reading,
  nodes: readonly TreeNode[],
): Promise<Outcome<readonly Hash[]>> {
  const places = nodes.map(placeOf);
  const tiles = await Promise.all(places.map(({ level, index }) => reading.readRows(level, index)));
  const hashes: Hash[] = [];
  for (const [i, { level, index, row, at }] of places.entries()) {
    const rows = tiles[i];
    invariant(rows !== undefined, "every place was read");
    if (!rows.ok) return rows;
    const found = rows.value[row]?.[at];
    if (found === undefined) return outside(level, index, reading.tree.size);
    hashes.push(found);
  }
  return accepted(hashes);
}

async function loadRows(
  { tree, hash, readEdge, readRows }: Reading,
  level: number,
  index: number,
): Promise<Outcome<Rows>> {
  const tile = tileAt(level, index, tree.size);
  if (tile === null) return outside(level, index, tree.size);
  if (tile.width < TILE_WIDTH) {
    const edge = await readEdge();
    return edge.ok ? accepted(rowsOver(edge.value.levels[level] ?? [], hash)) : edge;
  }
  const above = await readRows(level + 1, Math.floor(index / TILE_WIDTH));
  if (!above.ok) return above;
  const found = await fetchTile(tree.fetch, tile, tile.width);
  if (!found.ok) return found;
  const expected = above.value[0]?.[index % TILE_WIDTH];
  const rows = rowsOver(found.value, hash);
  const root = rows.at(-1)?.[0];
  invariant(
    expected !== undefined && root !== undefined,
    "a full tile has a root, which the tile above it holds",
  );
  return sameBytes(root, expected) ? accepted(rows) : altered(tile);
}

/** Row by row the hashes of the complete subtrees over some hashes of a tile. */
function rowsOver(hashes: readonly Hash[], hash: TreeHash): Rows {
  const rows: (readonly Hash[])[] = [hashes];
  for (let row = hashes; row.length > 1; ) {
    row = Array.from({ length: Math.floor(row.length / 2) }, (_, i) => {
      const [left, right] = [row[2 * i], row[2 * i + 1]];
      invariant(left !== undefined && right !== undefined, "a row has two hashes for each above");
      return hash.node(left, right);
    });
    rows.push(row);
  }
  return rows;
}

async function loadEdge(tree: StoredTree, hash: TreeHash): Promise<Outcome<TreeEdge>> {
  const tiles = partialTiles(tree.size);
  const first = await Promise.all(tiles.map((tile) => partialOrFull(tree.fetch, tile)));
  const edge = edgeOf(tree.size, tiles, first);
  if (edge.ok && sameBytes(rootOfEdge(edge.value, hash), tree.root)) return edge;
  // A partial tile is an object that a cache can hold too long or a crash can leave half written. The
  // full one, if the tree has grown that far, says the same and is checked the same (LG19).
  const second = await Promise.all(
    tiles.map(async (tile, i) => {
      const full = await fetchTile(tree.fetch, { ...tile, width: TILE_WIDTH }, tile.width);
      return full.ok ? full : (first[i] ?? full);
    }),
  );
  const again = edgeOf(tree.size, tiles, second);
  if (!again.ok) return again;
  if (sameBytes(rootOfEdge(again.value, hash), tree.root)) return again;
  return refused(
    "TILE_MISMATCH",
    `the partial tiles do not lead to the root of the tree of ${tree.size}`,
  );
}

function edgeOf(
  size: number,
  tiles: readonly Tile[],
  found: readonly Outcome<readonly Hash[]>[],
): Outcome<TreeEdge> {
  const levels: (readonly Hash[])[] = [];
  for (const [i, { level }] of tiles.entries()) {
    const hashes = found[i];
    invariant(hashes !== undefined, "every partial tile was read");
    if (!hashes.ok) return hashes;
    levels[level] = hashes.value;
  }
  return accepted({ size, levels: Array.from(levels, (hashes) => hashes ?? []) });
}

async function partialOrFull(fetch: FetchStored, tile: Tile): Promise<Outcome<readonly Hash[]>> {
  const partial = await fetchTile(fetch, tile, tile.width);
  if (partial.ok) return partial;
  // A log may delete a partial tile once the full one is there (tlog-tiles).
  const full = await fetchTile(fetch, { ...tile, width: TILE_WIDTH }, tile.width);
  return full.ok ? full : partial;
}

/** The first `width` hashes of a stored tile. */
async function fetchTile(
  fetch: FetchStored,
  tile: Tile,
  width: number,
): Promise<Outcome<readonly Hash[]>> {
  const path = tilePath(tile);
  const bytes = await fetch(path);
  if (bytes === null) return refused("TILE_MISSING", `the log has no \`${path}\``);
  const hashes = decodeTile(bytes, tile.width);
  return hashes.ok ? accepted(hashes.value.slice(0, width)) : hashes;
}

function outside(level: number, index: number, size: number): Outcome<never> {
  return refused("INDEX_OUTSIDE", `the tree of ${size} has no such part of tile ${level}/${index}`);
}

function altered(tile: Tile): Outcome<never> {
  return refused("TILE_MISMATCH", `\`${tilePath(tile)}\` does not lead to the root of the tree`);
}
