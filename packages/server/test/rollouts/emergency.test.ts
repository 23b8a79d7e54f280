// SPDX-License-Identifier: Apache-2.0
/** The emergency lane through the API: by whose word a rollout takes it, what it loosens, and what ends it. */
import { entriesOfKindsAbout } from "@interlock/store";
import { ENGINES } from "@interlock/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { World } from "../world.ts";
import type { FakeTarget } from "./fake-target.ts";
import { CELLS, HOUR, inLanes, type Lanes, MINUTE, openLanes, type System } from "./lanes.ts";

// On both: what the ledger says is read inside of the transaction that writes to it.
describe.each(ENGINES)("on $name", (engine) => {
  let lanes: Lanes;
  let world: World;
  let target: FakeTarget;
  beforeAll(async () => {
    lanes = await openLanes(engine);
    ({ world, target } = lanes);
  });
  afterAll(async () => {
    await lanes.driver.close();
    await world.close();
  });
  const { pass, proposed, incident, close, breaks, broken, ...more } = inLanes(() => lanes);
  const { begin, act, show, debtOf, reviewed } = more;

  const refusals: readonly {
    readonly what: string;
    readonly change: () => Promise<readonly [id: string, system: System]>;
    readonly code: string;
    readonly says: RegExp;
  }[] = [
    {
      what: "of a system whose description has no lane",
      change: async () => [(await broken("plain")).id, "plain"],
      ...{ code: "ROLLOUT_PLAN", says: /`plain` has no emergency lane/ },
    },
    {
      what: "of a change that goes to more cells than the lane takes",
      change: async () => [(await broken("wide")).id, "wide"],
      ...{ code: "ROLLOUT_PLAN", says: /takes 2 cells, and this change goes to 3/ },
    },
    {
      what: "of a change of more keys than the lane takes",
      change: async () => [(await broken("many", { keys: ["promise", "more"] })).id, "many"],
      ...{ code: "ROLLOUT_PLAN", says: /takes 1 keys, and this change goes to 2/ },
    },
    {
      what: "of a change that others approved, while the glass is broken for another one",
      change: async () => {
        await reviewed();
        const { id, judged } = await proposed("none");
        for (const who of ["bo", "cy"]) await world.sign(who, id, "approve");
        await judged();
        await broken("many", { keys: ["most"] });
        return [id, "none"];
      },
      ...{ code: "ROLLOUT_NO_BREAK_GLASS", says: /did not let this change pass by break-glass/ },
    },
    {
      what: "of a change for which one broke the glass, and others approved",
      change: async () => {
        await reviewed();
        const { id, judged } = await proposed("alone");
        const of = await incident();
        for (const again of [1, 2]) {
          world.clock.now += again;
          await breaks("bo", id, of);
        }
        expect(await judged()).toMatchObject({ decision: { effective: "hold" } });
        for (const who of ["cy", "dee"]) await world.sign(who, id, "approve");
        expect(await judged()).toMatchObject({ decision: { effective: "allow" } });
        return [id, "alone"];
      },
      ...{ code: "ROLLOUT_NO_BREAK_GLASS", says: /did not let this change pass by break-glass/ },
    },
    {
      what: "of a change for which one alone broke the glass",
      change: async () => {
        const { id, judged } = await proposed("key");
        await breaks("bo", id, await incident());
        await judged();
        return [id, "key"];
      },
      ...{ code: "NOT_ALLOWED", says: /does not allow it/ },
    },
    {
      what: "by the incident of another system",
      change: async () => [(await broken("other", { of: ["warehouse"] })).id, "other"],
      ...{ code: "ROLLOUT_NO_BREAK_GLASS", says: /is of other systems than `other`/ },
    },
    {
      what: "once its incident is closed",
      change: async () => {
        const { id, incident: of } = await broken("closed");
        await close(of);
        return [id, "closed"];
      },
      ...{ code: "ROLLOUT_NO_BREAK_GLASS", says: /over: incident `inc-\S+` is closed/ },
    },
    {
      what: "once it has ended",
      change: async () => {
        const { id } = await broken("late", {}, 1);
        world.clock.now += HOUR;
        return [id, "late"];
      },
      ...{ code: "ROLLOUT_NO_BREAK_GLASS", says: /over: it ended at / },
    },
    {
      what: "once one of the two took it back",
      change: async () => {
        const { id } = await broken("taken");
        expect((await world.sign("cy", id, "withdraw")).status).toBe(200);
        return [id, "taken"];
      },
      ...{ code: "ROLLOUT_NO_BREAK_GLASS", says: /two people do not stand by it any more/ },
    },
  ];
  it.each(refusals)(
    "does not begin there $what (one-authority)",
    async ({ change, code, says }) => {
      const [id, system] = await change();
      const refused = await begin(id, system);
      expect([refused.body["code"], refused.body["detail"]]).toEqual([
        code,
        expect.stringMatching(says),
      ]);
      expect(refused.body["help"]).toMatch(/interlock |--emergency/);
      expect(target.landed.filter(({ batch }) => batch.cell.startsWith(`${system}-`))).toEqual([]);
    },
  );

  it("goes out by the break-glass of two, one cell first, and its entry names the debt", async () => {
    const { id, incident: of } = await broken("cart");
    const asked = { change: id, system: "cart", emergency: true };
    const planned = (await world.call("ana", "POST", "/api/v1/rollouts/plans", asked)).body;
    const waves = planned["waves"] as readonly { cells: string[]; bake: { ms: number } }[];
    expect(waves[0]?.cells).toEqual(["cart-eu-1"]);
    expect(waves.map(({ bake }) => bake.ms / MINUTE)).toEqual([2, 10]);
    const begun = await begin(id, "cart");
    const entry = await debtOf(id);
    expect(entry).toMatch(/^[0-9a-f]{64}$/);
    const emergency = { entry, by: ["bo", "cy"], incidents: [of], over: null };
    expect(planned["emergency"]).toEqual(emergency);
    expect(begun.body).toMatchObject({
      ...{ lane: "emergency", phase: "running", persons: ["ana", "bo", "cy"], emergency },
      events: [{ kind: "rollout-proposed", by: "ana" }],
    });
    const rollout = String(begun.body["rollout"]);
    const kinds = ["rollout-proposed"];
    const [stored] = await entriesOfKindsAbout(world.store.db, {
      subject: rollout,
      kinds,
      limit: 5,
    });
    expect(JSON.parse(stored?.body.kind === "kept" ? stored.body.text : "{}")).toMatchObject({
      emergency: entry,
    });
    await pass(6 * MINUTE);
    expect(await show(rollout)).toMatchObject({ wave: 1, stage: "baking", exposurePpm: 1_000_000 });
    // What is out bakes to its end, whatever becomes of the emergency.
    await close(of);
    await pass(4 * MINUTE);
    expect(await show(rollout)).toMatchObject({ phase: "running", stage: "baking" });
    await pass(10 * MINUTE);
    expect(await show(rollout)).toMatchObject({ phase: "completed" });
    expect(await debtOf(id)).toBeDefined();
  });

  it("takes no plan whose first wave is wider than a cell, or whose last bake is short (still-staged, whole-bake)", async () => {
    const { id } = await broken("narrow");
    const [one = "", ...others] = CELLS.map((cell) => `narrow-${cell}`);
    const bake = { ms: 2 * MINUTE, samples: 10, marginPpm: 1_000 };
    const first = { name: "first", cells: [one], bake };
    const plans = [
      { waves: [{ name: "all", cells: [one, ...others], bake }], says: /wave 1 may not go out/ },
      {
        waves: [
          { name: "two", cells: [one, ...others.slice(1)], bake },
          { ...first, cells: others.slice(0, 1) },
        ],
        says: /wave 1 may not go out/,
      },
      {
        waves: [first, { name: "rest", cells: others, bake: { ...bake, ms: MINUTE } }],
        says: /wave 2 may not go out: bake-too-short/,
      },
    ];
    for (const { waves, says } of plans) {
      const refused = (await begin(id, "narrow", { waves })).body;
      expect([refused["code"], refused["detail"]]).toEqual([
        "ROLLOUT_PLAN",
        expect.stringMatching(says),
      ]);
    }
  });

  it("lets one rollout through, of however few cells, until the glass is broken anew (one-passage)", async () => {
    const { id, judged } = await proposed("split");
    const of = await incident();
    const both = async () => {
      for (const who of ["bo", "cy"]) await breaks(who, id, of);
      expect(await judged()).toMatchObject({ decision: { effective: "allow" } });
    };
    await both();
    const only = (cell: string) => ({
      deliveries: [{ cell: `split-${cell}`, key: "promise", path: "split/promise.json" }],
    });
    const parts = CELLS.map((cell) => begin(id, "split", only(cell)));
    const codes = (await Promise.all(parts)).map(({ body }) => body["code"] ?? body["lane"]);
    expect(codes.toSorted()).toEqual([
      ...["ROLLOUT_NO_BREAK_GLASS", "ROLLOUT_NO_BREAK_GLASS", "emergency"],
    ]);
    const at = codes.indexOf("emergency");
    const next = CELLS[(at + 1) % CELLS.length] ?? "";
    expect((await begin(id, "split", only(next))).body["detail"]).toMatch(/and it lets one$/);
    world.clock.now += 1;
    await both();
    expect((await begin(id, "split", only(next))).status).toBe(200);
  });

  it("holds before the next wave once its incident is closed, and anybody sends it back (one-authority)", async () => {
    const { id, incident: of } = await broken("held");
    const rollout = (await begin(id, "held")).body["rollout"];
    await pass(MINUTE);
    await close(of);
    await pass(20 * MINUTE);
    const held = await show(rollout);
    expect(held).toMatchObject({
      ...{ phase: "running", stage: "waiting", exposurePpm: 100_000 },
      waitsFor: { what: expect.stringContaining("break-glass is over") },
      emergency: { over: expect.stringContaining(`incident \`${of}\` is closed`) },
    });
    const resumed = await act("ana", rollout, "resume");
    expect([resumed.status, resumed.body["code"]]).toEqual([409, "ROLLOUT_NO_BREAK_GLASS"]);
    await pass(5 * MINUTE);
    expect(target.text("held-us-1", "promise")).toBe('"old held"');
    expect((await act("dee", rollout, "back")).status).toBe(200);
    await pass(5 * MINUTE);
    expect(await show(rollout)).toMatchObject({ phase: "gone-back", exposurePpm: 0 });
  });

  it("after a halt goes on neither by resuming nor by beginning anew without an approval since (stopped-stays)", async () => {
    const { id, incident: of } = await broken("back");
    const rollout = (await begin(id, "back")).body["rollout"];
    await pass(MINUTE);
    await act("dee", rollout, "halt", { because: "carts are empty" });
    await pass(MINUTE);
    expect((await act("ana", rollout, "resume")).body["code"]).toBe("ROLLOUT_APPROVAL_OLD");
    await close(of);
    expect((await world.sign("dee", id, "approve")).status).toBe(200);
    expect((await act("ana", rollout, "resume")).body["code"]).toBe("ROLLOUT_NO_BREAK_GLASS");
    expect(await show(rollout)).toMatchObject({ phase: "halted" });
    await act("dee", rollout, "back");
    await pass(5 * MINUTE);
    expect((await begin(id, "back")).body["code"]).toBe("ROLLOUT_NO_BREAK_GLASS");
  });

  it("holds before the next wave once a key of one of the two is revoked", async () => {
    const { id } = await broken("revoked");
    const rollout = (await begin(id, "revoked")).body["rollout"];
    await pass(MINUTE);
    await world.revoke("cy");
    await pass(20 * MINUTE);
    expect(await show(rollout)).toMatchObject({
      ...{ phase: "running", stage: "waiting", exposurePpm: 100_000 },
      emergency: { over: expect.stringContaining("two people do not stand by it any more") },
    });
  });
});
