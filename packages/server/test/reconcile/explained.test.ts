// SPDX-License-Identifier: Apache-2.0
import { explanationOf } from "@interlock/server";
import { describe, expect, it } from "vitest";

const write = (sequence: number, after: string | null, confirmed: boolean, at = 0) => ({
  ...{ sequence, after, confirmed, at },
});
const CASES = [
  ["what stood there when watching began", "a", { baseline: "a", writes: [] }, "explained"],
  ["another value than then", "b", { baseline: "a", writes: [] }, "a"],
  ["nothing, where something stood", null, { baseline: "a", writes: [] }, "a"],
  ["a key that was not there", "b", { writes: [] }, null],
  ["a key that never was", null, { writes: [] }, "explained"],
  ["the newest write that was read back", "b", { writes: [write(2, "b", true)] }, "explained"],
  ["an older one", "a", { writes: [write(2, "b", true), write(1, "a", true)] }, "b"],
  ["the baseline after a write", "a", { baseline: "a", writes: [write(1, "b", true)] }, "b"],
  ["removed by a write", null, { baseline: "a", writes: [write(1, null, true)] }, "explained"],
  ["a write under way", "b", { writes: [write(2, "b", false), write(1, "a", true)] }, "explained"],
  ["neither end of one under way", "x", { writes: [write(2, "b", false, 90)] }, "wait"],
  ["neither end of one long ago", "x", { baseline: "a", writes: [write(2, "b", false)] }, "a"],
  ["one long ago that took effect", "b", { writes: [write(2, "b", false)] }, "explained"],
  ["one from after a clock was set back", "x", { writes: [write(2, "b", false, 900)] }, null],
] as const;

describe("what a key holds", () => {
  it.each(CASES)("%s", (_, held, { writes, ...known }, expected) => {
    const baseline = "baseline" in known ? known.baseline : undefined;
    const said = explanationOf(held, { writes, baseline, now: 100, settleMs: 50 });
    expect(said.kind === "unrecorded" ? said.before : said.kind).toBe(expected);
  });
});
