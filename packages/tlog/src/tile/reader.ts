// SPDX-License-Identifier: Apache-2.0
import { accepted, invariant, type Outcome, refused } from "../failure.ts";
import { type Hash, sameBytes, TREE_HASH, type TreeHash } from "../merkle/hash.ts";
import type { HashReader } from "../merkle/prove.ts";
import { nodesOfRange, rootOfNodes, type TreeNode } from "../merkle/subtree.ts";
import { isSize } from "../size.ts";
import {
  type CheckedEdge,
  type CheckedTiles,
  hashesIn,
  hashIn,
  type Rows,
  rootOfRows,
  rowsOver,
} from "./checked.ts";
import type { TreeEdge } from "./edge.ts";
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
  /** What readers before this one have checked; it is kept for those after it. */
  readonly checked?: CheckedTiles;
};

export type TileReader = {
  /** Hashes of complete subtrees, for `proveInclusion`, `proveConsistency` and `readRoot`. */
  readonly hashes: HashReader;
  /** The hashes of one tile, as many as the tree has there. */
  readonly tile: (level: number, index: number) => Promise<Outcome<readonly Hash[]>>;
  /** The right edge of the tree, to go on writing from. */
  readonly edge: () => Promise<Outcome<TreeEdge>>;
};

/** A proof needs at most seven, a walk through the log goes left to right; each takes some 16 kB. */
const KEPT_TILES = 128;

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
  let edge: Promise<Outcome<CheckedEdge>> | undefined;

  const readEdge = (): Promise<Outcome<CheckedEdge>> => {
    edge ??= forgetting(knownEdge(tree, hash), () => {
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
      return rows.ok ? accepted(hashesIn(rows.value)) : rows;
    },
    edge: async () => {
      const read = await readEdge();
      return read.ok ? accepted(read.value.edge) : read;
    },
  };
}

type Reading = {
  readonly tree: StoredTree;
  readonly hash: TreeHash;
  readonly readEdge: () => Promise<Outcome<CheckedEdge>>;
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
    const found = hashIn(rows.value, row, at);
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
    if (!edge.ok) return edge;
    const rows = edge.value.rows[level];
    invariant(rows !== undefined, "an edge holds the partial tiles of its size");
    return accepted(rows);
  }
  const above = await readRows(level + 1, Math.floor(index / TILE_WIDTH));
  if (!above.ok) return above;
  const expected = hashIn(above.value, 0, index % TILE_WIDTH);
  invariant(expected !== undefined, "the tile above a full tile holds its root");
  const known = tree.checked?.tile(level, index, expected) ?? null;
  if (known !== null) return accepted(known);
  const found = await fetchTile(tree.fetch, tile, tile.width);
  if (!found.ok) return found;
  const rows = rowsOver(found.value, hash);
  if (!sameBytes(rootOfRows(rows), expected)) return altered(tile);
  tree.checked?.keepTile(level, index, rows);
  return accepted(rows);
}

async function knownEdge(tree: StoredTree, hash: TreeHash): Promise<Outcome<CheckedEdge>> {
  const known = tree.checked?.edge(tree.size, tree.root) ?? null;
  if (known !== null) return accepted(known);
  const loaded = await loadEdge(tree, hash);
  if (loaded.ok) tree.checked?.keepEdge(tree.root, loaded.value);
  return loaded;
}

/** The edge with its rows where it leads to the root, or `null`. */
function checkedEdge(edge: TreeEdge, { root }: StoredTree, hash: TreeHash): CheckedEdge | null {
  const rows = edge.levels.map((hashes) => rowsOver(hashes, hash));
  const peaks = rows.map((one) =>
    nodesOfRange({ start: 0, end: one.width }).map(({ level, index }) => {
      const peak = hashIn(one, level, index);
      invariant(peak !== undefined, "a row has the peaks of its width");
      return peak;
    }),
  );
  return sameBytes(rootOfNodes(peaks.reverse().flat(), hash), root) ? { edge, rows } : null;
}

async function loadEdge(tree: StoredTree, hash: TreeHash): Promise<Outcome<CheckedEdge>> {
  const tiles = partialTiles(tree.size);
  const first = await Promise.all(tiles.map((tile) => partialOrFull(tree.fetch, tile)));
  const edge = edgeOf(tree.size, tiles, first);
  const checked = edge.ok ? checkedEdge(edge.value, tree, hash) : null;
  if (checked !== null) return accepted(checked);
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
  const grown = checkedEdge(again.value, tree, hash);
  if (grown !== null) return accepted(grown);
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
