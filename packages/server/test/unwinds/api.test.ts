// SPDX-License-Identifier: Apache-2.0
/** Unwinds through the API: looked at, proposed, signed with passkeys, begun, and watched. */
import { sha256Hex, utf8 } from "@interlock/digest";
import { provenOf } from "@interlock/store";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { uponBad } from "../../src/rollouts/marking.ts";
import { rolloutRoutes } from "../../src/rollouts/routes.ts";
import { unwindRoutes } from "../../src/unwinds/routes.ts";
import { ENGINES, storeOf } from "../engines.ts";
import {
  endorse,
  entries,
  expect200,
  found,
  HOUR,
  MINUTE,
  newWorld,
  signedIn,
  type World,
} from "../people/world.ts";
import { type FakeTarget, fakeTarget } from "../rollouts/fake-target.ts";
import { type Field, fieldOf } from "../rollouts/field.ts";
import { type Shop, shopOf } from "./shop.ts";

// Both engines drive rollouts in the tests of the driver.
describe.each(ENGINES.slice(0, 1))("the API of unwinds ($name)", (engine) => {
  const store = storeOf(engine);
  let at: World;
  let target: FakeTarget;
  let field: Field;
  let shop: Shop;
  let keys: Awaited<ReturnType<typeof found>>;
  beforeAll(async () => {
    at = await newWorld(store());
    target = fakeTarget();
    const { clock } = at;
    field = fieldOf(store(), target, { clock, now: () => clock.now });
    const { book, ledger } = at.terms;
    shop = shopOf(store(), target, field, { book, ledger });
    rolloutRoutes(at.app, at.authenticate, shop.terms);
    unwindRoutes(at.app, at.authenticate, shop.terms);
    keys = await found(at);
  });
  afterAll(() => field.driver.close());

  const as = async (person: string) => ({
    cookie: await signedIn(at, keys[person]),
    key: keys[person],
  });
  type By = Awaited<ReturnType<typeof as>>;
  const planned = async ({ cookie }: By, change: string) =>
    await at.call("GET", `/api/v1/unwinds/plan?change=${change}`, { cookie });
  const proposed = async ({ cookie }: By, change: string, plan: string) =>
    await at.call("POST", "/api/v1/unwinds", {
      cookie,
      body: { change, plan, reason: "carts are empty" },
    });
  const show = async ({ cookie }: By, plan: string) =>
    expect200(await at.call("GET", `/api/v1/unwinds/${plan}`, { cookie }));
  const start = async ({ cookie }: By, plan: string) =>
    await at.call("POST", `/api/v1/unwinds/${plan}/start`, { cookie });

  it("RO15 P4 is begun when owners and a second person have signed exactly its text", async () => {
    await shop.rollOut("bad", { eu: { one: "b1" }, us: { one: "b1" } });
    const [ana, bo, cy] = [await as("ana"), await as("bo"), await as("cy")];
    const plan = expect200(await planned(cy, "bad"));
    expect(plan).toMatchObject({
      ...{ nothing: false, text: { counts: { restore: 2 }, needs: { owners: 1 } } },
      signers: [
        { owner: "ana", persons: ["ana"] },
        { owner: "bo", persons: ["bo"] },
      ],
    });
    expect(plan.ordersSince).toBeGreaterThan(0);
    expect((await proposed(cy, "bad", "0".repeat(64))).body.code).toBe("UNWIND_STALE");
    const { proposal } = expect200(await proposed(cy, "bad", plan.plan));
    const url = `/api/v1/control-plane/proposals/${proposal}`;
    const { text, digest } = expect200(await at.call("GET", url, { cookie: bo.cookie }));
    expect([sha256Hex(utf8(text)), digest]).toEqual([plan.plan, plan.plan]);
    // Two have signed after these, and an owner is missing still: whoever comes next can sign.
    expect(expect200(await endorse(at, cy, proposal))).toMatchObject({ state: "open" });
    expect(expect200(await endorse(at, ana, proposal))).toMatchObject({ state: "open" });
    const early = await start(cy, plan.plan);
    expect([early.status, early.body.code]).toEqual([403, "UNWIND_NOT_AGREED"]);
    expect(early.body.help).toContain("`bo` (bo)");
    expect((await show(cy, plan.plan)).waitsFor).toMatchObject({ how: `/proposals/${proposal}` });
    expect(expect200(await endorse(at, bo, proposal))).toMatchObject({ state: "done" });
    expect(await show(cy, plan.plan)).toMatchObject({ state: "agreed" });
    const begun = expect200(await start(cy, plan.plan));
    expect(begun).toMatchObject({ state: "begun", phase: "running" });
    expect(expect200(await start(ana, plan.plan))).toMatchObject({ rollout: begun.rollout });
    await field.pass(60 * MINUTE, MINUTE);
    expect(await show(cy, plan.plan)).toMatchObject({ phase: "completed", waitsFor: null });
    expect([target.text("eu", "one"), target.text("us", "one")]).toEqual([null, null]);
    const kinds = (await entries(at)).map(({ kind }) => kind);
    expect(kinds.indexOf("unwound")).toBeGreaterThan(kinds.lastIndexOf("agreement"));
    const unwound = (await entries(at)).find(({ kind }) => kind === "unwound");
    expect(unwound?.body).toMatchObject({ plan: plan.plan, by: "cy", rollout: begun.rollout });
    expect(at.alerts).toEqual([]);
  });

  it("refuses what is away already, a stale session, and whoever is nobody", async () => {
    const cy = await as("cy");
    const again = expect200(await planned(cy, "bad"));
    expect(again.nothing).toBe(true);
    const refused = await proposed(cy, "bad", again.plan);
    expect([refused.status, refused.body.code]).toEqual([409, "UNWIND_NOTHING"]);
    await shop.rollOut("worse", { eu: { two: "w" } });
    expect((await proposed(cy, "worse", again.plan)).body.code).toBe("UNWIND_STALE");
    const { plan } = expect200(await planned(cy, "worse"));
    at.clock.now += HOUR;
    expect((await proposed(cy, "worse", plan)).body.code).toBe("SIGN_IN_NEEDED");
    expect((await at.call("GET", "/api/v1/unwinds/plan?change=worse")).status).toBe(401);
    const listed = expect200(
      await at.call("GET", "/api/v1/unwinds", { cookie: (await as("bo")).cookie }),
    );
    expect(listed.unwinds).toMatchObject([{ change: "bad", state: "begun", phase: "completed" }]);
  });

  it("way-back: nobody goes back to what one person marked bad, nor begins upon it, until two adopt it", async () => {
    const first = await shop.rollOut("first", { eu: { three: "v1" } });
    const second = await shop.rollOut("second", { eu: { three: "v2" } });
    const [ana, bo, cy] = [await as("ana"), await as("bo"), await as("cy")];
    const ask = async ({ cookie }: By, id: string, what: string, body: object = {}) =>
      await at.call("POST", `/api/v1/rollouts/${id}/${what}`, { cookie, body });
    const rows = [{ cell: "eu", key: "three", base: sha256Hex(utf8("v1")), next: null }];
    const upon = async () => (await uponBad(store().db, { target: target.name, rows }))?.failure;
    expect(await upon()).toBeUndefined();
    const because = "carts are empty";
    const marked = expect200(await ask(cy, first, "bad", { because }));
    expect(marked.events[0]).toMatchObject({ kind: "rollout-bad", by: "cy", because });
    expect200(await ask(cy, first, "bad", { because: "again, and no second entry" }));
    const back = await ask(cy, second, "back");
    expect([back.status, back.body.code]).toEqual([409, "ROLLOUT_NO_WAY_BACK"]);
    expect((await upon())?.message).toContain(`\`cy\` marked bad: ${because}`);
    const reason = "the carts were another thing";
    const { proposal, digest } = expect200(await ask(cy, first, "adoption", { reason }));
    const url = `/api/v1/control-plane/proposals/${proposal}`;
    const { text } = expect200(await at.call("GET", url, { cookie: bo.cookie }));
    expect([sha256Hex(utf8(text)), JSON.parse(text).adopts]).toEqual([digest, first]);
    expect(expect200(await endorse(at, ana, proposal))).toMatchObject({ state: "open" });
    expect(await upon(), "one person adopts nothing").toMatchObject({
      code: "ROLLOUT_NO_WAY_BACK",
    });
    expect(expect200(await endorse(at, bo, proposal))).toMatchObject({ state: "done" });
    expect(await upon()).toBeUndefined();
    const proven = await provenOf(store().db, { target: target.name, keys: ["three"] });
    expect(proven.map(({ sha256 }) => sha256)).toContain(rows[0]?.base);
    const kinds = (await entries(at)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "rollout-bad")).toHaveLength(1);
    expect(kinds.slice(-2)).toEqual(["agreement", "rollout-adopted"]);
    const early = await ask(cy, "0".repeat(64), "bad", { because });
    expect([early.status, early.body.code]).toEqual([404, "NOT_FOUND"]);
    expect(at.alerts).toEqual([]);
  });

  it("WA14 a text put in the place of a signed plan begins nothing", async () => {
    const [ana, bo] = [await as("ana"), await as("bo")];
    const { plan } = expect200(await planned(ana, "worse"));
    const { proposal } = expect200(await proposed(ana, "worse", plan));
    for (const by of [ana, bo]) expect200(await endorse(at, by, proposal));
    const { db } = store();
    await db.updateTable("document").set({ text: "{}" }).where("digest", "=", plan).execute();
    const refused = await start(ana, plan);
    expect(refused.body.code).toBe("LEDGER_DAMAGED");
    expect(target.text("eu", "two")).toBe("w");
    const { cookie } = ana;
    expect((await at.call("GET", "/api/v1/unwinds", { cookie })).body.unread).toEqual([plan]);
  });
});
