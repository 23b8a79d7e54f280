// SPDX-License-Identifier: Apache-2.0
/** Rollouts through the API: begun under an allowed change, watched, stopped, resumed. */
import type { Description } from "@interlock/controlplane";
import { changeDigest, sha256Hex, utf8 } from "@interlock/digest";
import { openRolloutsOf, type RolloutDriver } from "@interlock/server";
import { entriesOfKindsAbout } from "@interlock/store";
import { ENGINES } from "@interlock/testkit";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openWorld, place, question, REPOSITORY, type World } from "../world.ts";
import { type FakeTarget, fakeTarget } from "./fake-target.ts";

const TARGET = "refs/heads/main";
const MINUTE = 60_000;
const CELLS = ["eu-1", "eu-2", "us-1"];

const planeOf = (systems: readonly string[]): Description => ({
  version: 1,
  targets: [{ name: "fake", kind: "files", settings: {} }],
  systems: systems.map((name) => ({
    ...{ name, tier: 1, ordersPerMinute: 100, asyncFailureMs: MINUTE, lossBudgetOrders: 100 },
    cells: CELLS.map((id, at) => ({
      ...{ id: `${name}-${id}`, region: "north", sharePpm: [100_000, 300_000, 600_000][at] ?? 0 },
      runs: "code-7",
    })),
  })),
  configSets: systems.map((system) => ({
    ...{ name: system, system, target: "fake", owner: "payments", repository: REPOSITORY },
    ...{ ref: TARGET, files: [{ path: `${system}/{key}.json`, key: "{key}" }] },
    ...{ invariants: [], references: [] },
    limits: { keys: 10, valueBytes: 1_000, growthPpm: 0, shrinkPpm: 0 },
    ...(system === "strict" ? { schema: { type: "string", pattern: "^old" } } : {}),
  })),
  signals: systems.map((system) => ({
    ...{ name: "orders", system, kind: "push", measures: "orders", settings: {}, unit: "orders" },
    ...{ freshMs: 2 * MINUTE, minimumSamples: 10, weightPpm: 1_000_000 },
  })),
});

// Both engines drive rollouts in the tests of the driver.
describe.each(ENGINES.slice(-1))("on $name", (engine) => {
  let world: World;
  let target: FakeTarget;
  let driver: RolloutDriver;
  const systems = ["cart", "full", "other", "paused", "halted", "pair", "late", "strict", "cart2"];
  beforeAll(async () => {
    target = fakeTarget();
    world = await openWorld(engine, {
      more: (app, around) => {
        driver = openRolloutsOf(
          app,
          {
            target: (name) => (name === "fake" ? target : null),
            plane: () => Promise.resolve(planeOf(systems)),
            onTrouble: () => undefined,
            limits: { periodMs: null },
            analysis: {
              ask: (_, { id, wave }) =>
                Promise.resolve([
                  {
                    ...{ kind: "verdict", id, source: "orders", wave, outcome: "successful" },
                    ...{ samples: 100, excludesPpm: 10_000, observedAt: around.now() },
                  },
                ]),
            },
          },
          around,
        );
      },
    });
  });
  afterAll(async () => {
    await driver.close();
    await world.close();
  });

  const pass = async (ms: number) => {
    for (let gone = 0; gone < ms; gone += MINUTE) {
      world.clock.now += MINUTE;
      await driver.look();
      await driver.idle();
    }
  };

  /** A change of one file of a system, its contents kept, approved by some; gives its id. */
  async function change(system: string, approvers: readonly string[] = ["bo", "cy"]) {
    const [old, fresh] = [utf8(`"old ${system}"`), utf8(`"new ${system}"`)];
    const [oldContent, newContent] = [sha256Hex(old), sha256Hex(fresh)];
    const path = `${system}/promise.json`;
    const entry = { path, oldMode: "100644", newMode: "100644", oldContent, newContent };
    const input = { entries: [entry], attributes: [], plan: null, document: null };
    const digest = changeDigest({ repository: REPOSITORY, target: TARGET, ...input });
    const asked = question({ digest });
    const judged = await world.call("gate", "POST", "/api/v1/gate", asked);
    const id = String(judged.body["change"]);
    await world.call("gate", "POST", `/api/v1/changes/${id}/contents`, { ...input, leftOut: [] });
    const blobs = [old, fresh].map((bytes) => Buffer.from(bytes).toString("base64url"));
    await world.call("gate", "POST", `/api/v1/changes/${id}/blobs`, { blobs });
    for (const person of approvers) await world.sign(person, id, "approve");
    await world.call("gate", "POST", "/api/v1/gate", asked);
    for (const cell of CELLS) target.set(`${system}-${cell}`, "promise", `"old ${system}"`);
    return id;
  }
  const begin = (as: string, body: object) => world.call(as, "POST", "/api/v1/rollouts", body);
  const show = async (id: unknown) =>
    (await world.call("dee", "GET", `/api/v1/rollouts/${id}`)).body;
  const act = (as: string, id: unknown, what: string, body: object = {}) =>
    world.call(as, "POST", `/api/v1/rollouts/${id}/${what}`, body);

  it("begins under an allowed change, once, and shows what comes next", async () => {
    const id = await change("cart");
    const asked = { change: id, system: "cart", once: "a".repeat(32) };
    const planned = await world.call("ana", "POST", "/api/v1/rollouts/plans", asked);
    expect(planned.body).toMatchObject({
      persons: ["ana", "bo", "cy"],
      loss: { budgetOrders: 100 },
    });
    const begun = await begin("ana", asked);
    expect([begun.status, begun.body["phase"]]).toEqual([200, "running"]);
    expect((await begin("ana", asked)).body["rollout"]).toBe(begun.body["rollout"]);
    await pass(MINUTE);
    const now = await show(begun.body["rollout"]);
    expect(now).toMatchObject({ stage: "baking", wave: 0, exposurePpm: 100_000 });
    expect(now["next"]).toMatchObject({ what: "analysis" });
    expect(now["journal"]).toEqual({ writes: 1, confirmed: 1 });
    expect(now).toMatchObject({
      baked: { since: expect.any(Number), ms: expect.any(Number) },
      events: [
        { kind: "rollout-wave", wave: 0, by: "" },
        { kind: "rollout-proposed", by: "ana" },
      ],
    });
    const open = await world.call("cy", "GET", "/api/v1/rollouts?show=open");
    expect(open.body["rollouts"]).toMatchObject([{ system: "cart", next: { what: "analysis" } }]);
    await pass(60 * MINUTE);
    expect(await show(begun.body["rollout"])).toMatchObject({ phase: "completed" });
    expect(CELLS.map((cell) => target.text(`cart-${cell}`, "promise"))).toEqual(
      CELLS.map(() => '"new cart"'),
    );
    const listed = await world.call("cy", "GET", "/api/v1/rollouts");
    expect(listed.body["rollouts"]).toMatchObject([{ system: "cart", phase: "completed" }]);
    const over = await world.call("cy", "GET", "/api/v1/rollouts?show=open");
    expect(over.body["rollouts"]).toEqual([]);
  });

  it("is refused where nothing allows it, where no config set brings it, and over the loss budget", async () => {
    const held = await change("other", ["bo"]);
    const refusals: readonly (readonly [object, string])[] = [
      [{ change: held, system: "other" }, "NOT_ALLOWED"],
      [{ change: "nothing", system: "other" }, "NOT_FOUND"],
    ];
    for (const [body, code] of refusals) expect((await begin("ana", body)).body["code"]).toBe(code);
    const id = await change("full");
    const all = CELLS.map((cell) => `full-${cell}`);
    const bake = { ms: 20 * MINUTE, samples: 10, marginPpm: 20_000 };
    const wide = [
      { name: "first", cells: all.slice(0, 1), bake },
      { name: "all", cells: all.slice(1), bake: { ...bake, marginPpm: 900_000 } },
    ];
    const more: readonly (readonly [object, string])[] = [
      [{ system: "nothing" }, "NOT_FOUND"],
      [{ system: "cart" }, "ROLLOUT_PLAN"],
      [
        { deliveries: [{ cell: "full-eu-1", key: "other", path: "full/promise.json" }] },
        "ROLLOUT_PLAN",
      ],
      [{ waves: wide.slice(0, 1) }, "ROLLOUT_PLAN"],
      [{ waves: [{ name: "all", cells: all, bake }] }, "ROLLOUT_OVER_BUDGET"],
    ];
    const [small = "", ...large] = all;
    const late = [
      { name: "first", cells: large.slice(-1), bake },
      { name: "others", cells: [small, ...large.slice(0, 1)], bake },
    ];
    const over = await begin("ana", { change: id, system: "full", waves: late });
    expect(over.body).toMatchObject({ status: 422, code: "ROLLOUT_OVER_BUDGET" });
    expect(over.body["help"]).toContain("this one fits: full-eu-1 | ");
    for (const [body, code] of more)
      expect((await begin("ana", { change: id, system: "full", ...body })).body["code"]).toBe(code);
    expect((await begin("ana", { change: id, system: "full", waves: wide })).status).toBe(200);
    const again = await begin("ana", { change: id, system: "full" });
    expect([again.status, again.body["code"]]).toEqual([409, "ROLLOUT_CONFLICT"]);
    await sql`update rollout set state = jsonb_set(state::jsonb, '{version}', '99')::text
      where system = 'full'`.execute(world.store.db);
    const unread = await begin("ana", { change: await change("full"), system: "full" });
    expect([unread.status, unread.body["code"]]).toEqual([409, "ROLLOUT_CONFLICT"]);
    expect(unread.body["detail"]).toContain(
      "cannot read it: the rollout was written by another version",
    );
    expect(target.landed.filter(({ batch }) => batch.cell.startsWith("full"))).toEqual([]);
  });

  it("checked whole: does not begin where a cell would break its config set, by what changes or by what stands", async () => {
    const id = await change("strict");
    const begun = await begin("ana", { change: id, system: "strict" });
    expect(begun.body).toMatchObject({ status: 422, code: "ROLLOUT_PLAN" });
    expect(begun.body["detail"]).toMatch(
      /`strict-\S+` would break the config set `strict`: SCHEMA_MISFIT/,
    );
    const other = await change("cart2");
    target.set("cart2-eu-1", "elsewhere", "{ no JSON");
    const refused = await begin("ana", { change: other, system: "cart2" });
    expect(refused.body["detail"]).toContain("VALUE_UNREADABLE: `elsewhere` cannot be read");
  });

  it("does not begin without a way back", async () => {
    const id = await change("late");
    target.set("late-eu-1", "promise", "by hand");
    const begun = await begin("ana", { change: id, system: "late" });
    expect([begun.status, begun.body["code"]]).toEqual([409, "ROLLOUT_NO_WAY_BACK"]);
  });

  it("RO8 what has no place is refused with 409, and is an entry", async () => {
    const id = await change("paused");
    const rollout = (await begin("ana", { change: id, system: "paused" })).body["rollout"];
    const refused = await act("bo", rollout, "resume");
    expect([refused.status, refused.body["code"]]).toEqual([409, "ROLLOUT_NOT_NOW"]);
    const asked = { subject: String(rollout), kinds: ["rollout-refused"], limit: 10 };
    expect(await entriesOfKindsAbout(world.store.db, asked)).toHaveLength(1);
    expect((await act("cy", rollout, "pause")).body["paused"]).toBe(true);
    await pass(30 * MINUTE);
    expect(target.landed.filter(({ batch }) => batch.cell.startsWith("paused"))).toEqual([]);
    expect((await show(rollout))["waitsFor"]).toMatchObject({ what: "it is paused" });
    await act("dee", rollout, "resume");
    await pass(2 * MINUTE);
    expect(await show(rollout)).toMatchObject({ paused: false, stage: "baking" });
    expect((await act("dee", rollout, "withdraw")).status).toBe(409);
    const bad = await act("dee", rollout, "bad", { because: "carts are empty" });
    expect(bad.body).toMatchObject({
      ...{ phase: "halted", halt: { by: "dee", because: "it was marked bad: carts are empty" } },
    });
    const early = await act("dee", rollout, "adoption", { reason: "they are not" });
    expect([early.status, early.body["code"]]).toEqual([409, "ROLLOUT_NOT_NOW"]);
  });

  it("halt-wins: anybody halts; going on and beginning anew take an approval given after it (stopped-stays)", async () => {
    const id = await change("halted");
    // The next push shows that it has landed: what it goes out upon stays. by (approvals-end)
    const next = { ...question({ digest: "e".repeat(64) }), place: place({ base: place().head }) };
    expect((await world.call("gate", "POST", "/api/v1/gate", next)).status).toBe(200);
    const rollout = (await begin("ana", { change: id, system: "halted" })).body["rollout"];
    await pass(MINUTE);
    const halted = await act("dee", rollout, "halt", { because: "carts are empty" });
    expect(halted.body).toMatchObject({ phase: "halted", halt: { by: "dee" } });
    await pass(MINUTE);
    const old = await act("ana", rollout, "resume");
    expect([old.status, old.body["code"]]).toEqual([409, "ROLLOUT_APPROVAL_OLD"]);
    expect((await world.sign("dee", id, "approve")).status).toBe(200);
    expect((await act("ana", rollout, "resume")).status).toBe(200);
    await pass(2 * MINUTE);
    expect(await show(rollout)).toMatchObject({
      phase: "running",
      persons: ["ana", "bo", "cy", "dee"],
    });
    expect((await act("cy", rollout, "back")).body["phase"]).toBe("going-back");
    await pass(5 * MINUTE);
    expect(await show(rollout)).toMatchObject({ phase: "gone-back", exposurePpm: 0 });
    expect(target.text("halted-eu-1", "promise")).toBe('"old halted"');
    const around = await begin("ana", { change: id, system: "halted" });
    expect([around.status, around.body["code"]], "stopped-stays").toEqual([
      409,
      "ROLLOUT_APPROVAL_OLD",
    ]);
    const mine = async () =>
      (await world.call("bo", "GET", `/api/v1/changes/${id}`)).body["review"];
    expect(await mine()).toMatchObject({ mine: null, again: "stopped" });
    world.clock.now += 1;
    expect((await world.sign("bo", id, "approve")).status).toBe(200);
    expect(await mine()).toMatchObject({ mine: "approval", again: null });
    expect((await begin("ana", { change: id, system: "halted" })).status).toBe(200);
  });

  it("halts where a cell comes to run code that the change has not met", async () => {
    const id = await change("pair");
    const rollout = (await begin("ana", { change: id, system: "pair" })).body["rollout"];
    await pass(MINUTE);
    const told = { system: "pair", cell: "pair-eu-1", version: "code-8" };
    expect((await world.call("gate", "POST", "/api/v1/rollouts/runs", told)).body).toEqual({
      told: 1,
    });
    expect(await show(rollout)).toMatchObject({ phase: "halted" });
  });
});
