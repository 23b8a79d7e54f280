// SPDX-License-Identifier: Apache-2.0
import { decodeState, encodeState, type Plan, type RolloutEvent } from "@interlock/core";
import { describe, expect, it } from "vitest";
import { begun, digest, MINUTE, T0, Walk } from "./plans.ts";

const BACK: RolloutEvent = { kind: "go-back", by: "cee", to: "", anyway: false };
const forward = (walk: Walk) =>
  walk.state.outbox.filter((effect) => effect.kind === "write" && effect.way === "forward");

describe("attacks", () => {
  it("RO8 a wave is not skipped, and a paused rollout does not go on", () => {
    const walk = new Walk(begun()).start();
    expect(walk.tell({ kind: "resume", by: "ana" })).toMatchObject({
      ok: false,
      failure: { code: "ROLLOUT_NOT_NOW" },
      record: { event: "resume", by: "ana" },
    });
    walk.tell({ kind: "pause", by: "ana" });
    walk.pass(60 * MINUTE);
    expect(walk.writes).toHaveLength(1);
    const passed = {
      kind: "verdict",
      id: null,
      source: "orders",
      wave: 2,
      outcome: "successful",
      samples: 1_000,
      excludesPpm: 0,
      observedAt: walk.now,
    } as const;
    walk.tell(passed);
    expect(walk.state.wave).toBe(0);
  });

  it("RO9 a signal that is forged, stale, early or thin passes nothing", () => {
    const walk = new Walk(begun());
    walk.verdict = null;
    walk.start(11 * MINUTE);
    const good = {
      kind: "verdict",
      id: null,
      source: "orders",
      wave: 0,
      outcome: "successful",
      samples: 100,
      excludesPpm: 20_000,
      observedAt: walk.now,
    } as const;
    expect(walk.tell({ ...good, source: "elsewhere" })).toMatchObject({ ok: false });
    expect(walk.tell({ ...good, source: "elsewhere", outcome: "failed" })).toMatchObject({
      ok: false,
    });
    const useless = [
      { observedAt: walk.now - 3 * MINUTE },
      { observedAt: walk.now + MINUTE },
      { observedAt: T0 + MINUTE },
      { samples: 99 },
      { excludesPpm: 20_001 },
      { outcome: "inconclusive" },
    ] as const;
    for (const one of useless) walk.tell({ ...good, ...one });
    expect(walk.state.wave).toBe(0);
    walk.tell(good);
    expect(walk.state.wave).toBe(1);
  });

  it("RO9 a signal that falls silent passes nothing", () => {
    const walk = new Walk(begun()).start(9 * MINUTE);
    walk.verdict = null;
    walk.tell({ kind: "signal-stale", source: "orders" });
    walk.pass(60 * MINUTE);
    expect(walk.state.wave).toBe(0);
  });

  it("RO10 a pause comes before a wave or after it, never both (pause-wins)", () => {
    const walk = new Walk(begun());
    walk.approve("ana", "bo");
    walk.tell({ kind: "leased", fence: 1 });
    const [entry] = walk.state.outbox;
    walk.tell({ kind: "pause", by: "cee" });
    walk.tell({ kind: "appended", id: entry?.id ?? "", entry: digest("wave 1"), index: 9 });
    walk.pass(30 * MINUTE);
    expect(walk.writes).toEqual([]);
    walk.tell({ kind: "resume", by: "cee" });
    expect(forward(walk)).toEqual([]);
    walk.answer();
    expect(walk.writes).toHaveLength(1);
  });

  it("RO15 one person does not bring back what a security fix removed", () => {
    const walk = new Walk(begun()).start(120 * MINUTE);
    walk.tell({ kind: "marked-bad", version: "v1", by: "dee" });
    expect(walk.tell(BACK)).toMatchObject({ ok: false, failure: { code: "ROLLOUT_NO_WAY_BACK" } });
  });
});

describe("a stored state", () => {
  const walk = new Walk(begun()).start(12 * MINUTE);
  const stored = () => JSON.parse(encodeState(walk.state)) as Record<string, unknown>;
  it("is read back to the byte", () => {
    const read = decodeState(stored());
    expect(read.ok && encodeState(read.state)).toBe(encodeState(walk.state));
  });

  it("of version 1 is read, and is of this version from then on", () => {
    const read = decodeState({ ...stored(), version: 1 });
    expect(read.ok && encodeState(read.state)).toBe(encodeState(walk.state));
  });

  const damaged: readonly (readonly [string, (state: Record<string, unknown>) => unknown])[] = [
    ["ROLLOUT_STATE_VERSION", (state) => ({ ...state, version: 3 })],
    ["ROLLOUT_STATE_INVALID", () => null],
    ["ROLLOUT_STATE_INVALID", (state) => ({ ...state, skip: true })],
    ["ROLLOUT_STATE_INVALID", (state) => ({ ...state, wave: 3 })],
    ["ROLLOUT_STATE_INVALID", (state) => ({ ...state, cells: [] })],
    ["ROLLOUT_STATE_INVALID", (state) => ({ ...state, outbox: [{ kind: "explode" }] })],
    [
      "ROLLOUT_STATE_INVALID",
      (state) => ({ ...state, plan: { ...(state["plan"] as Plan), waves: [] } }),
    ],
  ];
  it.each(damaged)("is refused with %s where it is not one of ours", (code, change) => {
    expect(decodeState(change(stored()))).toMatchObject({ ok: false, failure: { code } });
  });
});
