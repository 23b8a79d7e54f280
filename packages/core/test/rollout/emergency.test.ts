// SPDX-License-Identifier: Apache-2.0
/** A rollout in the emergency lane: faster between waves, and nothing else. */
import { decodeState, encodeState, nextAct, type Plan } from "@interlock/core";
import { describe, expect, it } from "vitest";
import { BAKE, begun, digest, MINUTE, PLAN, Walk } from "./plans.ts";

describe("in the emergency lane", () => {
  const QUICK = { ...BAKE, ms: 5 * MINUTE };
  const PLANNED: Plan = {
    ...PLAN,
    lane: "emergency",
    emergency: digest("break-glass"),
    waves: PLAN.waves.map((one, i) => ({ ...one, bake: i < 2 ? QUICK : BAKE })),
  };

  it("waves go on sooner, and a version is proven by a whole bake alone (last-known-good, whole-bake)", () => {
    const walk = new Walk(begun(PLANNED)).start();
    walk.pass(16 * MINUTE);
    expect([walk.state.wave, walk.state.stage]).toEqual([2, "baking"]);
    walk.pass(4 * MINUTE);
    expect(walk.state.proven.map(({ version }) => version)).not.toContain("v2");
    walk.pass(30 * MINUTE);
    expect(walk.state.phase).toBe("completed");
    expect(walk.state.proven.at(-1)).toMatchObject({ version: "v2", kind: "baked", halted: false });
  });

  it("harm halts it by itself, and going on takes an approval given after (halt-wins)", () => {
    const walk = new Walk(begun(PLANNED)).start(MINUTE);
    walk.verdict = "failed";
    walk.pass(2 * MINUTE);
    expect(walk.state.phase).toBe("halted");
    expect(walk.tell({ kind: "resume", by: "cee" }).ok).toBe(false);
  });

  it("one person alone stays below the ceiling (solo-ceiling)", () => {
    const walk = new Walk(begun(PLANNED));
    walk.approve("ana");
    walk.tell({ kind: "leased", fence: 1 });
    walk.pass(30 * MINUTE);
    expect([walk.writes, walk.state.hold]).toEqual([[], "second-person"]);
  });

  /** The first wave is written; the entry of what comes next is refused. */
  function withoutGlass(walk: Walk, entry: string) {
    const asked = walk.state.outbox.find((one) => one.kind === "append" && one.entry === entry);
    expect(asked).toBeDefined();
    walk.tell({ kind: "append-refused", id: asked?.id ?? "", because: "break-glass-over" });
    walk.answer();
  }
  const atSecondWave = () => {
    const walk = new Walk(begun(PLANNED)).start();
    for (let i = 0; i < 40 && walk.state.stage !== "entering"; i++) {
      walk.now += 30_000;
      walk.tell({ kind: "time" });
      walk.answer("append");
    }
    return walk;
  };

  it("no wave begins after its break-glass, whoever asks; anybody sends it back (one-authority, never-stuck)", () => {
    const walk = atSecondWave();
    const before = walk.writes.length;
    withoutGlass(walk, "rollout-wave");
    walk.pass(60 * MINUTE);
    expect([walk.state.hold, walk.writes.length]).toEqual(["break-glass-over", before]);
    expect(nextAct(walk.state)).toEqual({ what: "person", at: null });
    expect(decodeState(JSON.parse(encodeState(walk.state)))).toMatchObject({ ok: true });
    walk.tell({ kind: "resume", by: "cee" });
    walk.answer("append");
    withoutGlass(walk, "rollout-resumed");
    walk.pass(60 * MINUTE);
    expect([walk.state.hold, walk.writes.length]).toEqual(["break-glass-over", before]);
    expect(walk.tell({ kind: "go-back", by: "dee", to: "", anyway: true }).ok).toBe(true);
    walk.pass(10 * MINUTE);
    expect(walk.state.phase).toBe("gone-back");
  });

  it("after a halt nothing is written again without it", () => {
    const walk = new Walk(begun(PLANNED)).start(MINUTE);
    walk.tell({ kind: "halt", by: "cee", because: "looks wrong" });
    walk.answer();
    const before = walk.writes.length;
    const approval = { persons: ["dee"], entry: digest("approval"), index: walk.index++ };
    expect(walk.tell({ kind: "resume", by: "cee", approval }).ok).toBe(true);
    withoutGlass(walk, "rollout-resumed");
    walk.pass(60 * MINUTE);
    expect([walk.state.phase, walk.writes.length]).toEqual(["halted", before]);
  });
});
