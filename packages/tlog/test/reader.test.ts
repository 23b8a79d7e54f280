// SPDX-License-Identifier: Apache-2.0
import {
  checkedTiles,
  compareHeads,
  encodeTile,
  growEdge,
  type Hash,
  leafHash,
  MAX_SIZE,
  proveConsistency,
  proveInclusion,
  readEntries,
  readRoot,
  rootOfEdge,
  type StoredTree,
  tilePath,
  tileReader,
  tilesFor,
  verifyConsistency,
  verifyInclusion,
} from "@interlock/tlog";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { append, type FileLog, fetching, newLog, treeOf } from "./log.ts";
import { entriesOf, naiveConsistency, naiveInclusion, naiveRoot } from "./naive.ts";
import { codeOf, taken } from "./outcome.ts";

const SIZES = [1, 2, 255, 256, 257, 300, 511, 512, 700];
const LOG = grown(SIZES);
const rootAt = (size: number): Hash => LOG.roots.get(size) ?? new Uint8Array();

function grown(sizes: readonly number[]): FileLog {
  const log = newLog();
  const entries = entriesOf(sizes.at(-1) ?? 0);
  for (const size of sizes) append(log, entries.slice(log.edge.size, size));
  return log;
}

function at(size: number, log = LOG): StoredTree {
  return { size, root: rootAt(size), fetch: fetching(log) };
}

/** The same log with some files changed or gone. */
function altered(changes: (files: Map<string, Uint8Array>) => void): FileLog {
  const files = new Map(LOG.files);
  changes(files);
  return { ...LOG, files };
}

function flipped(bytes: Uint8Array | undefined, at = 0): Uint8Array {
  const copy = Uint8Array.from(bytes ?? []);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

describe("writing", () => {
  test("the roots are the recursive definition's, in whatever portions", () => {
    for (const size of SIZES) expect(rootAt(size)).toEqual(naiveRoot(LOG.entries.slice(0, size)));
  });

  test("goes on from the edge that a reader gives", async () => {
    for (const size of SIZES.slice(0, -1)) {
      const edge = taken(await tileReader(at(size)).edge());
      const leaves = LOG.entries.slice(size, 700).map(leafHash);
      expect(rootOfEdge(growEdge(edge, leaves).edge)).toEqual(rootAt(700));
    }
  });

  test("of 70,000 leaves and one at a time across a second level", () => {
    const leaves = Array.from({ length: 256 * 256 - 2 }, () => leafHash(Uint8Array.of(1)));
    let grown = growEdge({ size: 0, levels: [] }, leaves);
    expect(grown.tiles).toHaveLength(256 + 1);
    const written: string[][] = [];
    for (let i = 0; i < 3; i++) {
      grown = growEdge(grown.edge, leaves.slice(0, 1));
      written.push(grown.tiles.map((tile) => tile.path));
    }
    expect(written).toEqual([
      ["tile/0/255.p/255"],
      ["tile/0/255", "tile/1/000", "tile/2/000.p/1"],
      ["tile/0/256.p/1"],
    ]);
  });

  test("a tree never grows past 2^53 - 1", () => {
    expect(() => growEdge({ size: MAX_SIZE, levels: [] }, [leafHash(new Uint8Array())])).toThrow(
      "invariant broken",
    );
  });
});

describe("reading", () => {
  test("P2 P3 proofs from tiles, of every leaf tried and between any two sizes, are the recursive definition's, and verify", async () => {
    for (const size of SIZES) {
      const { hashes } = tileReader(at(size));
      const entries = LOG.entries.slice(0, size);
      expect(taken(await readRoot(size, hashes))).toEqual(rootAt(size));
      for (const index of [0, 1, 255, 256, size - 1].filter((i) => i < size)) {
        const proof = taken(await proveInclusion(index, size, hashes));
        expect(proof).toEqual(naiveInclusion(index, entries));
        const leaf = leafHash(entries[index] ?? new Uint8Array());
        const claim = { leafHash: leaf, index, size, root: rootAt(size), proof };
        expect(codeOf(verifyInclusion(claim))).toBe("accepted");
      }
      for (const from of SIZES.filter((n) => n <= size)) {
        const proof = taken(await proveConsistency(from, size, hashes));
        expect(proof).toEqual(naiveConsistency(from, entries));
        const claim = { from, to: size, fromRoot: rootAt(from), toRoot: rootAt(size), proof };
        expect(codeOf(verifyConsistency(claim))).toBe("accepted");
      }
    }
  });

  test("a proof of an older size comes from the tiles of a newer one", async () => {
    const { hashes } = tileReader(at(700));
    const proof = taken(await proveInclusion(3, 300, hashes));
    expect(proof).toEqual(naiveInclusion(3, LOG.entries.slice(0, 300)));
    expect(codeOf(await proveInclusion(3, 701, hashes))).toBe("INDEX_OUTSIDE");
  });

  test("asks for the tiles foretold and no tile twice", async () => {
    const asked: string[] = [];
    const { hashes } = tileReader(treeOf(LOG, asked));
    const nodes = [
      { level: 0, index: 5 },
      { level: 8, index: 1 },
      { level: 3, index: 80 },
    ];
    taken(await hashes(nodes));
    taken(await hashes(nodes));
    expect(asked.sort()).toEqual(tilesFor(nodes, 700).map(tilePath).sort());
  });

  test("the empty tree has the empty root and no other", async () => {
    const fetch = fetching(newLog());
    const empty = tileReader({ size: 0, root: naiveRoot([]), fetch });
    expect(taken(await empty.edge())).toEqual({ size: 0, levels: [] });
    expect(taken(await readRoot(0, empty.hashes))).toEqual(naiveRoot([]));
    expect(codeOf(await tileReader({ size: 0, root: rootAt(1), fetch }).edge())).toBe(
      "TILE_MISMATCH",
    );
    expect(codeOf(await empty.tile(0, 0))).toBe("INDEX_OUTSIDE");
  });

  test("what failed once is asked for again", async () => {
    let calls = 0;
    const fetch = (path: string): Promise<Uint8Array | null> => {
      calls += 1;
      if (calls === 1) return Promise.reject(new Error("no network"));
      return fetching(LOG)(path);
    };
    const reader = tileReader({ ...at(256), fetch });
    await expect(reader.tile(0, 0)).rejects.toThrow("no network");
    expect(taken(await reader.tile(0, 0))).toHaveLength(256);
  });
});

describe("checked tile", () => {
  test("checked tile: one bit of any tile, full or partial, is refused wherever it is read", async () => {
    const paths = [...LOG.files.keys()].filter((path) => !path.includes("entries"));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.nat(), async (path, seed) => {
        const length = LOG.files.get(path)?.length ?? 1;
        const bad = altered((files) => files.set(path, flipped(files.get(path), seed % length)));
        const { tile } = tileReader({ ...at(700), fetch: fetching(bad) });
        for (const [level, index] of [
          [0, 0],
          [0, 1],
          [0, 2],
          [1, 0],
        ] as const) {
          const read = await tile(level, index);
          if (read.ok) expect(read).toEqual(await tileReader(at(700)).tile(level, index));
          else expect(read.failure.code).toBe("TILE_MISMATCH");
        }
      }),
      { numRuns: 25 },
    );
  });

  test("a tile of another log, a shorter one, none", async () => {
    const other = newLog();
    append(other, entriesOf(700, 9));
    const read = async (changes: (files: Map<string, Uint8Array>) => void) =>
      codeOf(await tileReader(at(700, altered(changes))).tile(0, 1));
    const path = "tile/0/001";
    expect(await read((f) => f.set(path, other.files.get(path) ?? flipped(undefined)))).toBe(
      "TILE_MISMATCH",
    );
    expect(await read((f) => f.set(path, f.get("tile/0/000") ?? flipped(undefined)))).toBe(
      "TILE_MISMATCH",
    );
    expect(await read((f) => f.set(path, new Uint8Array(32)))).toBe("TILE_MALFORMED");
    expect(await read((f) => f.delete(path))).toBe("TILE_MISSING");
  });
});

describe("kept by hash", () => {
  const other = newLog();
  append(other, entriesOf(700, 9));

  test("kept by hash: readers of any trees share what was checked, and prove what each tree says", async () => {
    const pair = fc.record({ foreign: fc.boolean(), at: fc.nat(SIZES.length - 1), leaf: fc.nat() });
    await fc.assert(
      fc.asyncProperty(
        fc.array(pair, { maxLength: 12 }),
        fc.constantFrom(1, 2, 64),
        async (asked, limit) => {
          const checked = checkedTiles(limit);
          for (const { foreign, at: which, leaf } of asked) {
            const log = foreign ? other : LOG;
            const size = foreign ? 700 : (SIZES[which] ?? 1);
            const root = foreign ? (other.roots.get(700) ?? flipped(undefined)) : rootAt(size);
            const index = leaf % size;
            const { hashes } = tileReader({ size, root, fetch: fetching(log), checked });
            const proof = taken(await proveInclusion(index, size, hashes));
            const leafHashed = leafHash(log.entries[index] ?? new Uint8Array());
            const claim = { leafHash: leafHashed, index, size, root, proof };
            expect(verifyInclusion(claim).ok).toBe(true);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  test("kept by hash: a full tile and an edge are fetched once; another store is not believed for it", async () => {
    const paths: string[] = [];
    const checked = checkedTiles(8);
    const fetch = (path: string) => {
      paths.push(path);
      return fetching(LOG)(path);
    };
    for (const size of [512, 700, 700])
      taken(await proveInclusion(3, size, tileReader({ ...at(size), fetch, checked }).hashes));
    expect(paths).toEqual([
      ...["tile/1/000.p/2", "tile/0/000"],
      ...["tile/0/002.p/188", "tile/1/000.p/2"],
    ]);
    const bad = altered((files) => files.set("tile/0/000", flipped(files.get("tile/0/000"))));
    const spoilt = checkedTiles(8);
    const read = () => tileReader({ ...at(700), fetch: fetching(bad), checked: spoilt }).tile(0, 0);
    expect([codeOf(await read()), codeOf(await read())]).toEqual([
      "TILE_MISMATCH",
      "TILE_MISMATCH",
    ]);
  });
});

describe("LG19 stale CDN partial tile", () => {
  const partial = "tile/0/001.p/44";
  const stale = encodeTile(LOG.entries.slice(0, 44).map(leafHash));
  const read = async (changes: (files: Map<string, Uint8Array>) => void): Promise<string> => {
    const reader = tileReader(at(300, altered(changes)));
    const proof = await proveInclusion(299, 300, reader.hashes);
    if (proof.ok) expect(proof.value).toEqual(naiveInclusion(299, LOG.entries.slice(0, 300)));
    return codeOf(proof);
  };

  test("LG19 a partial tile is gone, and the full one serves", async () => {
    expect(await read((files) => files.delete(partial))).toBe("accepted");
  });
  test("LG19 a partial tile holds something else, and the full one serves", async () => {
    expect(await read((files) => files.set(partial, stale))).toBe("accepted");
  });
  test("LG19 a partial tile is cut short, and the full one serves", async () => {
    expect(await read((files) => files.set(partial, stale.slice(1)))).toBe("accepted");
  });
  test("LG19 a partial tile holds something else and there is no full one", async () => {
    const changes = (files: Map<string, Uint8Array>): void => {
      files.set(partial, stale);
      files.delete("tile/0/001");
    };
    expect(await read(changes)).toBe("TILE_MISMATCH");
  });
  test("LG19 neither is there", async () => {
    const changes = (files: Map<string, Uint8Array>): void => {
      files.delete(partial);
      files.delete("tile/0/001");
    };
    expect(await read(changes)).toBe("TILE_MISSING");
  });
  test("LG19 both hold something else", async () => {
    const changes = (files: Map<string, Uint8Array>): void => {
      files.set(partial, stale);
      files.set("tile/0/001", files.get("tile/0/000") ?? stale);
    };
    expect(await read(changes)).toBe("TILE_MISMATCH");
  });
});

describe("LG1 older checkpoint", () => {
  const fork = newLog();
  append(fork, [...LOG.entries.slice(0, 250), ...entriesOf(50, 7)]);
  const headOf = (size: number) => ({ size, root: rootAt(size) });
  const compared = async (tree: StoredTree, seen: number) => {
    const outcome = await compareHeads(tree, headOf(seen));
    return outcome.ok ? outcome.value : outcome.failure.code;
  };

  test("LG1 to one who remembers, a tree is the same, grown or older", async () => {
    expect(await compared(at(300), 300)).toBe("same");
    expect(await compared(at(700), 300)).toBe("grown");
    expect(await compared(at(257), 700)).toBe("older");
    const empty = { size: 0, root: naiveRoot([]) };
    expect(taken(await compareHeads(at(5 + 252), empty))).toBe("grown");
    expect(taken(await compareHeads({ ...empty, fetch: fetching(LOG) }, headOf(2)))).toBe("older");
  });

  test("LG1 LG2 a tree of another history is forked, whichever is larger", async () => {
    const forked = treeOf(fork);
    expect(await compared(forked, 300)).toBe("forked");
    expect(await compared(forked, 257)).toBe("forked");
    expect(await compared({ ...at(257), size: 256 }, 700)).toBe("forked");
    // Only the fork's own files are there: nothing to tell by.
    expect(await compared(forked, 700)).toBe("TILE_MISSING");
  });
});

describe("reading entries", () => {
  const all = async (tree: StoredTree, from = 0) => {
    const found: Uint8Array[] = [];
    for await (const checked of readEntries(tree, from)) {
      if (!checked.ok) return checked.failure;
      expect(checked.value.start).toBe(from + found.length);
      found.push(...checked.value.entries);
    }
    return found;
  };

  test("gives all of them, or those from an index", async () => {
    expect(await all(at(700))).toEqual(LOG.entries);
    expect(await all(at(257))).toEqual(LOG.entries.slice(0, 257));
    expect(await all(at(700), 300)).toEqual(LOG.entries.slice(300));
    expect(await all({ size: 0, root: naiveRoot([]), fetch: fetching(LOG) })).toEqual([]);
    expect(await all({ ...at(0), root: rootAt(1) })).toMatchObject({ code: "TILE_MISMATCH" });
    expect(await all(at(300), 300)).toEqual([]);
    expect(await all(at(300), 301)).toMatchObject({ code: "INDEX_OUTSIDE" });
  });

  test("names the entry that was edited, and the bundle that lost one", async () => {
    const edited = altered((files) =>
      files.set("tile/entries/001", flipped(files.get("tile/entries/001"), 5)),
    );
    expect(await all(at(700, edited))).toMatchObject({
      code: "ROOT_MISMATCH",
      message: "entry 256 is not the one that is in the tree",
    });
    const cut = altered((files) => files.set("tile/entries/001", new Uint8Array(2)));
    expect(await all(at(700, cut))).toMatchObject({
      code: "BUNDLE_MALFORMED",
      message: expect.stringContaining("tile/entries/001"),
    });
    const gone = altered((files) => files.delete("tile/entries/000"));
    expect(await all(at(700, gone))).toMatchObject({ code: "TILE_MISSING" });
  });

  test("takes a full bundle where the partial one is gone or cut short", async () => {
    const partial = "tile/entries/001.p/44";
    expect(
      await all(
        at(
          300,
          altered((files) => files.delete(partial)),
        ),
      ),
    ).toHaveLength(300);
    const cut = altered((files) => files.set(partial, new Uint8Array(1)));
    expect(await all(at(300, cut))).toHaveLength(300);
    const gone = altered((files) => {
      files.delete(partial);
      files.delete("tile/entries/001");
    });
    expect(await all(at(300, gone))).toMatchObject({ code: "TILE_MISSING" });
    const broken = altered((files) => {
      files.delete(partial);
      files.set("tile/entries/001", new Uint8Array(1));
    });
    expect(await all(at(300, broken))).toMatchObject({ code: "BUNDLE_MALFORMED" });
  });
});
