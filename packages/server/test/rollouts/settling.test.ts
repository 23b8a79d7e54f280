// SPDX-License-Identifier: Apache-2.0
/** A target that holds what was written, and those who run with it do not yet. */
import { entriesOfKindsAbout, journalOf } from "@interlock/store";
import { ENGINES, storesToLend } from "@interlock/testkit";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FakeTarget, fakeTarget } from "./fake-target.ts";
import { begin, type Field, fieldOf, fresh, MINUTE, old } from "./field.ts";

const WAITS = { says: "1 of 4 replicas are updated", isOver: false };
const HOLDS = "holds what was written, but it has not arrived: 1 of 4 replicas are updated";

describe.each(ENGINES)("on $name", (engine) => {
  const stores = storesToLend(engine);
  let lent: Awaited<ReturnType<typeof stores.lend>>;
  let target: FakeTarget;
  let field: Field;
  beforeEach(async () => {
    lent = await stores.lend();
    target = fakeTarget();
    field = fieldOf(lent.store, target);
    for (const cell of ["cart-a", "cart-b", "cart-c"])
      for (const key of ["one", "two"]) target.set(cell, key, old(cell, key));
  });
  afterEach(async () => {
    await field.driver.close();
    await lent.giveBack();
  });
  afterAll(() => stores.close());

  const kinds = async (id: string) => {
    const named = ["wave", "halted", "back", "proven", "ended"].map((kind) => `rollout-${kind}`);
    const asked = { subject: id, kinds: named, limit: 100 };
    return (await entriesOfKindsAbout(lent.store.db, asked)).map(({ kind }) => kind.slice(8));
  };
  const cells = () => [...new Set(target.landed.map(({ batch }) => batch.cell))];
  const says = () => field.troubles.map((trouble) => trouble.says);

  it("(written-is-not-arrived) a wave goes on only once what it wrote has arrived", async () => {
    target.unsettled = (cell) => (cell === "cart-a" ? WAITS : undefined);
    const id = await begin(lent.store, "cart");
    await field.pass(12 * MINUTE);
    expect(target.text("cart-a", "one")).toBe(fresh("cart-a", "one"));
    expect([cells(), await kinds(id)]).toEqual([["cart-a"], ["wave"]]);
    const journal = await journalOf(lent.store.db, { rollout: id, after: 0, limit: 100 });
    expect(journal.map(({ confirmedAt }) => confirmedAt)).toEqual([null, null]);
    expect(says()).toEqual([`\`cart-a\` ${HOLDS}`]);
    target.unsettled = () => undefined;
    await field.pass(30 * MINUTE);
    expect(await field.phase(id)).toBe("completed");
    expect(await kinds(id)).toEqual(["wave", "wave", "proven"]);
  });

  it("what does not arrive in time halts by itself, with the reason", async () => {
    target.unsettled = () => WAITS;
    const id = await begin(lent.store, "cart");
    await field.pass(20 * MINUTE);
    expect(await field.phase(id)).toBe("halted");
    expect([cells(), await kinds(id)]).toEqual([["cart-a"], ["wave", "halted"]]);
    const [halted] = await entriesOfKindsAbout(lent.store.db, {
      ...{ subject: id, kinds: ["rollout-halted"], limit: 1 },
    });
    const body = halted?.body.kind === "kept" ? JSON.parse(halted.body.text) : null;
    expect(body).toMatchObject({ by: "", because: `\`cart-a\` ${HOLDS}` });
  });

  it("what its target has given up halts at once", async () => {
    target.unsettled = () => ({ ...WAITS, isOver: true });
    const id = await begin(lent.store, "cart");
    await field.pass(2 * MINUTE);
    expect(await field.phase(id)).toBe("halted");
  });

  it("on the way back it is waited for, and not for ever", async () => {
    const id = await begin(lent.store, "cart");
    field.verdict = "failed";
    target.unsettled = (cell) =>
      target.text(cell, "one") === old(cell, "one") && target.sent() > 1 ? WAITS : undefined;
    await field.pass(12 * MINUTE);
    expect(target.text("cart-a", "one")).toBe(old("cart-a", "one"));
    expect(await field.phase(id)).toBe("going-back");
    await field.pass(20 * MINUTE);
    expect(await field.phase(id)).toBe("gone-back");
    expect(says().at(-1)).toBe(`\`cart-a\` ${HOLDS}, and is waited for no more`);
  });
});
