// SPDX-License-Identifier: Apache-2.0
import {
  claimRollouts,
  confirmWrites,
  heldRollouts,
  journalCounts,
  journalWrite,
  plain,
  releaseRollouts,
  renewRollouts,
  rolloutById,
  type Store,
  saveRollout,
  saveStep,
  saveSteps,
  saveValues,
  transaction,
} from "@interlock/store";
import { ENGINES, storesToLend } from "@interlock/testkit";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";

const row = (id: string) => ({
  ...{ id, change: "c", system: "cart", target: "etcd", phase: "running", state: "{}", fence: 7 },
  ...{ nextAt: 100, startedBy: "ana", startedAt: 1 },
});

describe.each(ENGINES)("on $name", (engine) => {
  const stores = storesToLend(engine);
  let lent: Awaited<ReturnType<typeof stores.lend>>;
  let store: Store;
  beforeEach(async () => {
    lent = await stores.lend();
    store = lent.store;
  });
  afterEach(() => lent.giveBack());
  afterAll(() => stores.close());

  const made = async (...ids: readonly string[]) => {
    await transaction(store, async (tx) => {
      for (const id of ids) await saveRollout(tx, row(id), []);
      return { ok: true, value: null };
    });
  };
  const claim = async (owner: string, leaseMs = 60_000, limit = 10) => {
    const given = { owner, now: 100, leaseMs, limit, except: [] };
    const outcome = await transaction(
      store,
      async (tx) => ({ ok: true, value: await claimRollouts(tx, given) }),
      { isolation: "read committed" },
    );
    return outcome.kind === "committed"
      ? outcome.value.map(({ id, lease }) => ({ id, lease }))
      : [];
  };
  const now = { state: "{}", phase: "running", fence: 7, nextAt: 100 };

  it("gives each rollout to one driver, under a lease larger than all before, of other rollouts too", async () => {
    await made("a", "b", "c");
    const [one, two] = await Promise.all([claim("x", 60_000, 2), claim("y", 60_000, 2)]);
    const all = [...one, ...two].map(({ id }) => id);
    const most = Math.max(...[...one, ...two].map(({ lease }) => lease));
    expect(new Set(all).size).toBe(all.length);
    expect(await claim("z")).toHaveLength(3 - all.length);
    await renewRollouts(store.db, { owner: "x", leaseMs: 90_000 });
    const held = await heldRollouts(store.db, "x");
    expect(held).toHaveLength(one.length);
    expect(held.every(({ leftMs }) => leftMs > 60_000 && leftMs <= 90_000)).toBe(true);
    const [first] = one;
    if (first === undefined) throw new Error("x has one");
    await releaseRollouts(store.db, [first]);
    const [again] = await claim("z", 60_000, 1);
    expect(one.map(({ id }) => id)).toContain(again?.id);
    expect(again?.lease).toBeGreaterThan(most);
  });

  it("a lease that ran out is not renewed", async () => {
    await made("a");
    const [one] = await claim("x", 0);
    await renewRollouts(store.db, { owner: "x", leaseMs: 60_000 });
    expect(await heldRollouts(store.db, "x")).toEqual([]);
    const [other] = await claim("y");
    expect(other?.lease).toBeGreaterThan(one?.lease ?? 0);
  });

  it("compare-and-swap: a step over another state, or under another's lease, is not saved", async () => {
    await made("a");
    const [{ lease = 0 } = {}] = await claim("x");
    const at = { id: "a", revision: 0, lease };
    expect(await saveStep(store.db, at, now)).toBe(true);
    expect(await saveStep(store.db, at, now)).toBe(false);
    expect(await saveStep(store.db, { ...at, revision: 1, lease: lease + 1 }, now)).toBe(false);
    expect((await rolloutById(store.db, "a"))?.revision).toBe(1);
    await made("b");
    const [{ lease: other = 0 } = {}] = await claim("x");
    const both = [
      { ...now, id: "b", revision: 0, lease: other, nextAt: null },
      { ...now, ...at },
    ];
    expect(await saveSteps(store.db, both)).toEqual(new Set(["b"]));
    expect(await saveSteps(store.db, [{ ...now, ...at, revision: 1 }])).toEqual(new Set(["a"]));
    expect((await rolloutById(store.db, "b"))?.nextAt).toBe(null);
  });

  it("journal-first, halt-wins: nothing is journalled under another fence or without a lease", async () => {
    await made("a");
    const sha256 = "0".repeat(64);
    await saveValues(store.db, [{ sha256, bytes: Buffer.from("new") }]);
    const write = {
      ...{ change: "c", rollout: "a", target: "etcd", cell: "eu", operation: "{}", at: 1 },
      items: [{ key: "one", before: null, after: sha256 }],
    };
    expect(await journalWrite(store.db, { ...write, fence: 7 })).toBe(false);
    await claim("x");
    expect(await journalWrite(store.db, { ...write, fence: 6 })).toBe(false);
    expect(await journalWrite(store.db, { ...write, fence: 7 })).toBe(true);
    const at = { rollout: "a", cell: "eu", now: 2 };
    await confirmWrites(store.db, at, [{ key: "one", sha256: null }]);
    expect(await journalCounts(store.db, "a")).toEqual({ writes: 1, confirmed: 0 });
    await confirmWrites(store.db, at, [{ key: "one", sha256 }]);
    expect(await journalCounts(store.db, "a")).toEqual({ writes: 1, confirmed: 1 });
    await store.db.executeQuery(plain("update rollout set leased_until = '-infinity'"));
    expect(await journalWrite(store.db, { ...write, fence: 7 })).toBe(false);
  });
});
