// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { duration, rolloutText } from "../src/rollouts/text.ts";

const ONE: Parameters<typeof rolloutText>[0] = {
  ...{ rollout: "ab".repeat(32), change: "c-1", system: "cart", target: "etcd", phase: "halted" },
  ...{ lane: "normal", emergency: null },
  ...{ paused: false, wave: 0, waves: 2, exposurePpm: 10_000, startedBy: "ana", startedAt: 0 },
  ...{ stage: "writing", next: { what: "bake", at: 245_000 }, asOf: 0 },
  plan: [
    {
      ...{ name: "wave 1", cells: ["eu-1"], exposurePpm: 10_000, orders: 12, state: "now" },
      bake: { ms: 600_000, samples: 100, marginPpm: 20_000 },
    },
  ],
  cells: [
    {
      ...{ cell: "eu-1", region: "eu", sharePpm: 10_000, runs: "code-7", holds: "foreign" },
      ...{ underWay: true, conflict: "found 0123456789abcdef" },
    },
  ],
  waitsFor: { what: "it was halted", who: "one on-call", how: "`interlock rollout back`" },
  divided: [{ cell: "eu", ppm: 15_000 }],
  ...{ baked: null, verdicts: [], events: [] },
  halt: { by: "dee", because: "carts are empty", during: "running" },
  persons: ["ana", "bo"],
  loss: { orders: 17, firstOrders: 12, aloneOrders: 40, budgetOrders: 100 },
  ...{ journal: { writes: 1, confirmed: 0 }, asksCapacity: false },
};

describe("a rollout in a terminal", () => {
  it("says what comes next and when, what is lost if it is bad, what is missing and who has it", () => {
    expect(rolloutText(ONE).split("\n")).toEqual([
      "cart to etcd: halted, 1 % of orders",
      `  rollout  ${"ab".repeat(32)}`,
      "  change   c-1",
      "  behind   ana, bo; begun by ana at 1970-01-01T00:00:00.000Z",
      "  orders lost if this is bad: 17 if every cell is hurt (12 if the first wave shows it; 100 allowed), 40 if only one wave's cells are",
      "  ▶ wave 1: eu-1, 1 %, bakes 10 min 00 s and 100 orders, 12 lost if bad",
      "  share    eu at 1.5 % of its traffic",
      "  next     bake in 4 min 05 s",
      "  flying   writes to eu-1",
      "  ! eu-1 is left as it is: found 0123456789abcdef",
      "  journal  1 writes, 0 read back",
      "  capacity nobody is asked for room before it goes back",
      "  halted   by dee: carts are empty",
      "  waits    it was halted",
      "  who      one on-call",
      "  how      `interlock rollout back`",
      "",
    ]);
  });

  it("says by whose break-glass it goes in the emergency lane, and why no further", () => {
    const emergency = {
      ...{ entry: "cd".repeat(32), by: ["bo", "cy"], incidents: ["inc-1"] },
      over: "the break-glass of this change is over: incident `inc-1` is closed",
    };
    const lines = rolloutText({ ...ONE, lane: "emergency", emergency }).split("\n");
    expect(lines.filter((line) => /break-glass/.test(line))).toEqual([
      "  emergency lane, by break-glass of bo and cy for incident inc-1; its debt is cdcdcdcdcdcd…",
      "  ! no further wave begins: the break-glass of this change is over: incident `inc-1` is closed",
    ]);
    expect(rolloutText(ONE)).not.toContain("emergency");
  });

  it.each([
    [0, "0 s"],
    [1_001, "2 s"],
    [245_000, "4 min 05 s"],
    [7_260_000, "2 h 01 min"],
  ])("%i ms are %s", (ms, text) => expect(duration(ms)).toBe(text));
});
