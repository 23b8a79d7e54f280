// SPDX-License-Identifier: Apache-2.0
import { entriesOfKindsAbout, rolloutById } from "@interlock/store";
import { ENGINES, storesToLend } from "@interlock/testkit";
import fc from "fast-check";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { ask, resume } from "../../src/rollouts/asking.ts";
import { dividedShown } from "../../src/rollouts/divided.ts";
import { markBad } from "../../src/rollouts/marking.ts";
import { loaded } from "../../src/rollouts/stepping.ts";
import { makeUnwind } from "../../src/unwinds/making.ts";
import { subjectOf } from "../../src/unwinds/taken.ts";
import { type FakeTarget, fakeTarget } from "../rollouts/fake-target.ts";
import { digest, type Field, fieldOf, MINUTE } from "../rollouts/field.ts";
import { CELLS, PLANE, rolloutOf, type Shop, shopOf } from "./shop.ts";

const KEYS = ["one", "two"];
type Values = Record<string, Record<string, string | null>>;

// Both engines drive rollouts in the tests of the driver.
describe.each(ENGINES.slice(0, 1))("unwinds on $name", (engine) => {
  const stores = storesToLend(engine);
  let lent: Awaited<ReturnType<typeof stores.lend>>;
  let target: FakeTarget;
  let field: Field;
  let shop: Shop;
  const open = async () => {
    lent = await stores.lend();
    target = fakeTarget();
    for (const cell of CELLS) target.set(cell, "untouched", `as it was in ${cell}`);
    field = fieldOf(lent.store, target);
    shop = shopOf(lent.store, target, field);
  };
  const close = async () => {
    await field.driver.close();
    await lent.giveBack();
  };
  beforeEach(open);
  afterEach(close);
  afterAll(() => stores.close());

  const held = (): Values => worldOf(target);

  it("takes away what a change wrote, in waves, and says so in the ledger", async () => {
    const before = held();
    await shop.rollOut("good", { eu: { one: "g1" }, us: { one: "g1" } });
    const good = held();
    await shop.rollOut("bad", { eu: { one: "b1", two: "b2" }, us: { two: "b2" } });
    const made = await shop.unwind("bad");
    expect(held()).toEqual(good);
    expect(made.plan).toMatchObject({
      counts: { restore: 3, keep: 0, quarantine: 0, guessed: 0 },
      needs: { owners: 1, of: ["ana", "bo"] },
      waves: [{ cells: [{ cell: "eu", runs: "code-7" }] }, { cells: [{ cell: "us" }] }],
    });
    expect(Object.values(made.plan.values).sort()).toEqual(["b1", "b2", "g1"]);
    const asked = { subject: subjectOf("fake"), kinds: ["unwound"], limit: 10 };
    expect(await entriesOfKindsAbout(lent.store.db, asked)).toHaveLength(1);
    const again = await shop.plan({ change: "bad" });
    expect([again.nothing, again.deliveries]).toEqual([true, []]);
    await shop.unwind("good");
    expect(held()).toEqual(before);
    await shop.unwind("good", "redo");
    expect(held()).toEqual(good);
  });

  it("takes a change out of a divided cell part by part", async () => {
    const before = held();
    const parts: readonly (readonly [number, number])[] = [
      [0, 500_000],
      [500_000, 1_000_000],
    ];
    const [system] = PLANE.systems;
    const cells = (system?.cells ?? []).map((cell, i) => {
      const [fromPpm, toPpm] = parts[i] ?? [0, 0];
      return { ...cell, part: { of: "world", fromPpm, toPpm } };
    });
    const plane = { ...PLANE, systems: PLANE.systems.map((one) => ({ ...one, cells })) };
    shop = shopOf(lent.store, target, field, { plane: () => Promise.resolve(plane) });
    await shop.rollOut("bad", { eu: { one: "b1" }, us: { one: "b1" } });
    const made = await shop.unwind("bad");
    expect(made.plan.waves.map((wave) => wave.cells.map(({ cell }) => cell))).toEqual([
      ["eu"],
      ["us"],
    ]);
    expect(held()).toEqual(before);
    const row = await rolloutById(lent.store.db, await rolloutOf(lent.store, made.digest));
    const one = row === null ? null : loaded(row);
    if (one === null || "damaged" in one) throw new Error("the unwind cannot be read");
    expect(dividedShown(one.state)).toEqual([{ cell: "world", ppm: 1_000_000 }]);
  });

  it("a write past the journal is not written over, and waits for a person", async () => {
    await shop.rollOut("bad", { eu: { one: "b1" }, us: { one: "b1" } });
    target.set("eu", "one", "by hand");
    const { plan } = await shop.unwind("bad");
    expect(plan.keys).toMatchObject([
      { cell: "eu", action: "quarantine", because: "changed-outside" },
      { cell: "us", action: "restore" },
    ]);
    expect(plan.needs.owners).toBe(2);
    expect([target.text("eu", "one"), target.text("us", "one")]).toEqual(["by hand", null]);
  });

  it("way-back: no unwind brings again what was marked bad, until that is unwound or adopted", async () => {
    const first = await shop.rollOut("bad", { eu: { one: "b1" } });
    await shop.rollOut("later", { eu: { one: "l1" }, us: { one: "l1" } });
    const plan = await shop.agree(await shop.plan({ change: "later" }));
    expect(await markBad(shop.terms, first, { by: "cy", because: "no orders" })).toMatchObject({
      ok: true,
    });
    const refusal = {
      ok: false,
      failure: {
        code: "ROLLOUT_NO_WAY_BACK",
        message: `\`one\` in \`eu\` would hold again what rollout \`${first}\` brought, which \`cy\` marked bad: no orders`,
        help: expect.stringMatching(/^unwind that first: `interlock unwind bad`; .* adopt/),
      },
    };
    expect(await makeUnwind(shop.terms, { change: "later", way: "undo" })).toMatchObject(refusal);
    expect(await shop.start(plan)).toMatchObject(refusal);
    // What came later stays, and what was bad is on record as gone: nothing leads back to it.
    await shop.unwind("bad");
    await shop.unwind("later");
    expect([target.text("eu", "one"), target.text("us", "one")]).toEqual([null, null]);
    expect(await makeUnwind(shop.terms, { change: "bad", way: "redo" })).toMatchObject({
      failure: { code: "ROLLOUT_NO_WAY_BACK" },
    });
  });

  it("way-back: a value that stood there before it came by what was marked bad may come back", async () => {
    await shop.rollOut("good", { eu: { one: "g1" } });
    await shop.rollOut("other", { eu: { one: "o1" } });
    const again = await shop.rollOut("bad", { eu: { one: "g1" } });
    await shop.rollOut("later", { eu: { one: "l1" } });
    await markBad(shop.terms, again, { by: "cy", because: "it is" });
    await shop.unwind("later");
    expect(target.text("eu", "one")).toBe("g1");
  });

  it("a later write stays, and is said to be a guess", async () => {
    await shop.rollOut("bad", { eu: { one: "b1" } });
    await shop.rollOut("good", { eu: { one: "g1" } });
    const { plan } = await shop.unwind("bad");
    expect(plan.keys).toMatchObject([
      { action: "keep", because: "later-write-stays", guessed: true },
    ]);
    expect(target.text("eu", "one")).toBe("g1");
    // On record though nothing was written: without the good one it would be as before.
    await shop.unwind("good");
    expect(target.text("eu", "one")).toBeNull();
  });

  it("nobody unwinds alone: nothing is begun before owners and a second person have signed the plan", async () => {
    await shop.rollOut("bad", { eu: { one: "b1" } });
    const made = await shop.plan({ change: "bad" });
    const { length } = target.landed;
    const cases: readonly (readonly [readonly string[], string])[] = [
      [["ana"], "UNWIND_NOT_AGREED"],
      [["ana", "cy"], "UNWIND_NOT_AGREED"],
      [["ana", "gone"], "UNWIND_NOT_AGREED"],
    ];
    for (const [by, code] of cases)
      expect(await shop.start(await shop.agree(made, by))).toMatchObject({ failure: { code } });
    expect(await shop.start(digest("another plan"))).toMatchObject({
      failure: { code: "NOT_FOUND" },
    });
    const plan = await shop.agree(made);
    field.clock.now += 8 * 24 * 60 * MINUTE;
    expect(await shop.start(plan)).toMatchObject({ failure: { code: "UNWIND_NOT_AGREED" } });
    await field.pass(5 * MINUTE, MINUTE);
    expect(target.landed).toHaveLength(length);
  });

  it("a plan whose target holds something else by then is refused", async () => {
    await shop.rollOut("bad", { eu: { one: "b1" }, us: { one: "b1" } });
    const plan = await shop.agree(await shop.plan({ change: "bad" }));
    target.set("us", "one", "by hand");
    expect(await shop.start(plan)).toMatchObject({
      failure: { code: "UNWIND_STALE", message: expect.stringContaining("`one` in `us`") },
    });
    target.set("us", "one", "b1");
    await shop.rollOut("good", { eu: { one: "g1" } });
    expect(await shop.start(plan)).toMatchObject({ failure: { code: "UNWIND_STALE" } });
  });

  it("an unwind that is halted goes on by a new agreement, or goes back and is planned anew", async () => {
    await shop.rollOut("bad", { eu: { one: "b1" }, us: { one: "b1" } });
    const bad = held();
    const made = await shop.plan({ change: "bad" });
    expect(await shop.start(await shop.agree(made))).toMatchObject({ ok: true });
    await field.pass(2 * MINUTE, MINUTE);
    const rollout = await rolloutOf(lent.store, made.digest);
    const halted = await ask(shop.terms, rollout, { kind: "halt", by: "cy", because: "?" }, "cy");
    expect(halted).toMatchObject({ ok: true });
    expect(await makeUnwind(shop.terms, { change: "bad", way: "undo" })).toMatchObject({
      failure: { code: "ROLLOUT_NOT_NOW", help: expect.stringContaining("interlock rollout back") },
    });
    await field.pass(MINUTE, MINUTE);
    expect(await resume(shop.terms, rollout, "cy")).toMatchObject({
      failure: { code: "ROLLOUT_APPROVAL_OLD" },
    });
    await shop.agree(made);
    expect(await resume(shop.terms, rollout, "cy")).toMatchObject({ ok: true });
    field.verdict = "failed";
    await field.pass(40 * MINUTE, MINUTE);
    expect(await field.phase(rollout)).toBe("gone-back");
    expect(held()).toEqual(bad);
    field.verdict = "successful";
    await shop.unwind("bad");
    expect(held()).toMatchObject({ eu: { one: null }, us: { one: null } });
  });

  it("a rollout that went back by itself wrote nothing that stays, and one that runs is brought back instead", async () => {
    await shop.rollOut("good", { eu: { one: "g1" } });
    await shop.rollOut("bad", { eu: { one: "b1" } }, "gone-back");
    expect(await makeUnwind(shop.terms, { change: "bad", way: "undo" })).toMatchObject({
      failure: { code: "UNWIND_NOTHING" },
    });
    // What went back put nothing there: without the good change it is as before.
    await shop.unwind("good");
    expect(target.text("eu", "one")).toBeNull();
    expect(await makeUnwind(shop.terms, { change: "nobody's", way: "undo" })).toMatchObject({
      failure: { code: "NOT_FOUND" },
    });
  });

  it("RO18 two servers that begin one plan begin it once, and drive it together", async () => {
    await shop.rollOut("bad", { eu: { one: "b1", two: "b2" }, us: { one: "b1" } });
    const { length } = target.landed;
    const { clock } = field;
    const other = fieldOf(lent.store, target, { clock, now: () => clock.now });
    const plan = await shop.agree(await shop.plan({ change: "bad" }));
    const both = await Promise.all([shop.start(plan), shop.start(plan)]);
    expect(both).toEqual([
      { ok: true, value: plan },
      { ok: true, value: plan },
    ]);
    for (let tick = 0; tick < 40; tick++) {
      clock.now += MINUTE;
      await Promise.all([field, other].map(({ driver }) => driver.look()));
      await Promise.all([field, other].map(({ driver }) => driver.idle()));
    }
    await other.driver.close();
    expect(await field.phase(await rolloutOf(lent.store, plan))).toBe("completed");
    expect(target.landed).toHaveLength(length + CELLS.length);
    const asked = { subject: subjectOf("fake"), kinds: ["unwound"], limit: 10 };
    expect(await entriesOfKindsAbout(lent.store.db, asked)).toHaveLength(1);
  });
});

type Step = {
  readonly change: string;
  readonly values: Values;
  readonly end: "completed" | "gone-back";
};

const value = fc.constantFrom("x", "y", "z", null);
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    change: fc.constantFrom("A", "B"),
    values: fc
      .array(fc.record({ cell: fc.constantFrom(...CELLS), key: fc.constantFrom(...KEYS), value }), {
        minLength: 1,
        maxLength: 3,
      })
      .map((list) => {
        const all: Values = {};
        for (const one of list) all[one.cell] = { ...all[one.cell], [one.key]: one.value };
        return all;
      }),
    end: fc.constantFrom("completed" as const, "completed" as const, "gone-back" as const),
  }),
  { minLength: 2, maxLength: 4 },
);

const POINTS = ["step.saved", "entry.appended", "write.journalled", "write.answered"] as const;

describe.each(ENGINES.slice(0, 1))("laws of unwinds on $name", (engine) => {
  const stores = storesToLend(engine);
  afterAll(() => stores.close());

  it("RO18 an unwind equals the history without the change; twice is once; undone, it is as before", async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.constantFrom(...POINTS), fc.nat(6), async (all, point, nth) => {
        const lent = await stores.lend();
        const target = fakeTarget();
        let left = -1;
        const field = fieldOf(lent.store, target, {
          onPoint: (at) => {
            if (at === point && left-- === 0) throw new Error("killed here");
          },
        });
        const shop = shopOf(lent.store, target, field);
        for (const cell of CELLS) target.set(cell, "untouched", `as it was in ${cell}`);
        const start = worldOf(target);
        const done: Step[] = [];
        for (const step of all) {
          const moved = changed(worldOf(target), step.values);
          if (Object.keys(moved).length === 0) continue;
          await shop.rollOut(step.change, moved, step.end);
          done.push({ ...step, values: moved });
        }
        const before = worldOf(target);
        if (done.some(({ change, end }) => change === "A" && end === "completed")) {
          left = nth;
          await shop.unwind("A");
          left = -1;
          expect(worldOf(target)).toEqual(without(start, done, "A"));
          expect((await shop.plan({ change: "A" })).nothing).toBe(true);
          await shop.unwind("A", "redo");
          expect(worldOf(target)).toEqual(before);
        }
        expect(target.outOfOrder).toEqual([]);
        await field.driver.close();
        await lent.giveBack();
      }),
      { numRuns: 12 },
    );
  });
});

const worldOf = (target: FakeTarget): Values =>
  Object.fromEntries(
    CELLS.map((cell) => [
      cell,
      Object.fromEntries([...KEYS, "untouched"].map((key) => [key, target.text(cell, key)])),
    ]),
  );

/** Only what is to hold something else: a cell that holds it all already takes no part in a rollout. */
function changed(world: Values, values: Values): Values {
  const cells = Object.entries(values).map(([cell, keys]) => {
    const moved = Object.entries(keys).filter(([key, next]) => world[cell]?.[key] !== next);
    return [cell, Object.fromEntries(moved)] as const;
  });
  return Object.fromEntries(cells.filter(([, keys]) => Object.keys(keys).length > 0));
}

/** What was written by all but one change, from the beginning. */
function without(start: Values, done: readonly Step[], change: string): Values {
  const world: Values = structuredClone(start);
  for (const { change: of, end, values } of done)
    if (of !== change && end === "completed")
      for (const [cell, keys] of Object.entries(values)) Object.assign(world[cell] ?? {}, keys);
  return world;
}
