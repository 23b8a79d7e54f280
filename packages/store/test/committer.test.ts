// SPDX-License-Identifier: Apache-2.0
import {
  type Appended,
  append,
  committer,
  ledgerSize,
  readEntry,
  type Store,
  settle,
  transaction,
} from "@interlock/store";
import { ENGINES, type Home, opened } from "@interlock/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CuttingProxy, cuttingProxy } from "./cutting-proxy.ts";
import { entriesNamed, entryNamed } from "./entries.ts";

const indexesOf = (outcomes: readonly Appended[]): readonly number[] =>
  outcomes.flatMap((outcome) => (outcome.kind === "committed" ? outcome.value : []));

const upTo = (start: number, end: number): readonly number[] =>
  Array.from({ length: end - start }, (_, n) => start + n);

describe.each(ENGINES)("the group committer ($name)", ({ home }) => {
  let place: Home;
  let store: Store;
  let transactions = 0;
  beforeAll(async () => {
    place = await home();
    store = await opened(place.place, {
      onPoint: (point) => {
        if (point === "commit.after") transactions += 1;
      },
    });
  });
  afterAll(async () => {
    await store.close();
    place.remove();
  });

  it("gives many callers their own indexes, in few transactions", async () => {
    const { appendSoon } = committer(store);
    const size = await ledgerSize(store.db);
    transactions = 0;
    const outcomes = await Promise.all(
      upTo(0, 300).map((n) => appendSoon(entriesNamed(`${n} a`, `${n} b`))),
    );
    expect([...indexesOf(outcomes)].sort((a, b) => a - b)).toEqual(upTo(size, size + 600));
    expect(transactions).toBeLessThanOrEqual(2);
    for (const n of [0, 150, 299]) {
      const [, second = -1] = indexesOf([outcomes[n] ?? { kind: "committed", value: [] }]);
      const entry = await readEntry(store.db, second);
      expect(Buffer.from(entry?.leaf ?? []).toString()).toBe(`leaf of ${n} b`);
    }
  });

  it("keeps a transaction within its limits, and a caller's entries together", async () => {
    const limits = { entries: 10, bytes: 1 << 20, waitingBytes: 1 << 26 };
    const { appendSoon } = committer(store, limits);
    const callers = upTo(0, 6).map((n) => upTo(0, 4).map((m) => entryNamed(`limit ${n} ${m}`)));
    const large = upTo(0, 30).map((n) => entryNamed(`larger than the limit ${n}`));
    transactions = 0;
    const outcomes = await Promise.all([...callers, large].map(appendSoon));
    expect(transactions).toBe(4);
    for (const outcome of outcomes) {
      const indexes = indexesOf([outcome]);
      expect(indexes).toEqual(upTo(indexes[0] ?? -1, (indexes[0] ?? -1) + indexes.length));
    }
  });

  it("one caller's bad input fails nobody else", async () => {
    const { appendSoon } = committer(store);
    const [good, bad, twin, same, other] = await Promise.all([
      appendSoon(entriesNamed("good")),
      appendSoon([entryNamed("bad", { kind: "Not A Kind" })]),
      appendSoon(entriesNamed("twin")),
      appendSoon(entriesNamed("twin", "brother")),
      appendSoon(entriesNamed("other")),
    ]);
    expect([good, twin, other].map(({ kind }) => kind)).toEqual(Array(3).fill("committed"));
    expect(bad).toMatchObject({ kind: "refused", failure: { code: "LEDGER_INVALID" } });
    expect(same).toMatchObject({
      kind: "refused",
      failure: { message: "some of the entries are in the ledger already, others are not" },
    });
  });

  it("RO3 entries that are sent again get the indexes that they have, and are there once", async () => {
    const { appendSoon } = committer(store);
    const first = await appendSoon(entriesNamed("sent", "sent too"));
    const size = await ledgerSize(store.db);
    const again = await Promise.all([1, 2].map(() => appendSoon(entriesNamed("sent", "sent too"))));
    expect(again).toEqual([first, first]);
    expect(await ledgerSize(store.db)).toBe(size);
  });

  it("refuses at once when too much waits, and whoever comes after its end", async () => {
    const limits = { entries: 10, bytes: 1 << 20, waitingBytes: 10_000 };
    const { appendSoon, close } = committer(store, limits);
    const outcomes = await Promise.all(
      upTo(0, 20).map((n) =>
        appendSoon([entryNamed(`w${n}`, { leaf: Buffer.from(`${n}`.padEnd(900)) })]),
      ),
    );
    const kinds = outcomes.map(({ kind }) => kind);
    expect(kinds.slice(0, 5)).toEqual(Array(5).fill("committed"));
    expect(outcomes.at(-1)).toMatchObject({ kind: "refused", failure: { code: "STORE_BUSY" } });
    const last = appendSoon(entriesNamed("last"));
    await close();
    expect(await last).toMatchObject({ kind: "committed" });
    expect(await appendSoon(entriesNamed("late"))).toMatchObject({
      failure: { code: "STORE_BUSY" },
    });
  });
});

describe.each(ENGINES.filter(({ name }) => name === "postgres"))("on a real server", ({ home }) => {
  let place: Home;
  let proxy: CuttingProxy;
  let near: Store;
  let far: Store;
  beforeAll(async () => {
    place = await home();
    proxy = await cuttingProxy("url" in place.place ? place.place.url : "");
    [near, far] = await Promise.all([opened(place.place), opened({ url: proxy.url })]);
  });
  afterAll(async () => {
    await Promise.all([near.close(), far.close()]);
    await proxy.close();
  });

  it.each([
    ["before COMMIT arrives", false],
    ["after COMMIT is answered", true],
  ] as const)(
    "RO3 a line cut %s is neither success nor failure (commit-unknown)",
    async (cut, there) => {
      proxy.cutNext(cut);
      const entry = entryNamed(cut);
      expect(await transaction(far, (tx) => append(tx, [entry]))).toMatchObject({
        kind: "unknown",
        failure: { code: "STORE_UNCERTAIN" },
      });
      const settled = await transaction(far, async (tx) => ({
        ok: true,
        value: await settle(tx, [entry.leafHash]),
      }));
      expect(settled).toEqual({
        kind: "committed",
        value: [there ? (await ledgerSize(near.db)) - 1 : null],
      });
    },
  );

  it("RO3 the committer finds out by itself, and an entry is there once", async () => {
    const { appendSoon } = committer(far);
    const size = await ledgerSize(near.db);
    proxy.cutNext("after COMMIT is answered");
    expect(await appendSoon(entriesNamed("found"))).toEqual({ kind: "committed", value: [size] });
    proxy.cutNext("before COMMIT arrives");
    expect(await appendSoon(entriesNamed("not there"))).toMatchObject({
      kind: "failed",
      failure: { code: "STORE_UNREACHABLE" },
    });
    expect(await appendSoon(entriesNamed("not there"))).toEqual({
      kind: "committed",
      value: [size + 1],
    });
    proxy.cutNext("after COMMIT is answered", 1_000);
    expect(await appendSoon(entriesNamed("never told"))).toMatchObject({ kind: "unknown" });
    proxy.cutNext("after COMMIT is answered", 0);
    expect(await appendSoon(entriesNamed("never told"))).toEqual({
      kind: "committed",
      value: [size + 2],
    });
    expect(await ledgerSize(near.db)).toBe(size + 3);
  });

  it("two writers at once leave no gap and give no index twice (no-gap)", async () => {
    const size = await ledgerSize(near.db);
    const both = [committer(near), committer(far)];
    const outcomes = await Promise.all(
      upTo(0, 400).map(async (n) => {
        await new Promise((later) => setTimeout(later, n % 20));
        return await both[n % 2]?.appendSoon(entriesNamed(`both ${n}`, `both ${n} too`));
      }),
    );
    const indexes = indexesOf(outcomes.flatMap((outcome) => outcome ?? []));
    expect([...indexes].sort((a, b) => a - b)).toEqual(upTo(size, size + 800));
  });
});
