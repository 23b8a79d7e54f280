// SPDX-License-Identifier: Apache-2.0
import { inFlight, nextAct, type RolloutEvent } from "@interlock/core";
import { describe, expect, it } from "vitest";
import { baseline, begun, digest, MINUTE, PLAN, T0, Walk } from "./plans.ts";

const HALT: RolloutEvent = { kind: "halt", by: "cee", because: "carts look wrong" };
const BACK: RolloutEvent = { kind: "go-back", by: "cee", to: "", anyway: false };
const forward = (walk: Walk) =>
  walk.state.outbox.filter((effect) => effect.kind === "write" && effect.way === "forward");
const approval = (walk: Walk) => ({
  persons: ["dee"],
  entry: digest("approval after"),
  index: walk.index++,
});

describe("a rollout", () => {
  it("goes out wave by wave, bakes, and becomes the last-known-good", () => {
    const walk = new Walk(begun()).start(120 * MINUTE);
    expect(walk.state.phase).toBe("completed");
    expect(walk.entries).toEqual([
      "rollout-wave",
      "rollout-wave",
      "rollout-wave",
      "rollout-proven",
    ]);
    expect(walk.state.proven.at(-1)).toMatchObject({ version: "v2", kind: "baked", halted: false });
    const writes = walk.writes.map(({ cell, content }) => `${cell} ${content.sharePpm}`);
    expect(writes).toEqual(["a 40000", "a 1000000", "b 1000000", "c 1000000", "d 1000000"]);
  });

  it("grows no faster than the speed limit", () => {
    const walk = new Walk(begun({ ...PLAN, speedPpmPerMinute: 100_000 })).start(24 * MINUTE);
    expect([...walk.held.values()].filter(({ version }) => version === "v2").length).toBeLessThan(
      4,
    );
    const at = nextAct(walk.state);
    expect(at.what).toBe("write");
    walk.pass((at.at ?? 0) - walk.now);
    expect(nextAct(walk.state)).not.toEqual(at);
  });

  it("says what comes next and when, and that it waits for evidence when time is up", () => {
    const walk = new Walk(begun());
    walk.verdict = null;
    expect(nextAct(walk.state)).toEqual({ what: "person", at: null });
    walk.start();
    expect(nextAct(walk.state)).toEqual({ what: "bake", at: T0 + 10 * MINUTE });
    walk.pass(20 * MINUTE);
    expect(nextAct(walk.state)).toEqual({ what: "evidence", at: null });
    expect(walk.state.wave).toBe(0);
  });

  it("halts where a cell comes to run what this version has not met", () => {
    const walk = new Walk(begun()).start(12 * MINUTE);
    walk.tell({ kind: "runs", cell: "c", version: "code-8" });
    expect(walk.state).toMatchObject({
      phase: "halted",
      halt: { because: expect.stringContaining("code-8") },
    });
  });

  it("halts on what nobody here wrote, and never writes over it", () => {
    const told = new Walk(begun());
    told.approve("ana", "bo");
    told.tell({ kind: "leased", fence: 1 });
    told.answer("write");
    const [write] = told.state.outbox;
    told.tell({ kind: "written", id: write?.id ?? "", cell: "a", result: "conflict" });
    told.held.set("a", { version: "by hand", sharePpm: 1_000_000 });
    told.answer();
    expect(told.state).toMatchObject({ phase: "halted" });
    told.tell(BACK);
    told.answer();
    expect(told.held.get("a")?.version).toBe("by hand");
  });

  it("halts when a target says yes three times and does nothing", () => {
    const walk = new Walk(begun());
    walk.approve("ana", "bo");
    walk.tell({ kind: "leased", fence: 1 });
    for (let i = 0; i < 3; i++) {
      walk.answer("write");
      const write = walk.state.outbox.find(({ kind }) => kind === "write");
      walk.tell({ kind: "written", id: write?.id ?? "", cell: "a", result: "yes" });
      walk.answer("write");
      walk.now += 30_000;
      walk.tell({ kind: "time" });
    }
    expect(walk.state).toMatchObject({
      phase: "halted",
      halt: { because: expect.stringContaining("did not") },
    });
    // The target may yet do it: going back writes the cell although it looks untouched.
    walk.tell(BACK);
    walk.pass(MINUTE);
    expect(walk.writes.map(({ way }) => way)).toEqual(["back"]);
    expect(walk.state.phase).toBe("gone-back");
  });
});

describe("entry-first", () => {
  it("no write is handed out before its entry came back (entry-first)", () => {
    const walk = new Walk(begun());
    walk.approve("ana", "bo");
    walk.tell({ kind: "leased", fence: 1 });
    walk.answer("append");
    expect(walk.state.outbox.map(({ kind }) => kind)).toEqual(["append"]);
    walk.now += 60 * MINUTE;
    walk.tell({ kind: "time" });
    expect(forward(walk)).toEqual([]);
    const [entry] = walk.state.outbox;
    walk.tell({ kind: "appended", id: entry?.id ?? "", entry: digest("wave 1"), index: 9 });
    expect(forward(walk)).toMatchObject([{ entry: digest("wave 1") }]);
  });

  it("an entry that is refused opens nothing", () => {
    const walk = new Walk(begun());
    walk.approve("ana", "bo");
    walk.tell({ kind: "leased", fence: 1 });
    const [entry] = walk.state.outbox;
    walk.tell({ kind: "append-refused", id: entry?.id ?? "", because: "other" });
    walk.pass(MINUTE);
    expect(walk.writes).toEqual([]);
    expect(nextAct(walk.state).what).toBe("person");
  });
});

describe("halt-wins", () => {
  it("a halt withdraws every write at once and lists those in flight (halt-wins)", () => {
    const walk = new Walk(begun());
    walk.approve("ana", "bo");
    walk.tell({ kind: "leased", fence: 1 });
    walk.answer("write");
    expect(forward(walk)).toHaveLength(1);
    walk.tell(HALT);
    expect(forward(walk)).toEqual([]);
    expect(inFlight(walk.state).map(({ id }) => id)).toEqual(["a"]);
  });

  it("going on needs an approval that was given after the halt", () => {
    const walk = new Walk(begun()).start(12 * MINUTE);
    const before = approval(walk);
    walk.tell(HALT);
    expect(walk.tell({ kind: "resume", by: "ana", approval: approval(walk) })).toMatchObject({
      failure: { code: "ROLLOUT_APPROVAL_OLD" },
    });
    walk.answer();
    expect(walk.tell({ kind: "resume", by: "ana", approval: before })).toMatchObject({ ok: false });
    expect(walk.tell({ kind: "resume", by: "ana", approval: approval(walk) })).toMatchObject({
      ok: true,
    });
    walk.pass(120 * MINUTE);
    expect(walk.state.phase).toBe("completed");
    expect(walk.state.proven.at(-1)).toMatchObject({ version: "v2", halted: true });
  });

  it("going back halts when a person says so or things get worse, not on the harm it undoes", () => {
    const walk = new Walk(begun()).start(30 * MINUTE);
    walk.tell(BACK);
    const verdict = {
      kind: "verdict",
      id: null,
      source: "orders",
      wave: 0,
      samples: 9,
      excludesPpm: 0,
      observedAt: walk.now,
    } as const;
    walk.tell({ ...verdict, outcome: "failed" });
    expect(walk.state.phase).toBe("going-back");
    walk.tell({ ...verdict, outcome: "worse" });
    expect(walk.state.phase).toBe("halted");
    walk.tell(BACK);
    walk.pass(5 * MINUTE);
    expect(walk.state.phase).toBe("gone-back");
  });

  it("harm seen by an enrolled signal halts in the middle of a wave, and goes back where the plan says so", () => {
    const walk = new Walk(begun({ ...PLAN, onFailure: "go-back" })).start(20 * MINUTE);
    walk.verdict = "failed";
    walk.pass(10 * MINUTE);
    expect(walk.state.phase).toBe("gone-back");
    expect(new Set([...walk.held.values()].map(({ version }) => version))).toEqual(new Set(["v1"]));
    expect(walk.entries.slice(-3)).toEqual(["rollout-halted", "rollout-back", "rollout-ended"]);
  });

  it("a wave of many cells is watched from its first cell on: harm halts it midway, and says what it was seen by", () => {
    const walk = new Walk(begun({ ...PLAN, speedPpmPerMinute: 100_000 }));
    walk.start();
    for (let minutes = 0; minutes < 200 && walk.state.watching === undefined; minutes++)
      walk.pass(MINUTE);
    expect(walk.state).toMatchObject({ stage: "writing", wave: 2 });
    const has = () => walk.state.cells.filter(({ content }) => content.version === "v2").length;
    expect(has()).toBeLessThan(walk.state.cells.length);
    const said = { kind: "verdict", id: null, source: "orders", wave: 2, samples: 1 } as const;
    const harm = {
      ...said,
      outcome: "failed",
      excludesPpm: 1_000_000,
      observedAt: walk.now,
    } as const;
    walk.tell({ ...harm, because: "`orders` is harmed" });
    expect(walk.state).toMatchObject({
      phase: "halted",
      halt: { by: "orders", because: "wave 3: `orders` is harmed" },
    });
  });

  it("what was asked while a wave was written lets it not pass", () => {
    const walk = new Walk(begun({ ...PLAN, speedPpmPerMinute: 100_000 }));
    walk.start();
    for (let minutes = 0; minutes < 200 && walk.state.watching === undefined; minutes++)
      walk.pass(MINUTE);
    const old = `e${walk.state.serial}`;
    walk.verdict = null;
    walk.pass(30 * MINUTE);
    expect(walk.state).toMatchObject({ stage: "baking", wave: 2 });
    const good = { kind: "verdict", source: "orders", wave: 2, outcome: "successful" } as const;
    const seen = { samples: 1_000, excludesPpm: 0, observedAt: walk.now };
    walk.tell({ ...good, ...seen, id: old });
    expect(walk.state.phase).toBe("running");
    walk.tell({ ...good, ...seen, id: null });
    expect(walk.state.stage).toBe("proving");
  });

  it.each([-6, 6])(
    "a clock that jumps by %i hours puts no evidence on the wrong side of a bake's beginning",
    (hours) => {
      const walk = new Walk(begun());
      walk.verdict = null;
      walk.start(2 * MINUTE);
      const from = walk.state.baking?.fromAt ?? 0;
      walk.now += hours * 60 * MINUTE;
      walk.tell({ kind: "time" });
      const { baking } = walk.state;
      expect(baking?.fromAt).toBe(hours < 0 ? walk.now : from + hours * 60 * MINUTE - MINUTE);
    },
  );
});

describe("way-back", () => {
  const cases: readonly (readonly [string, Parameters<typeof baseline>[1]])[] = [
    ["was marked bad", { bad: true }],
    ["was halted on its way", { halted: true }],
    ["does not fit what the cells run", { fits: ["code-6"] }],
  ];
  it.each(cases)("nobody goes back to what %s (way-back)", (_, over) => {
    const walk = new Walk(begun(PLAN, [baseline("v1"), baseline("v0", over)])).start(12 * MINUTE);
    expect(walk.tell({ ...BACK, to: "v0" })).toMatchObject({
      ok: false,
      failure: { code: "ROLLOUT_NO_WAY_BACK" },
    });
  });

  it("a version that is not proven byte for byte is no way back", () => {
    const walk = new Walk(begun()).start(12 * MINUTE);
    expect(walk.tell({ ...BACK, to: "v1 with more" })).toMatchObject({ ok: false });
  });

  it("nothing begins without a way back", () => {
    const walk = new Walk(begun(PLAN, []));
    expect(walk.approve("ana", "bo")).toMatchObject({ failure: { code: "ROLLOUT_NO_WAY_BACK" } });
    walk.tell({ kind: "adopted", version: "v1", fits: ["code-7"], entry: digest("adopted") });
    expect(walk.approve("ana", "bo")).toMatchObject({ ok: true });
  });

  it("going back is ramped: batches, spread out, and only where there is room", () => {
    const walk = new Walk(begun()).start(30 * MINUTE);
    expect(walk.writes).toHaveLength(5);
    walk.tell(BACK);
    walk.answer("capacity");
    const asked = walk.state.outbox.find(({ kind }) => kind === "capacity");
    expect(asked).toMatchObject({ cells: ["a"] });
    walk.tell({ kind: "capacity", id: asked?.id ?? "", enough: false });
    walk.pass(10_000, 5_000);
    expect(walk.writes).toHaveLength(5);
    walk.pass(120_000, 1_000);
    expect(
      walk.writes
        .slice(5)
        .map(({ cell }) => cell)
        .sort(),
    ).toEqual(["a", "b", "c", "d"]);
    expect(walk.state.phase).toBe("gone-back");
  });
});

describe("never-stuck", () => {
  it("one person alone halts, and goes back without waiting for room (never-stuck)", () => {
    const walk = new Walk(begun()).start(30 * MINUTE);
    walk.tell(HALT);
    walk.answer();
    expect(walk.tell({ ...BACK, anyway: true })).toMatchObject({ ok: true });
    walk.answer("capacity");
    for (let i = 0; i < 40; i++) {
      walk.now += 5_000;
      walk.tell({ kind: "time" });
      walk.answer("capacity");
    }
    expect(walk.state.phase).toBe("gone-back");
  });

  it("a target that is away is asked again until it is there", () => {
    const walk = new Walk(begun());
    walk.approve("ana", "bo");
    walk.tell({ kind: "leased", fence: 1 });
    for (let i = 0; i < 50; i++) {
      walk.answer("write");
      const write = walk.state.outbox.find(({ kind }) => kind === "write");
      if (write !== undefined)
        walk.tell({ kind: "written", id: write.id, cell: "a", result: "away" });
      walk.now += 30_000;
      walk.tell({ kind: "time" });
    }
    walk.pass(180 * MINUTE);
    expect(walk.state.phase).toBe("completed");
  });
});

describe("solo-ceiling", () => {
  it("one person alone exposes no more than the ceiling, wave by wave (solo-ceiling)", () => {
    const ceiling = { tier: 2, cells: 1, trafficPpm: 10_000 };
    const walk = new Walk(begun({ ...PLAN, tier: 3, ceiling }));
    walk.approve("ana");
    walk.tell({ kind: "leased", fence: 1 });
    expect(walk.state.outbox).toMatchObject([
      {
        entry: "rollout-wave",
        by: "ana",
        solo: { person: "ana", cells: ["cart/a"], trafficPpm: 10_000 },
      },
    ]);
    walk.pass(30 * MINUTE);
    expect(walk.writes).toHaveLength(1);
    expect(walk.state.hold).toBe("second-person");
    walk.approve("bo");
    walk.pass(120 * MINUTE);
    expect(walk.state.phase).toBe("completed");
  });

  it("what the ledger says of the day's other rollouts counts", () => {
    const walk = new Walk(begun({ ...PLAN, tier: 3 }));
    walk.approve("ana");
    walk.tell({ kind: "leased", fence: 1 });
    const [entry] = walk.state.outbox;
    walk.tell({ kind: "append-refused", id: entry?.id ?? "", because: "solo-ceiling" });
    walk.pass(30 * MINUTE);
    expect(walk.state.hold).toBe("second-person");
    expect(walk.writes).toEqual([]);
  });

  it("nothing of Tier 1", () => {
    const walk = new Walk(begun());
    walk.approve("ana");
    walk.tell({ kind: "leased", fence: 1 });
    walk.pass(30 * MINUTE);
    expect(walk.writes).toEqual([]);
  });
});

describe("last-known-good", () => {
  it("moves only after the last bake, and loses nothing (last-known-good)", () => {
    const walk = new Walk(begun());
    const versions = () => walk.state.proven.map(({ version }) => version);
    walk.start(29 * MINUTE);
    expect(versions()).toEqual(["v1"]);
    walk.pass(60 * MINUTE);
    expect(versions()).toEqual(["v1", "v2"]);
  });
});
