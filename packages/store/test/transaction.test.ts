// SPDX-License-Identifier: Apache-2.0
import { read, type Store, type Transaction, transaction } from "@interlock/store";
import { ENGINES, type Home, opened } from "@interlock/testkit";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

const run = (db: Transaction | Store["db"], text: string) =>
  sql.raw<{ n: number }>(text).execute(db);

describe.each(ENGINES)("transactions ($name)", ({ home }) => {
  let place: Home;
  let store: Store;
  const pauses: number[] = [];
  beforeAll(async () => {
    place = await home();
    const pause = (ms: number) => {
      pauses.push(ms);
      return new Promise<void>((done) => setTimeout(done, ms));
    };
    store = await opened(place.place, { chance: { pause, random: Math.random } });
    await run(store.db, "create table counter (id int primary key, n int not null)");
  });
  beforeEach(async () => {
    pauses.length = 0;
    await run(store.db, "delete from counter; insert into counter values (1, 0), (2, 0)");
  });
  afterAll(async () => {
    await store.close();
    place.remove();
  });
  const count = async (): Promise<number | undefined> =>
    (await run(store.db, "select n from counter where id = 1")).rows[0]?.n;
  const addOne = (tx: Transaction) => run(tx, "update counter set n = n + 1 where id = 1");

  it("commits what the work says and rolls back what it refuses", async () => {
    const yes = await transaction(store, async (tx) => {
      await addOne(tx);
      return { ok: true, value: "yes" };
    });
    const no = await transaction(store, async (tx) => {
      await addOne(tx);
      return { ok: false, failure: "no" };
    });
    expect([yes, no]).toEqual([
      { kind: "committed", value: "yes" },
      { kind: "refused", failure: "no" },
    ]);
    expect(await count()).toBe(1);
  });

  it("a statement that is kept by name survives a migration beneath it", async () => {
    const long = `-- ${"long enough to be kept ".repeat(50)}`;
    const all = (tx: Transaction) =>
      sql`select * from counter where id >= ${0} order by id ${sql.raw(`\n${long}`)}`.execute(tx);
    const asked = () =>
      transaction(store, async (tx) => ({ ok: true, value: (await all(tx)).rows }), {
        isolation: "read committed",
      });
    const before = await asked();
    await run(store.db, "alter table counter add column since text default 'now'");
    const after = await asked();
    await run(store.db, "alter table counter drop column since");
    expect([before, after, await asked()]).toEqual([
      { kind: "committed", value: [1, 2].map((id) => ({ id, n: 0 })) },
      { kind: "committed", value: [1, 2].map((id) => ({ id, n: 0, since: "now" })) },
      { kind: "committed", value: [1, 2].map((id) => ({ id, n: 0 })) },
    ]);
  });

  it.each([
    ["select * from nowhere", { code: "42P01", message: 'relation "nowhere" does not exist' }],
    ["select 1/0", { code: "22012", message: "division by zero" }],
    ["insert into counter values (1, 1)", { code: "23505", constraint: "counter_pkey" }],
    ["selec", { code: "42601", severity: "ERROR" }],
  ])("a failing statement rejects with what the server said: %s", async (text, says) => {
    const failing = transaction(store, async (tx) => {
      await addOne(tx);
      await run(tx, text);
      return { ok: true, value: null };
    });
    await expect(failing).rejects.toMatchObject(says);
    await expect(run(store.db, text)).rejects.toMatchObject(says);
    await expect(sql.raw(`${text} -- $1`).execute(store.db)).rejects.toMatchObject(says);
    expect(await count()).toBe(0);
  });

  it("a failed statement whose error was swallowed is never taken for a commit", async () => {
    const swallowed = transaction(store, async (tx) => {
      await addOne(tx);
      await run(tx, "select 1/0").catch(() => undefined);
      return { ok: true, value: null };
    });
    await expect(swallowed).rejects.toMatchObject({ name: "CommitRefused" });
    expect(await count()).toBe(0);
  });

  it("what is deferred to the commit and fails there is an error, and nothing is left behind", async () => {
    await run(store.db, "create table later (n int unique deferrable initially deferred)");
    const late = transaction(store, async (tx) => {
      await run(tx, "insert into later values (1), (1)");
      return { ok: true, value: null };
    });
    await expect(late).rejects.toMatchObject({ code: "23505" });
    expect((await run(store.db, "select count(*)::int as n from later")).rows).toEqual([{ n: 0 }]);
    await run(store.db, "drop table later");
  });

  it.each(["serializable", "read committed"] as const)(
    "many at once lose no update (%s)",
    async (isolation) => {
      const lock = isolation === "serializable" ? "" : " for update";
      const outcomes = await Promise.all(
        Array.from({ length: 12 }, () =>
          transaction(
            store,
            async (tx) => {
              const { rows } = await run(tx, `select n from counter where id = 1${lock}`);
              await run(tx, `update counter set n = ${(rows[0]?.n ?? 0) + 1} where id = 1`);
              return { ok: true, value: null };
            },
            { isolation, attempts: 100 },
          ),
        ),
      );
      expect(outcomes.every(({ kind }) => kind === "committed")).toBe(true);
      expect(await count()).toBe(12);
    },
  );

  it("two at once never see half of each other", async () => {
    const move = (by: number) =>
      transaction(
        store,
        async (tx) => {
          await run(tx, `update counter set n = n + ${by} where id = 1`);
          await run(tx, `update counter set n = n - ${by} where id = 2`);
          return { ok: true, value: null };
        },
        { attempts: 100 },
      );
    const look = () => read(store, (db) => run(db, "select sum(n)::int as n from counter"));
    const [, , ...looks] = await Promise.all([move(3), move(4), look(), look(), look()]);
    for (const seen of looks) expect(seen.ok && seen.value.rows).toEqual([{ n: 0 }]);
  });

  it.each(["40001", "40P01"])(
    "runs again on %s, waiting longer, and gives up in the end",
    async (state) => {
      let runs = 0;
      const outcome = await transaction(
        store,
        async (tx) => {
          runs += 1;
          await run(tx, `do $$ begin raise exception 'not now' using errcode = '${state}'; end $$`);
          return { ok: true, value: null };
        },
        { attempts: 4 },
      );
      expect(outcome).toMatchObject({ kind: "failed", failure: { code: "STORE_CONFLICT" } });
      expect(runs).toBe(4);
      expect(pauses).toHaveLength(3);
      for (const [at, ms] of pauses.entries()) {
        expect(ms).toBeGreaterThanOrEqual(2.5 * 2 ** at);
        expect(ms).toBeLessThanOrEqual(5 * 2 ** at);
      }
    },
  );

  it("a conflict that goes away is no failure", async () => {
    let runs = 0;
    const outcome = await transaction(store, async (tx) => {
      runs += 1;
      await addOne(tx);
      if (runs < 3) await run(tx, "do $$ begin raise exception '' using errcode = '40001'; end $$");
      return { ok: true, value: runs };
    });
    expect(outcome).toEqual({ kind: "committed", value: 3 });
    expect(await count()).toBe(1);
  });

  it("a number that does not fit is an error (exact-numbers)", async () => {
    expect((await run(store.db, "select 9007199254740991::bigint as n")).rows).toEqual([
      { n: Number.MAX_SAFE_INTEGER },
    ]);
    await expect(run(store.db, "select 9007199254740992::bigint as n")).rejects.toThrow(RangeError);
    expect((await run(store.db, "select 1 as n")).rows).toEqual([{ n: 1 }]);
  });
});
