// SPDX-License-Identifier: Apache-2.0
import {
  bundlePath,
  bundlesBetween,
  decodeBundle,
  decodeTile,
  encodeBundle,
  encodeTile,
  MAX_ENTRY_LENGTH,
  MAX_SIZE,
  parseTilePath,
  partialTiles,
  type Tile,
  tileAt,
  tilePath,
  tilesBetween,
  tilesFor,
} from "@interlock/tlog";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codeOf, taken } from "./outcome.ts";

const tiles: fc.Arbitrary<Tile> = fc.record({
  level: fc.integer({ min: 0, max: 63 }),
  index: fc.oneof(fc.nat(), fc.maxSafeNat()),
  width: fc.integer({ min: 1, max: 256 }),
});

describe("paths", () => {
  test.each<[string, Tile]>([
    ["tile/0/x001/x234/067", { level: 0, index: 1_234_067, width: 256 }],
    ["tile/0/000", { level: 0, index: 0, width: 256 }],
    ["tile/1/272.p/17", { level: 1, index: 272, width: 17 }],
    ["tile/63/x001/000.p/1", { level: 63, index: 1_000, width: 1 }],
    ["tile/0/x009/x007/x199/x254/x740/991", { level: 0, index: MAX_SIZE, width: 256 }],
  ])("%s", (path, tile) => {
    expect(tilePath(tile)).toBe(path);
    expect(taken(parseTilePath(path))).toEqual({ kind: "hashes", tile });
  });

  test("of entries", () => {
    expect(bundlePath({ index: 67, width: 3 })).toBe("tile/entries/067.p/3");
    const bundle = { index: 1_067, width: 256 };
    expect(taken(parseTilePath("tile/entries/x001/067"))).toEqual({ kind: "entries", bundle });
  });

  test.each([
    "tile/0/x000/067",
    "tile/0/67",
    "tile/0/0067",
    "tile/0/x001/x067",
    "tile/0/001/067",
    "tile/00/067",
    "tile/64/067",
    "tile/-1/067",
    "tile/0/067.p/0",
    "tile/0/067.p/256",
    "tile/0/067.p/017",
    "tile/0/067.p/",
    "tile/0/067.p",
    "tile/0/067/",
    "/tile/0/067",
    "tile/0/067\n",
    "tile/0/../067",
    "tile/entries/",
    "tile/Entries/067",
    "tile/0/x009/x007/x199/x254/x740/992",
    "tile/0/x001/x000/x000/x000/x000/x000/000",
    "",
  ])("%j is none", (path) => expect(codeOf(parseTilePath(path))).toBe("TILE_PATH_INVALID"));

  test("every tile has one path, and it is read back", () => {
    fc.assert(
      fc.property(tiles, (tile) => {
        expect(taken(parseTilePath(tilePath(tile)))).toEqual({ kind: "hashes", tile });
        const bundle = { index: tile.index, width: tile.width };
        expect(taken(parseTilePath(bundlePath(bundle)))).toEqual({ kind: "entries", bundle });
      }),
    );
  });

  test("whatever is read is written the same, whatever the text", () => {
    const text = fc.stringMatching(
      /^tile\/([0-9]{1,3}|entries)\/(x?[0-9]{1,4}\/?){1,4}(\.p\/[0-9]{1,3})?$/,
    );
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: "binary" })), (path) => {
        const read = parseTilePath(path);
        if (!read.ok) return;
        const { value } = read;
        expect(value.kind === "hashes" ? tilePath(value.tile) : bundlePath(value.bundle)).toBe(
          path,
        );
      }),
    );
  });
});

describe("layout", () => {
  test("the tree of 70,000 of the specification", () => {
    const all = [...tilesBetween(0, 70_000)];
    const count = (level: number, full: boolean): number =>
      all.filter((t) => t.level === level && (t.width === 256) === full).length;
    expect([count(0, true), count(0, false), count(1, true), count(1, false)]).toEqual([
      273, 1, 1, 1,
    ]);
    expect(partialTiles(70_000)).toEqual([
      { level: 0, index: 273, width: 112 },
      { level: 1, index: 1, width: 17 },
      { level: 2, index: 0, width: 1 },
    ]);
    expect([...bundlesBetween(0, 70_000)].at(-1)).toEqual({ index: 273, width: 112 });
  });

  test("a tree of 256 has a full tile and one of a single hash above it", () => {
    expect([...tilesBetween(0, 256)]).toEqual([
      { level: 0, index: 0, width: 256 },
      { level: 1, index: 0, width: 1 },
    ]);
    expect(tileAt(0, 1, 256)).toBeNull();
    expect(partialTiles(0)).toEqual([]);
  });

  test("of the largest tree there are partial tiles up to level 6", () => {
    expect(partialTiles(MAX_SIZE).map((t) => [t.level, t.width])).toEqual([
      [0, 255],
      [1, 255],
      [2, 255],
      [3, 255],
      [4, 255],
      [5, 255],
      [6, 31],
    ]);
  });

  test("what a step adds is what the larger tree has and the smaller one has not", () => {
    fc.assert(
      fc.property(fc.nat(3_000), fc.nat(3_000), (a, b) => {
        const [from, size] = a < b ? [a, b] : [b, a];
        const before = new Set([...tilesBetween(0, from)].map(tilePath));
        const after = [...tilesBetween(0, size)].map(tilePath);
        const added = after.filter((path) => !before.has(path));
        expect([...tilesBetween(from, size)].map(tilePath)).toEqual(added);
      }),
    );
  });

  test("a leaf needs its tile, those above, and the edge", () => {
    const needed = tilesFor([{ level: 0, index: 5 }], 70_000).map(tilePath);
    expect(needed).toEqual([
      "tile/0/000",
      "tile/0/273.p/112",
      "tile/1/000",
      "tile/1/001.p/17",
      "tile/2/000.p/1",
    ]);
  });
});

describe("tiles and bundles", () => {
  const hash = new Uint8Array(32).fill(1);

  test("are read back", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 256 }),
        (entries) => {
          const bytes = taken(encodeBundle(entries));
          expect(taken(decodeBundle(bytes, entries.length))).toEqual(entries);
        },
      ),
    );
    expect(taken(decodeTile(encodeTile([hash, hash]), 2))).toEqual([hash, hash]);
  });

  test("an entry of 65,535 bytes fits, a longer one does not", () => {
    const long = new Uint8Array(MAX_ENTRY_LENGTH).fill(7);
    expect(taken(decodeBundle(taken(encodeBundle([long])), 1))).toEqual([long]);
    expect(codeOf(encodeBundle([new Uint8Array(MAX_ENTRY_LENGTH + 1)]))).toBe("ENTRY_TOO_LARGE");
  });

  test.each<[string, Uint8Array, number]>([
    ["an entry missing", Uint8Array.of(0, 0), 2],
    ["an entry too many", Uint8Array.of(0, 0, 0, 0), 1],
    ["half a length", Uint8Array.of(0), 1],
    ["half an entry", Uint8Array.of(0, 3, 1, 2), 1],
    ["a byte behind", Uint8Array.of(0, 1, 9, 0), 1],
    ["nothing", new Uint8Array(0), 1],
  ])("a bundle with %s", (_, bytes, width) => {
    expect(codeOf(decodeBundle(bytes, width))).toBe("BUNDLE_MALFORMED");
  });

  test.each([0, 31, 33, 63, 65, 96])("a tile of two hashes with %i bytes", (length) => {
    expect(codeOf(decodeTile(new Uint8Array(length), 2))).toBe("TILE_MALFORMED");
  });

  test("whatever is read of a bundle is written the same, whatever the bytes", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.array(fc.constantFrom(0, 0, 0, 1, 2), { maxLength: 40 }).map((b) => Uint8Array.from(b)),
    );
    fc.assert(
      fc.property(bytes, fc.integer({ min: 1, max: 256 }), (bundle, width) => {
        const read = decodeBundle(bundle, width);
        if (read.ok) expect(taken(encodeBundle(read.value))).toEqual(bundle);
      }),
    );
  });
});
