// SPDX-License-Identifier: Apache-2.0
/** Drivers that share a database, stop, sleep and come back. */
import { setTimeout as wait } from "node:timers/promises";
import { rolloutById, type Store } from "@interlock/store";
import { ENGINES, opened } from "@interlock/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FakeTarget, fakeTarget } from "./fake-target.ts";
import { begin, type Field, fieldOf, fresh, MINUTE, old, T0 } from "./field.ts";

const CELLS = ["a", "b", "c"];
const KEYS = ["one", "two"];

describe.each(ENGINES.slice(-1))("on $name", (engine) => {
  let store: Store;
  let remove = () => {};
  beforeAll(async () => {
    const home = await engine.home();
    store = await opened(home.place);
    remove = home.remove;
  });
  afterAll(async () => {
    await store.close();
    remove();
  });

  const fill = (target: FakeTarget, name: string) => {
    for (const cell of CELLS)
      for (const key of KEYS) target.set(`${name}-${cell}`, key, old(`${name}-${cell}`, key));
  };
  const isNew = (target: FakeTarget, name: string) =>
    CELLS.every((cell) =>
      KEYS.every((key) => target.text(`${name}-${cell}`, key) === fresh(`${name}-${cell}`, key)),
    );
  /** Looks of several drivers in turn, under one clock. */
  const together = async (fields: readonly Field[], clock: { now: number }, minutes: number) => {
    for (let gone = 0; gone < minutes; gone++) {
      clock.now += MINUTE;
      await Promise.all(fields.map(({ driver }) => driver.look()));
      await Promise.all(fields.map(({ driver }) => driver.idle()));
    }
  };

  it("RO1 drives fifty rollouts by two drivers, each write once", async () => {
    const target = fakeTarget();
    const clock = { now: T0 };
    const limits = { periodMs: null, claim: 10 };
    const fields = [1, 2].map(() =>
      fieldOf(store, target, { clock, limits, now: () => clock.now }),
    );
    const names = Array.from({ length: 50 }, (_, at) => `many-${at}`);
    const ids: string[] = [];
    for (const name of names) {
      fill(target, name);
      ids.push(await begin(store, name));
    }
    await together(fields, clock, 4);
    expect(fields.every(({ driver }) => driver.driven() > 0)).toBe(true);
    await together(fields, clock, 20);
    const phases = await Promise.all(
      ids.map(async (id) => (await rolloutById(store.db, id))?.phase),
    );
    expect(new Set(phases)).toEqual(new Set(["completed"]));
    expect(names.every((name) => isNew(target, name))).toBe(true);
    expect(target.landed).toHaveLength(50 * CELLS.length);
    expect(target.outOfOrder).toEqual([]);
    for (const { driver } of fields) await driver.close();
  });

  it("RO1 a driver that sleeps past its lease does nothing more, and another one ends its rollout", async () => {
    const target = fakeTarget();
    const clock = { now: T0 };
    const limits = { periodMs: null, leaseMs: 300 };
    const asleep = { now: 0 };
    const first = fieldOf(store, target, {
      ...{ clock, limits, now: () => clock.now, monotonic: () => performance.now() + asleep.now },
    });
    fill(target, "sleepy");
    const id = await begin(store, "sleepy");
    clock.now += MINUTE;
    await first.driver.look();
    // As a stopped process: nothing is renewed, and its own clock tells it when it wakes.
    asleep.now += 60_000;
    await wait(400);
    const second = fieldOf(store, target, {
      ...{ clock, limits: { periodMs: null }, now: () => clock.now },
    });
    await together([second], clock, 1);
    const { length } = target.landed;
    await first.driver.idle();
    expect(target.landed.length).toBe(length);
    await together([second], clock, 25);
    expect((await rolloutById(store.db, id))?.phase).toBe("completed");
    expect(isNew(target, "sleepy")).toBe(true);
    expect(target.outOfOrder).toEqual([]);
    await first.driver.close();
    await second.driver.close();
  });

  it("two rollouts of other keys in the same cells both go on, and each takes few leases", async () => {
    const target = fakeTarget();
    const clock = { now: T0 };
    const limits = { periodMs: null };
    const fields = [1, 2].map(() =>
      fieldOf(store, target, { clock, limits, now: () => clock.now }),
    );
    fill(target, "both");
    const ids: string[] = [];
    for (const key of KEYS) {
      const plan = { system: `${key} of both`, keys: [key] };
      ids.push(await begin(store, "both", { as: `both ${key}`, plan }));
    }
    await together(fields, clock, 25);
    const rows = await Promise.all(ids.map((id) => rolloutById(store.db, id)));
    expect(rows.map((row) => row?.phase)).toEqual(["completed", "completed"]);
    expect(isNew(target, "both")).toBe(true);
    const own = target.landed.filter(({ batch }) => batch.cell.startsWith("both"));
    expect(own).toHaveLength(2 * CELLS.length);
    expect(target.outOfOrder).toEqual([]);
    const leases = rows.map((row) => row?.lease ?? 0);
    const [first = 0, last = 0] = [Math.min(...leases), Math.max(...leases)];
    // Each wave of each may have to take one more, and no look of a driver is waited for.
    expect(last - first).toBeLessThan(8);
    for (const { driver } of fields) await driver.close();
  });

  it("drives what a server whose clock was hours ahead has put off", async () => {
    const target = fakeTarget();
    const clock = { now: T0 };
    const ahead = fieldOf(store, target, { now: () => clock.now + 6 * 60 * MINUTE });
    fill(target, "ahead");
    const id = await begin(store, "ahead");
    await ahead.driver.look();
    await ahead.driver.idle();
    await ahead.driver.close();
    const field = fieldOf(store, target, { clock, now: () => clock.now });
    await together([field], clock, 25);
    expect((await rolloutById(store.db, id))?.phase).toBe("completed");
    await field.driver.close();
  });

  it("RO20 waits for a target that is away for an hour, and goes on", async () => {
    const target = fakeTarget();
    const field = fieldOf(store, target);
    fill(target, "away");
    const id = await begin(store, "away");
    target.fault = () => "away";
    await field.pass(60 * MINUTE, MINUTE);
    expect(target.landed).toEqual([]);
    target.fault = () => "none";
    await field.pass(40 * MINUTE, MINUTE);
    expect(await field.phase(id)).toBe("completed");
    await field.driver.close();
  });

  it("RO1 a clock that jumps ends no bake and stops none", async () => {
    const target = fakeTarget();
    const field = fieldOf(store, target);
    fill(target, "jump");
    const id = await begin(store, "jump");
    await field.pass(MINUTE);
    field.clock.now += 3 * 60 * MINUTE;
    await field.pass(MINUTE);
    expect(target.landed).toHaveLength(1);
    field.clock.now -= 2 * 60 * MINUTE;
    await field.pass(20 * MINUTE);
    expect(await field.phase(id)).toBe("completed");
    await field.driver.close();
  });

  it("solo-ceiling: what one person exposes alone is summed over rollouts", async () => {
    const target = fakeTarget();
    const field = fieldOf(store, target);
    const ceiling = { tier: 2, cells: 3, trafficPpm: 500_000 };
    const ids: string[] = [];
    for (const name of ["solo-1", "solo-2"]) {
      fill(target, name);
      ids.push(await begin(store, name, { persons: ["dee"], plan: { ceiling } }));
    }
    await field.pass(MINUTE);
    const cells = target.landed.map(({ batch }) => batch.cell);
    expect(cells).toHaveLength(1);
    await field.pass(30 * MINUTE);
    expect(target.landed).toHaveLength(1);
    await field.driver.close();
  });
});
