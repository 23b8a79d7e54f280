// SPDX-License-Identifier: Apache-2.0
/** Targets against the ledger: fakes and folders, two servers, a clock of its own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Description } from "@interlock/controlplane";
import { sha256Hex, utf8 } from "@interlock/digest";
import { openReconciler, type Reconciler, type ReconcileTerms } from "@interlock/server";
import {
  cellLooks,
  confirmWrites,
  entriesAt,
  journalWrite,
  type Store,
  saveRollout,
  saveValues,
  strangersIn,
  transaction,
  unrecordedKeys,
  watchCounts,
} from "@interlock/store";
import { type Answered, type LastWriter, openTarget, type Target } from "@interlock/targets";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { ENGINES, storeOf } from "../engines.ts";
import { LEDGER } from "../rollouts/field.ts";

const MINUTE = 60_000;
const GONE = { code: "TARGET_AWAY", message: "it does not answer", help: "wait" } as const;
const sha = (text: string) => sha256Hex(utf8(text));

const planeOf = (target: string): Description => ({
  version: 1,
  targets: [],
  systems: [
    {
      ...{ name: "cart", tier: 1, ordersPerMinute: 1, asyncFailureMs: 1, lossBudgetOrders: 1 },
      cells: [{ id: "north", region: "n", sharePpm: 1_000_000, runs: "7" }],
    },
  ],
  configSets: [
    {
      ...{ name: "promise", system: "cart", target, owner: "team:cart", repository: "r", ref: "m" },
      files: [{ path: "config/{key}.json", key: "promise/{key}" }],
      ...{ invariants: [], references: [] },
      limits: { keys: 10, valueBytes: 100, growthPpm: 1_000_000, shrinkPpm: 1_000_000 },
    },
  ],
  signals: [],
});

function opened(terms: ReconcileTerms): Reconciler {
  const reconciler = openReconciler(terms);
  onTestFinished(() => reconciler.close());
  return reconciler;
}

/** A cell in memory. */
function memory(name: string) {
  const keys = new Map<string, string>();
  const state = { away: false, reads: 0, between: () => Promise.resolve() };
  const failure = GONE;
  const target: Target = {
    ...{ name, kind: "http", abilities: { atomic: true, fences: false, remembers: false } },
    read: async (_, wanted) => {
      state.reads++;
      if (state.away) return { ok: false, failure };
      const items = wanted.map((key) => {
        const text = keys.get(key);
        return [key, text === undefined ? null : { value: utf8(text), version: `v ${text}` }];
      });
      await state.between();
      return { ok: true, value: { items: new Map(items as never), fence: null } };
    },
    list: async () =>
      state.away ? { ok: false, failure } : { ok: true, value: { keys: [...keys.keys()].sort() } },
    write: async () => ({ kind: "refused", failure }),
    watch: async function* () {},
    health: async () => ({ answers: true, says: "" }),
    close: async () => undefined,
  };
  return { keys, state, target };
}

const folder = mkdtempSync(join(tmpdir(), "interlock-reconcile-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(ENGINES)("on $name", (engine) => {
  const store = storeOf(engine);
  let names = 0;
  const at = (target: Target) => {
    const clock = { now: 1_700_000_000_000 };
    const troubles: (string | null)[] = [];
    const terms = (more: Partial<ReconcileTerms> = {}): ReconcileTerms => ({
      ...{ store: store(), ledger: LEDGER, now: () => clock.now },
      ...{ plane: async () => planeOf(target.name), target: () => target },
      onTrouble: (_, says) => troubles.push(says),
      limits: { periodMs: null, paceMs: 0, strangers: 2 },
      ...more,
    });
    const all = async () =>
      (await unrecordedKeys(store().db, 100)).filter((one) => one.target === target.name);
    const open = async () =>
      (await all())
        .filter(({ closedAt }) => closedAt === null)
        .map(({ key, before, after, because }) => [key, before, after, because]);
    return { clock, troubles, terms, all, open };
  };
  const world = () => {
    const cell = memory(`memory ${engine.name} ${++names}`);
    return { ...cell, ...at(cell.target) };
  };
  const rolled = async (db: Store, target: string, text: string) => {
    const id = sha(`rollout of ${target} ${text}`);
    const key = "promise/a";
    await saveValues(db.db, [{ sha256: sha(text), bytes: utf8(text) }]);
    await transaction(db, async (tx) => {
      await saveRollout(
        tx,
        {
          ...{ id, change: "c", system: "cart", target, phase: "running", state: "{}", fence: 1 },
          ...{ nextAt: null, startedBy: "ana", startedAt: 1 },
        },
        [],
      );
      return { ok: true, value: null };
    });
    await db.db
      .updateTable("rollout")
      .set({ leased_until: new Date("2100-01-01") })
      .execute();
    const write = async (now: number) =>
      await journalWrite(db.db, {
        ...{ change: "c", rollout: id, target, cell: "north", operation: "{}", at: now, fence: 1 },
        items: [{ key, before: null, after: sha(text) }],
      });
    const confirm = async () =>
      await confirmWrites(db.db, { rollout: id, cell: "north", now: 1 }, [
        { key, sha256: sha(text) },
      ]);
    return { write, confirm };
  };

  it("GT16 a value that nobody wrote by a rollout is one entry, and closed when it comes back", async () => {
    const { keys, target, terms, clock, open, all } = world();
    keys.set("promise/a", "one").set("promise/b", "two");
    const reconciler = opened(terms());
    await reconciler.look();
    expect(await open()).toEqual([]);
    keys.set("promise/a", "bad");
    keys.delete("promise/b");
    keys.set("promise/c", "new");
    clock.now += MINUTE;
    await reconciler.look();
    const found = [
      ["promise/c", null, sha("new"), "not-written"],
      ["promise/b", sha("two"), null, "not-written"],
      ["promise/a", sha("one"), sha("bad"), "not-written"],
    ];
    expect(await open()).toEqual(found);
    clock.now += MINUTE;
    await reconciler.look();
    expect(await open()).toEqual(found);
    expect(await all()).toHaveLength(3);
    keys.set("promise/a", "one").set("promise/b", "other");
    keys.delete("promise/c");
    clock.now += MINUTE;
    await reconciler.look();
    expect(await open()).toEqual([["promise/b", sha("two"), sha("other"), "not-written"]]);
    expect((await all()).map(({ how }) => how)).toEqual([
      null,
      "came-back",
      "changed-again",
      "came-back",
    ]);
    expect((await all()).at(-1)?.version).toBe("v bad");
    const kinds = await store()
      .db.selectFrom("ledger_entry")
      .select("kind")
      .where("kind", "in", ["watch-began", "unrecorded-key", "unrecorded-closed"])
      .execute();
    const count = (kind: string) => kinds.filter((one) => one.kind === kind).length;
    expect([count("watch-began"), count("unrecorded-key"), count("unrecorded-closed")]).toEqual([
      1, 4, 3,
    ]);
    expect((await cellLooks(store().db, 10)).map((one) => one.target)).toEqual([target.name]);
  });

  it("(nothing-unnoticed) a write under way and one of unknown fate are waited for, and what a rollout wrote is explained", async () => {
    const { keys, state, target, terms, clock, open, all } = world();
    keys.set("promise/a", "one");
    const reconciler = opened(terms());
    await reconciler.look();
    const { write, confirm } = await rolled(store(), target.name, "two");
    // The driver's write is journalled and takes effect while the cell is read.
    state.between = async () => {
      state.between = () => Promise.resolve();
      expect(await write(clock.now)).toBe(true);
      keys.set("promise/a", "two");
    };
    clock.now += MINUTE;
    await reconciler.look();
    keys.set("promise/a", "two");
    clock.now += MINUTE;
    await reconciler.look();
    // Neither what was there nor what is being written, while nobody knows what became of it.
    keys.set("promise/a", "torn");
    clock.now += MINUTE;
    await reconciler.look();
    expect(await all()).toEqual([]);
    clock.now += 10 * MINUTE;
    await reconciler.look();
    expect(await open()).toEqual([["promise/a", sha("one"), sha("torn"), "not-written"]]);
    keys.set("promise/a", "two");
    await confirm();
    clock.now += MINUTE;
    await reconciler.look();
    expect((await all()).map(({ how }) => how)).toEqual(["explained"]);
    // What stood there before is no way back without a rollout.
    keys.set("promise/a", "one");
    clock.now += MINUTE;
    await reconciler.look();
    expect(await open()).toEqual([["promise/a", sha("two"), sha("one"), "not-written"]]);
  });

  it("who wrote is in the entry as the target tells it, and a target that does not tell keeps nothing back", async () => {
    const { keys, target, terms, clock, open } = world();
    const asked: (string | null)[] = [];
    const writers = new Map<string, () => Promise<Answered<LastWriter | null>>>([
      [
        "promise/a",
        async () => ({ ok: true, value: { trust: "claimed", name: "dee <d@x>", at: 7 } }),
      ],
      ["promise/b", async () => ({ ok: true, value: null })],
      ["promise/c", async () => ({ ok: false, failure: GONE })],
      ["promise/d", () => Promise.reject(new Error("a driver of tomorrow"))],
    ]);
    const telling: Target = {
      ...target,
      lastWriter: async ({ key, version }) => {
        asked.push(version);
        return (await writers.get(key)?.()) ?? never;
      },
    };
    const never = new Promise<never>(() => undefined);
    for (const key of writers.keys()) keys.set(key, "one");
    const limits = { periodMs: null, paceMs: 0, writers: 4, writersMs: 60_000 };
    const reconciler = opened(terms({ target: () => telling, limits }));
    await reconciler.look();
    for (const key of writers.keys()) keys.set(key, "bad");
    clock.now += MINUTE;
    await reconciler.look();
    expect(await open()).toHaveLength(4);
    expect(asked).toEqual(Array(4).fill("v bad"));
    const found = (await unrecordedKeys(store().db, 100)).filter(
      (one) => one.target === target.name,
    );
    const entries = await entriesAt(
      store().db,
      found.map(({ index }) => index),
    );
    const told = entries.flatMap(({ body }) =>
      body.kind === "kept" ? [JSON.parse(body.text)] : [],
    );
    expect(told.map(({ key, writer }) => [key, writer])).toEqual([
      ["promise/a", { trust: "claimed", name: "dee <d@x>", at: 7 }],
      ...["promise/b", "promise/c", "promise/d"].map((key) => [key, undefined]),
    ]);
    // One that never answers is waited for until its time is over, and no longer.
    const late = opened(terms({ target: () => telling, limits: { ...limits, writersMs: 1 } }));
    await reconciler.close();
    writers.clear();
    keys.set("promise/a", "worse");
    clock.now += MINUTE;
    await late.look();
    expect((await open()).map(([key, , after]) => [key, after])).toContainEqual([
      ...["promise/a", sha("worse")],
    ]);
  });

  it("a stranger that comes is told, those of the beginning are listed, with a limit", async () => {
    const { keys, terms, clock, open, all } = world();
    keys.set("other", "x");
    const reconciler = opened(terms());
    await reconciler.look();
    expect(await open()).toEqual([]);
    for (const key of ["promise", "promise/../a", "promise/b/c"]) keys.set(key, key);
    clock.now += MINUTE;
    await reconciler.look();
    expect(await open()).toEqual([["promise", null, sha("promise"), "stranger"]]);
    const listed = async () => (await strangersIn(store().db, 10)).map(({ key }) => key);
    expect(await listed()).toEqual(["other", "promise"]);
    expect(await cellLooks(store().db, 10)).toMatchObject([{ strangers: 4, keys: 0 }]);
    keys.delete("promise");
    clock.now += MINUTE;
    await reconciler.look();
    expect((await all()).map(({ how }) => how)).toEqual(["came-back"]);
  });

  it("a target that is away is said, and unknown is not clean", async () => {
    const { keys, state, troubles, terms, clock, open } = world();
    keys.set("promise/a", "one");
    const reconciler = opened(terms());
    await reconciler.look();
    const seenAt = clock.now;
    state.away = true;
    keys.set("promise/a", "bad");
    clock.now += MINUTE;
    await reconciler.look();
    await reconciler.look();
    expect(await cellLooks(store().db, 10)).toMatchObject([
      { seenAt, triedAt: clock.now, says: "it does not answer" },
    ]);
    expect((await watchCounts(store().db)).oldest).toBe(seenAt);
    expect(troubles).toEqual(["it does not answer"]);
    state.away = false;
    clock.now += MINUTE;
    await reconciler.look();
    expect(troubles).toEqual(["it does not answer", null]);
    expect(await open()).toHaveLength(1);
  });

  it("(one-watcher) two servers on one database tell a difference once, and one takes over from the other", async () => {
    const { keys, state, terms, clock, open, all } = world();
    keys.set("promise/a", "one");
    const [one, two] = [opened(terms()), opened(terms())];
    await Promise.all([one.look(), two.look()]);
    const { reads } = state;
    keys.set("promise/a", "bad");
    clock.now += MINUTE;
    await Promise.all([one.look(), two.look()]);
    expect(state.reads).toBe(reads + 1);
    expect(await open()).toHaveLength(1);
    await one.close();
    clock.now += MINUTE;
    await two.look();
    expect(await all()).toHaveLength(1);
    expect((await cellLooks(store().db, 10))[0]?.seenAt).toBe(clock.now);
  });

  it("a real folder of files: what is written past us is told by the next look", async () => {
    const name = `files ${engine.name}`;
    const root = join(folder, engine.name.replace(/\W/g, ""));
    mkdirSync(join(root, "n", "promise"), { recursive: true });
    const settings = { root, cells: { north: "n" } };
    const files = await openTarget(
      { name, kind: "files", settings },
      async () => ({ ok: false }) as never,
    );
    if (!files.ok) throw new Error(files.failure.message);
    const { terms, clock, open } = at(files.value);
    const file = join(root, "n", "promise", "a");
    writeFileSync(file, "one");
    const reconciler = opened(terms());
    await reconciler.look();
    writeFileSync(file, "bad");
    clock.now += 30_000;
    await reconciler.look();
    expect(await open()).toEqual([["promise/a", sha("one"), sha("bad"), "not-written"]]);
    await files.value.close();
  });
});
