// SPDX-License-Identifier: Apache-2.0
import { accepted, invariant, type Outcome, refused, shown } from "../failure.ts";
import { isSize, parseSize } from "../size.ts";

/** Hashes in a full tile, and entries in a full bundle (tlog-tiles). */
export const TILE_WIDTH = 256;

/** The highest level a path may name (tlog-tiles); trees of up to 2^53 - 1 leaves end at level 6. */
const MAX_LEVEL = 63;

/** A tile of hashes: `width` of them from position `index * 256` at height `8 * level`. */
export type Tile = { readonly level: number; readonly index: number; readonly width: number };

/** A bundle of entries: `width` of them from entry `index * 256`. */
export type Bundle = { readonly index: number; readonly width: number };

/** What a path below a log's prefix names. */
export type TilePath =
  | { readonly kind: "hashes"; readonly tile: Tile }
  | { readonly kind: "entries"; readonly bundle: Bundle };

// At most six groups of three digits: more cannot be an index that is a number.
const PATH =
  /^tile\/(entries|0|[1-9][0-9]?)\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;

/** The path of a tile below the log's prefix, such as `tile/0/x001/067` or `tile/1/000.p/17`. */
export function tilePath({ level, index, width }: Tile): string {
  invariant(Number.isInteger(level) && level >= 0 && level <= MAX_LEVEL, "levels end at 63");
  return `tile/${level}/${indexPath(index, width)}`;
}

/** The path of a bundle of entries below the log's prefix, such as `tile/entries/x001/067`. */
export function bundlePath({ index, width }: Bundle): string {
  return `tile/entries/${indexPath(index, width)}`;
}

/** Reads a path in the one spelling it has. For servers, which are asked for anything. */
export function parseTilePath(path: string): Outcome<TilePath> {
  const match = PATH.exec(path);
  const index = parseSize((match?.[2] ?? "").replace(/[x/]/g, "").replace(/^0+(?=[0-9])/, ""));
  const width = match?.[3] === undefined ? TILE_WIDTH : Number(match[3]);
  const level = match?.[1] ?? "";
  const partial = match?.[3] !== undefined;
  if (match === null || index === null || Number(level === "entries" ? 0 : level) > MAX_LEVEL) {
    return refused("TILE_PATH_INVALID", `${shown(path)} is not the path of a tile`);
  }
  // One spelling only: no group of zeros in front, and a full tile is not called partial.
  if (groupsOf(index) !== match[2]) {
    return refused("TILE_PATH_INVALID", `${shown(path)} spells the index of a tile in another way`);
  }
  if (partial && width >= TILE_WIDTH) {
    return refused("TILE_PATH_INVALID", `${shown(path)} calls a tile of ${width} partial`);
  }
  return level === "entries"
    ? accepted({ kind: "entries", bundle: { index, width } })
    : accepted({ kind: "hashes", tile: { level: Number(level), index, width } });
}

function indexPath(index: number, width: number): string {
  invariant(isSize(index), "the index of a tile is a size");
  invariant(Number.isInteger(width) && width > 0 && width <= TILE_WIDTH, "tiles hold 1 to 256");
  return width === TILE_WIDTH ? groupsOf(index) : `${groupsOf(index)}.p/${width}`;
}

function groupsOf(index: number): string {
  let out = String(index % 1_000).padStart(3, "0");
  for (let rest = Math.floor(index / 1_000); rest > 0; rest = Math.floor(rest / 1_000)) {
    out = `x${String(rest % 1_000).padStart(3, "0")}/${out}`;
  }
  return out;
}
