// SPDX-License-Identifier: Apache-2.0
import {
  append,
  entriesAbout,
  eraseBody,
  ledgerSize,
  type NewEntry,
  type Outcome,
  type Result,
  readEntry,
  readLeafHashes,
  readLeaves,
  type Store,
  type StoreFailure,
  settle,
  transaction,
} from "@interlock/store";
import { ENGINES, type Home, opened } from "@interlock/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { entriesNamed, entryNamed } from "./entries.ts";

type Appended = Outcome<readonly number[], StoreFailure>;

describe.each(ENGINES)("the ledger's rows ($name)", ({ home }) => {
  let place: Home;
  let store: Store;
  beforeAll(async () => {
    place = await home();
    store = await opened(place.place);
  });
  afterAll(async () => {
    await store.close();
    place.remove();
  });
  const appended = (entries: readonly NewEntry[]): Promise<Appended> =>
    transaction(store, (tx) => append(tx, entries));

  it("append gives consecutive indexes in the order given", async () => {
    const size = await ledgerSize(store.db);
    expect(await appended(entriesNamed("a", "b", "c"))).toEqual({
      kind: "committed",
      value: [size, size + 1, size + 2],
    });
    const leaves = await readLeaves(store.db, size, 10);
    expect(leaves.map(({ leaf }) => Buffer.from(leaf).toString())).toEqual([
      "leaf of a",
      "leaf of b",
      "leaf of c",
    ]);
    const hashes = await readLeafHashes(store.db, size, 10);
    expect(hashes).toEqual(Buffer.concat(leaves.map(({ leafHash }) => leafHash)));
  });

  it("nothing is appended by nothing", async () => {
    expect(await appended([])).toEqual({ kind: "committed", value: [] });
  });

  it("what rolls back leaves no gap (no-gap)", async () => {
    const size = await ledgerSize(store.db);
    const refused = await transaction(store, async (tx): Promise<Result<null>> => {
      await append(tx, entriesNamed("lost"));
      return { ok: false, failure: { code: "STORE_BUSY", message: "no", help: "none" } };
    });
    expect(refused).toMatchObject({ kind: "refused", failure: { message: "no" } });
    await expect(
      transaction(store, async (tx) => {
        await append(tx, entriesNamed("lost too"));
        throw new Error("a bug");
      }),
    ).rejects.toThrow("a bug");
    expect(await ledgerSize(store.db)).toBe(size);
    expect(await appended(entriesNamed("kept"))).toEqual({ kind: "committed", value: [size] });
  });

  it("two appends in one transaction follow each other", async () => {
    const size = await ledgerSize(store.db);
    const both = await transaction(store, async (tx) => {
      const first = await append(tx, entriesNamed("first of two"));
      const second = await append(tx, entriesNamed("second of two"));
      return { ok: true, value: [first, second] };
    });
    expect(both).toMatchObject({ value: [{ value: [size] }, { value: [size + 1] }] });
  });

  it("an entry comes back as it went in, with every byte", async () => {
    const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const text = JSON.stringify({ text: "zażółć \u0000 {}\\\"',NULL 😀" });
    const entries = [
      entryNamed("bytes", { leaf: every, body: { salt: every.subarray(0, 64), text } }),
      entryNamed("no body", { subject: "NULL", body: null, at: 0 }),
      entryNamed("empty", {
        leaf: Buffer.alloc(0),
        subject: "",
        body: { salt: Buffer.alloc(0), text: "" },
      }),
    ];
    const outcome = await appended(entries);
    const indexes = outcome.kind === "committed" ? outcome.value : [];
    const stored = await Promise.all(indexes.map((index) => readEntry(store.db, index)));
    expect(stored).toEqual(
      entries.map((entry, at) => ({
        ...entry,
        index: indexes[at],
        body: entry.body === null ? { kind: "none" } : { kind: "kept", ...entry.body },
      })),
    );
    expect(await readEntry(store.db, 1_000_000)).toBeNull();
  });

  it("entries about a subject are found in order", async () => {
    const about = (name: string) => entryNamed(name, { subject: "change-7" });
    await appended([about("x"), entryNamed("between"), about("y"), about("z")]);
    const all = await entriesAbout(store.db, { subject: "change-7", from: 0, limit: 10 });
    expect(all.map(({ leaf }) => Buffer.from(leaf).toString())).toEqual([
      "leaf of x",
      "leaf of y",
      "leaf of z",
    ]);
    const from = (all[0]?.index ?? 0) + 1;
    const next = await entriesAbout(store.db, { subject: "change-7", from, limit: 1 });
    expect(next).toEqual([all[1]]);
  });

  it.each<readonly [string, readonly NewEntry[], RegExp]>([
    ["a leaf too long", [entryNamed("l", { leaf: Buffer.alloc(65_536) })], /65536 bytes/],
    ["no hash", [entryNamed("h", { leafHash: Buffer.alloc(31) })], /hash of 31 bytes/],
    ["a kind that is no word", [entryNamed("k", { kind: "Kind" })], /kind/],
    ["a subject with U+0000", [entryNamed("s", { subject: "a\0b" })], /subject/],
    ["a subject with half a character", [entryNamed("s", { subject: "a\ud800" })], /subject/],
    ["a fraction of a millisecond", [entryNamed("t", { at: 0.5 })], /time/],
    [
      "a body too long",
      [entryNamed("b", { body: { salt: Buffer.of(1), text: "x".repeat((1 << 20) + 1) } })],
      /body/,
    ],
    [
      "a salt too long",
      [entryNamed("b", { body: { salt: Buffer.alloc(65), text: "{}" } })],
      /salt of 65/,
    ],
    ["the same twice", entriesNamed("twin", "twin"), /twice/],
    ["too many", Array.from({ length: 10_001 }, (_, n) => entryNamed(`many ${n}`)), /10001/],
  ])("refuses %s and appends nothing", async (_, entries, why) => {
    const size = await ledgerSize(store.db);
    const outcome = await appended(entries);
    expect(outcome).toMatchObject({ kind: "refused", failure: { code: "LEDGER_INVALID" } });
    expect(outcome.kind === "refused" && outcome.failure.message).toMatch(why);
    expect(await ledgerSize(store.db)).toBe(size);
  });

  it("takes the longest leaf and as many entries as are allowed", async () => {
    const many = Array.from({ length: 10_000 }, (_, n) => entryNamed(`full ${n}`));
    expect(await appended(many)).toMatchObject({ kind: "committed" });
    expect(await appended([entryNamed("long", { leaf: Buffer.alloc(65_535, 7) })])).toMatchObject({
      kind: "committed",
    });
  });

  it("settle finds what is there and says what is not", async () => {
    const outcome = await appended(entriesNamed("settled"));
    const there = entryNamed("settled").leafHash;
    const settled = await transaction(store, async (tx) => ({
      ok: true,
      value: await settle(tx, [there, entryNamed("nowhere").leafHash]),
    }));
    expect(settled).toEqual({
      kind: "committed",
      value: [outcome.kind === "committed" ? outcome.value[0] : -1, null],
    });
  });

  it("an entry can be neither changed nor removed", async () => {
    for (const change of [
      store.db.updateTable("ledger_entry").set({ kind: "other" }).where("index", "=", 0),
      store.db.deleteFrom("ledger_entry").where("index", "=", 0),
    ])
      await expect(change.execute()).rejects.toThrow("entries of the ledger are never changed");
  });

  it("P8 a body is erased with its salt, and the leaf stays", async () => {
    const outcome = await appended(entriesNamed("personal", "why it was erased"));
    const [index = -1, reasonIndex = -1] = outcome.kind === "committed" ? outcome.value : [];
    const erase = (given: { index: number; reasonIndex: number }) =>
      transaction(store, async (tx) => ({
        ok: true,
        value: await eraseBody(tx, { ...given, at: 5 }),
      }));
    expect(await erase({ index, reasonIndex: 1_000_000 })).toMatchObject({ value: false });
    expect(await readEntry(store.db, index)).toMatchObject({ body: { kind: "kept" } });
    expect(await erase({ index, reasonIndex })).toMatchObject({ value: true });
    expect(await readEntry(store.db, index)).toMatchObject({
      leaf: Buffer.from("leaf of personal"),
      body: { kind: "erased", at: 5, reasonIndex },
    });
    expect(await erase({ index, reasonIndex })).toMatchObject({ value: false });
    const { rows } = await store.db
      .selectFrom("ledger_body")
      .select(["salt", "body"])
      .where("index", "=", index)
      .execute()
      .then((found) => ({ rows: found }));
    expect(rows).toEqual([{ salt: null, body: null }]);
    expect(await store.upkeep()).toBeNull();
  });
});
