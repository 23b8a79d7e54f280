// SPDX-License-Identifier: Apache-2.0
import { entriesOfKindsAbout, journalOf, plain } from "@interlock/store";
import { ENGINES, storesToLend } from "@interlock/testkit";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FakeTarget, type Fault, fakeTarget } from "./fake-target.ts";
import { begin, digest, type Field, fieldOf, fresh, MINUTE, old } from "./field.ts";

const CELLS = ["a", "b", "c"];

describe.each(ENGINES)("on $name", (engine) => {
  const stores = storesToLend(engine);
  let lent: Awaited<ReturnType<typeof stores.lend>>;
  let target: FakeTarget;
  let field: Field;
  beforeEach(async () => {
    lent = await stores.lend();
    target = fakeTarget();
    field = fieldOf(lent.store, target);
  });
  afterEach(async () => {
    await field.driver.close();
    await lent.giveBack();
  });
  afterAll(() => stores.close());

  const fill = (name: string) => {
    for (const cell of CELLS)
      for (const key of ["one", "two"])
        target.set(`${name}-${cell}`, key, old(`${name}-${cell}`, key));
  };
  const kinds = async (id: string) => {
    const named = ["wave", "paused", "resumed", "halted", "back", "proven", "ended", "proposed"];
    const asked = { subject: id, kinds: named.map((kind) => `rollout-${kind}`), limit: 100 };
    return (await entriesOfKindsAbout(lent.store.db, asked)).map(({ kind }) => kind.slice(8));
  };
  const holds = (name: string, text: typeof fresh) =>
    CELLS.every((cell) =>
      ["one", "two"].every(
        (key) => target.text(`${name}-${cell}`, key) === text(`${name}-${cell}`, key),
      ),
    );

  it("brings a change to one cell, bakes, and brings it to the others", async () => {
    fill("cart");
    const id = await begin(lent.store, "cart");
    await field.pass(MINUTE);
    expect(target.landed.map(({ batch }) => batch.cell)).toEqual(["cart-a"]);
    await field.pass(20 * MINUTE);
    expect(await field.phase(id)).toBe("completed");
    expect(holds("cart", fresh)).toBe(true);
    expect(await kinds(id)).toEqual(["proposed", "wave", "wave", "proven"]);
    const journal = await journalOf(lent.store.db, { rollout: id, after: 0, limit: 100 });
    expect(journal).toHaveLength(6);
    expect(journal.every(({ confirmedAt }) => confirmedAt !== null)).toBe(true);
    expect(field.troubles).toEqual([]);
    await field.pass(MINUTE);
    expect(field.driver.driven()).toBe(0);
  });

  it("an emergency writes nothing where nobody can tell whether its break-glass stands (one-authority, fail-closed)", async () => {
    fill("cart");
    const plan = { lane: "emergency", emergency: digest("debt") } as const;
    const id = await begin(lent.store, "cart", { plan });
    await field.pass(20 * MINUTE);
    expect([await field.phase(id), target.landed, await kinds(id)]).toEqual([
      "running",
      [],
      ["proposed"],
    ]);
    expect(field.troubles).toEqual([]);
  });

  it("goes back by itself on evidence of harm", async () => {
    fill("cart");
    const id = await begin(lent.store, "cart");
    field.verdict = "failed";
    await field.pass(10 * MINUTE);
    expect(await field.phase(id)).toBe("gone-back");
    expect(holds("cart", old)).toBe(true);
    expect(await kinds(id)).toEqual(["proposed", "wave", "halted", "back", "ended"]);
  });

  const faults: readonly (readonly [Fault, string])[] = [
    ["away", "completed"],
    ["lost", "completed"],
    ["liar", "completed"],
    ["late", "completed"],
    ["half", "completed"],
  ];
  it.each(faults)("goes on where one write in two is %s", async (fault, end) => {
    fill("cart");
    let writes = 0;
    target.fault = (request) => (request === "write" && ++writes % 2 === 1 ? fault : "none");
    const id = await begin(lent.store, "cart");
    await field.pass(60 * MINUTE);
    expect(await field.phase(id)).toBe(end);
    expect(holds("cart", fresh)).toBe(true);
    expect(target.outOfOrder).toEqual([]);
  });

  it("writes a cell that an earlier rollout wrote under many leases and turns", async () => {
    fill("cart");
    const more = { onPoint: (at: string) => void (at === "step.saved" && stop()) };
    let stops = 3;
    const stop = () => {
      if (stops-- > 0) throw new Error("stopped here");
    };
    await field.driver.close();
    field = fieldOf(lent.store, target, more);
    const first = await begin(lent.store, "cart", { plan: { system: "first" } });
    field.verdict = "failed";
    await field.pass(20 * MINUTE);
    expect(await field.phase(first)).toBe("gone-back");
    field.verdict = "successful";
    const now = () => field.clock.now;
    const again = await begin(lent.store, "cart", { as: "again", now });
    await field.pass(30 * MINUTE);
    expect(await field.phase(again)).toBe("completed");
    expect(holds("cart", fresh)).toBe(true);
  });

  it("halts where keys belong to somebody else in the target, and says to whom", async () => {
    fill("cart");
    await field.driver.close();
    const owners = ['"helm" using apps/v1'];
    field = fieldOf(lent.store, {
      ...target,
      write: async () => ({ kind: "conflict", keys: ["one"], done: [], owners }),
    });
    const id = await begin(lent.store, "cart");
    await field.pass(2 * MINUTE);
    expect(await field.phase(id)).toBe("halted");
    expect(field.troubles).toMatchObject([
      { rollout: id, says: '`cart-a`: its keys belong to "helm" using apps/v1 in the target' },
    ]);
  });

  it("save, then act: what no step has stored reaches no target", async () => {
    fill("cart");
    const id = await begin(lent.store, "cart");
    await lent.store.db.executeQuery(
      plain("alter table rollout add constraint stuck check (revision < 2)"),
    );
    await field.pass(5 * MINUTE);
    await lent.store.db.executeQuery(plain("alter table rollout drop constraint stuck"));
    expect(target.sent()).toBe(0);
    expect(field.troubles.length).toBeGreaterThan(0);
    await field.pass(40 * MINUTE);
    expect(await field.phase(id)).toBe("completed");
  });
});
