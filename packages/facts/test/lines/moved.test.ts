// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { movedAway } from "../../src/lines/moved.ts";

const text = (...lines: readonly string[]): string => lines.map((l) => `${l}\n`).join("");
const entries = ["alpha: 1", "beta: 2", "gamma: 3", "delta: 4"] as const;

describe("movedAway", () => {
  const from = { before: text("keep: 0", ...entries), after: text("keep: 0") };
  it.each([
    ["another file has them now", { before: text("x: 1"), after: text("x: 1", ...entries) }, true],
    [
      "a new file has them, indented",
      { before: null, after: text("all:", ...entries.map((l) => `  ${l}`)) },
      true,
    ],
    ["one of four is lost", { before: null, after: text(...entries.slice(1)) }, false],
    [
      "the other file had them before",
      { before: text(...entries), after: text(...entries, "x: 1") },
      false,
    ],
    ["nowhere", { before: null, after: text("x: 1") }, false],
  ] as const)("%s", (_, other, moved) => {
    expect(movedAway([from, other]).has(from)).toBe(moved);
  });

  it("counts lines as often as they stand", () => {
    const lost = { before: text("same: 1", "same: 1", "same: 1"), after: "" };
    expect(movedAway([lost, { before: null, after: text("same: 1") }]).has(lost)).toBe(false);
  });

  it("never calls a file moved whose text nobody else gains", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        expect(
          movedAway([
            { before, after },
            { before: after, after },
          ]).size,
        ).toBe(0);
      }),
    );
  });
});
