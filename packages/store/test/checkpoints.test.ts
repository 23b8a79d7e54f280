// SPDX-License-Identifier: Apache-2.0
import {
  append,
  checkpointOf,
  latestCheckpoint,
  type Publication,
  publish,
  readTiles,
  type Store,
  transaction,
} from "@interlock/store";
import { ENGINES, type Home, opened } from "@interlock/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { entryNamed } from "./entries.ts";

const ENTRIES = 10;
const tile = (n: number, width: number, fill = n) => ({
  level: 0,
  n,
  hashes: Buffer.alloc(32 * width, fill),
});

describe.each(ENGINES)("publishing ($name)", ({ home }) => {
  let place: Home;
  let store: Store;
  beforeAll(async () => {
    place = await home();
    store = await opened(place.place);
    const entries = Array.from({ length: ENTRIES }, (_, n) => entryNamed(`${n}`));
    await transaction(store, (tx) => append(tx, entries));
  });
  beforeEach(async () => {
    await store.db.deleteFrom("ledger_checkpoint").execute();
    await store.db.deleteFrom("ledger_tile").execute();
    await store.db.updateTable("ledger_published").set({ size: null }).execute();
  });
  afterAll(async () => {
    await store.close();
    place.remove();
  });
  const publication = (
    previousSize: number | null,
    size: number,
    given: Partial<Publication> & { readonly root?: number } = {},
  ): Publication => ({
    previousSize,
    checkpoint: {
      size,
      root: Buffer.alloc(32, given.root ?? size),
      note: `size ${size}\n`,
      publishedAt: 5,
    },
    tiles: [],
    ...given,
  });
  const published = (what: Publication) => transaction(store, (tx) => publish(tx, what));
  const COMMITTED = { kind: "committed", value: null };

  it("stores each checkpoint on top of the one before, with its tiles", async () => {
    expect(await latestCheckpoint(store.db)).toBeNull();
    expect(await published(publication(null, 3, { tiles: [tile(0, 3)] }))).toEqual(COMMITTED);
    expect(await published(publication(3, 7, { tiles: [tile(0, 7, 9), tile(1, 1)] }))).toEqual(
      COMMITTED,
    );
    const { checkpoint } = publication(3, 7);
    expect(await latestCheckpoint(store.db)).toEqual(checkpoint);
    expect(await checkpointOf(store.db, 3)).toEqual(publication(null, 3).checkpoint);
    expect(await checkpointOf(store.db, 4)).toBeNull();
    const tiles = await readTiles(store.db, [
      { level: 0, n: 0 },
      { level: 0, n: 1 },
      { level: 1, n: 0 },
    ]);
    expect([...tiles].sort((a, b) => a.n - b.n)).toEqual([tile(0, 7, 9), tile(1, 1)]);
  });

  it("a tile never shrinks", async () => {
    await published(publication(null, 3, { tiles: [tile(0, 5)] }));
    await published(publication(3, 4, { tiles: [tile(0, 4, 9)] }));
    expect(await readTiles(store.db, [{ level: 0, n: 0 }])).toEqual([tile(0, 5)]);
  });

  it("the same size again needs the same root, for cosignatures that come later", async () => {
    await published(publication(null, 3));
    const { checkpoint } = publication(3, 3);
    const note = "size 3\n— witness\n";
    expect(
      await published({ previousSize: 3, checkpoint: { ...checkpoint, note }, tiles: [] }),
    ).toEqual(COMMITTED);
    expect(await latestCheckpoint(store.db)).toMatchObject({ note });
    expect(await published(publication(3, 3, { root: 99 }))).toMatchObject({
      kind: "refused",
      failure: {
        code: "LEDGER_STALE",
        message: "a checkpoint of size 3 with another root is published",
      },
    });
  });

  it.each<readonly [string, Publication, RegExp]>([
    ["an older one was seen", publication(3, 8), /has size 5, not 3/],
    ["none was seen", publication(null, 8), /has size 5, not none/],
    ["a newer one was seen", publication(7, 8), /has size 5, not 7/],
    ["the entries are not there", publication(5, ENTRIES + 1), /size 11 over 10 entries/],
  ])("refuses a checkpoint when %s (one-history)", async (_, what, says) => {
    await published(publication(null, 5));
    const before = await latestCheckpoint(store.db);
    expect(await published({ ...what, tiles: [tile(0, 9)] })).toMatchObject({
      kind: "refused",
      failure: { code: "LEDGER_STALE", message: expect.stringMatching(says) },
    });
    expect(await latestCheckpoint(store.db)).toEqual(before);
    expect(await readTiles(store.db, [{ level: 0, n: 0 }])).toEqual([]);
  });

  it.each<readonly [string, Publication]>([
    ["a smaller size", publication(5, 4)],
    ["half an entry", publication(null, 0.5)],
    [
      "a root that is too short",
      {
        ...publication(null, 1),
        checkpoint: { ...publication(null, 1).checkpoint, root: Buffer.alloc(31) },
      },
    ],
    [
      "a tile of half a hash",
      publication(null, 1, { tiles: [{ level: 0, n: 0, hashes: Buffer.alloc(33) }] }),
    ],
    ["an empty tile", publication(null, 1, { tiles: [tile(0, 0)] })],
    ["a tile that is too wide", publication(null, 1, { tiles: [tile(0, 257)] })],
  ])("refuses %s", async (_, what) => {
    expect(await published(what)).toMatchObject({ failure: { code: "LEDGER_INVALID" } });
  });

  it("of two signers at once one succeeds (one-history)", async () => {
    const both = await Promise.all([
      published(publication(null, 4, { root: 1 })),
      published(publication(null, 6, { root: 2 })),
    ]);
    expect(both.map(({ kind }) => kind).sort()).toEqual(["committed", "refused"]);
  });
});
