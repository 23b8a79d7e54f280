// SPDX-License-Identifier: Apache-2.0
import type { RolloutListed } from "@interlock/protocol";
import { describe, expect, it } from "vitest";
import { withHoles } from "../../src/rollouts/lines.ts";
import {
  byUrgency,
  dividedWords,
  duration,
  emergencyWords,
  nextWords,
  reached,
  standingOf,
  verdictWords,
} from "../../src/rollouts/words.ts";

const listed = (rollout: string, more: Partial<RolloutListed>): RolloutListed => ({
  lane: "normal",
  ...{ rollout, change: "c-1", system: "cart", target: "disk", phase: "running", paused: false },
  ...{ wave: 0, waves: 2, exposurePpm: 0, startedBy: "ana", startedAt: 0, waitsFor: null },
  next: { what: "bake", at: 1 },
  ...more,
});
const waitsFor = { what: "it is paused", who: "anybody", how: "resume" };

describe("rollouts in plain words", () => {
  it("a divided cell says for how much of its traffic", () =>
    expect(dividedWords({ cell: "na", ppm: 15_000 })).toBe(
      "na has the change for 1.5 % of its traffic",
    ));

  it("no line is drawn over slots that were not read", () => {
    const at = (start: number) => ({ start, value: 1, expected: 1, limit: 1 });
    const hole = { start: 3_000, value: null, expected: null, limit: null };
    expect(withHoles([at(1_000), at(2_000), at(9_000)], 1_000)).toEqual([
      ...[at(1_000), at(2_000), hole, at(9_000)],
    ]);
  });

  it("what is halted comes first, then what waits, what runs, what is over; newest first among equals", () => {
    const all = [
      listed("over", { phase: "completed", startedAt: 9 }),
      listed("old", { startedAt: 1 }),
      listed("new", { startedAt: 2 }),
      listed("waits", { paused: true, waitsFor }),
      listed("halted", { phase: "halted", waitsFor }),
    ];
    expect(byUrgency(all).map(({ rollout }) => rollout)).toEqual([
      ...["halted", "waits", "new", "old", "over"],
    ]);
  });

  it.each<[Partial<RolloutListed>, string, string]>([
    [{}, "working", "under way"],
    [{ paused: true, waitsFor }, "person", "paused"],
    [{ waitsFor }, "person", "waits"],
    [{ phase: "halted", waitsFor }, "stopped", "halted"],
    [{ phase: "going-back" }, "working", "going back"],
    [{ phase: "gone-back" }, "neutral", "gone back"],
  ])("%j is %s: %s", (more, meaning, word) => {
    expect(standingOf(listed("one", more))).toEqual({ meaning, word });
  });

  it("an emergency names who broke the glass and for which incident", () => {
    const of = { entry: "ab".repeat(32), by: ["bo", "cy"], incidents: ["inc-1"], over: null };
    const names = (id: string) => id.toUpperCase();
    expect(emergencyWords(of, names)).toBe("by break-glass of BO and CY for incident inc-1");
    expect(emergencyWords({ ...of, by: [], incidents: [] }, names)).toBe(
      "by break-glass of people whom an erased entry named",
    );
  });

  it("every act that comes by itself has its words", () => {
    const { what } = listed("one", {}).next;
    expect(nextWords({ next: { what, at: null } })).toBe("the shortest time of this wave is over");
  });

  it.each([
    ["halt", null, "stopped", "The signals show harm."],
    ["not-enough-evidence", 9_000_000, "unknown", "another 2 h 30 min"],
    ["not-enough-evidence", null, "unknown", "nor when"],
    ["inconclusive", null, "person", "somebody has to look"],
  ] as const)("%s with %s ms to a decision is %s: %s", (kind, waitMs, meaning, says) => {
    const said = verdictWords({ kind, waitMs, signals: [], since: 0, asOf: 0 });
    expect([said.meaning, said.says.includes(says)]).toEqual([meaning, true]);
  });

  it.each([
    ["in the first minute nobody is called", 59_999, "unknown", "No slot of this wave"],
    ["later somebody has to look", 60_000, "person", "somebody has to look"],
  ] as const)("nothing was read: %s", (_, asOf, meaning, says) => {
    const unread = { name: "orders", outcome: "inconclusive", state: "missing" } as const;
    const counts = {
      samples: 0,
      excludesPpm: 0,
      observedAt: 0,
      harmMilliNats: 0,
      safeMilliNats: 0,
    };
    const rest = { against: "cells", promised: false, alarm: false } as const;
    const signals = [{ ...unread, ...counts, ...rest, doubts: [] }];
    const said = verdictWords({ kind: "inconclusive", waitMs: null, signals, since: 0, asOf });
    expect([said.meaning, said.says.includes(says)]).toEqual([meaning, true]);
  });

  it.each([
    [0, "0 s"],
    [1_001, "2 s"],
    [245_000, "4 min 05 s"],
    [7_260_000, "2 h 01 min"],
    [200_000_000, "2 days"],
  ])("%i ms are %s", (ms, text) => expect(duration(ms)).toBe(text));

  it("evidence against a claim is none for it, and no share goes past the whole", () => {
    expect([reached(-5, 10), reached(4, 10), reached(99, 10), reached(1, 0)]).toEqual([
      ...["0 %", "40 %", "100 %", "0 %"],
    ]);
  });
});
