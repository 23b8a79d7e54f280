// SPDX-License-Identifier: Apache-2.0
import { compareReplay, type ReplayAnswer } from "@interlock/controlplane";
import type { Json } from "@interlock/digest";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const by = { kind: "program", argv: ["answer"] } as const;
const FREE = { by, fields: [], changedPpm: 1_000_000, newErrorsPpm: 0 };
const said = (...values: readonly Json[]): readonly ReplayAnswer[] =>
  values.map((value) => ({ ok: true, value }));
const failed: ReplayAnswer = { ok: false, error: "no promise" };
const codes = (...given: Parameters<typeof compareReplay>) =>
  compareReplay(...given).breaches.map((b) => b.code);

describe("limits", () => {
  const old = said(
    { days: 2, by: "a" },
    { days: 3, by: "a" },
    { days: 4, by: "a" },
    { days: 5, by: "a" },
  );
  const now = said(
    { days: 2, by: "a" },
    { days: 3, by: "a" },
    { days: 4, by: "a" },
    { days: 9, by: "b" },
  );
  it.each([
    ["nothing limits it", FREE, []],
    ["too many answers", { ...FREE, changedPpm: 249_999 }, ["ANSWERS_CHANGED"]],
    ["just enough answers", { ...FREE, changedPpm: 250_000 }, []],
    [
      "a field that changes too often",
      { ...FREE, fields: [{ at: "/by", changedPpm: 0 }] },
      ["FIELD_CHANGED"],
    ],
    ["a mean that moves", { ...FREE, fields: [{ at: "/days", meanShift: 0.9 }] }, ["FIELD_MEAN"]],
    ["a mean that may move", { ...FREE, fields: [{ at: "/days", meanShift: 1, maxShift: 4 }] }, []],
    ["one that moves far", { ...FREE, fields: [{ at: "/days", maxShift: 3 }] }, ["FIELD_MAX"]],
    ["a field that is no number", { ...FREE, fields: [{ at: "/by", maxShift: 3 }] }, ["FIELD_MAX"]],
    [
      "a field that no answer has",
      { ...FREE, fields: [{ at: "/day", maxShift: 3 }] },
      ["FIELD_UNSEEN"],
    ],
  ] as const)("%s", (_what, limits, expected) => {
    expect(codes(limits, old, now)).toEqual(expected);
  });
  it("new errors, which are no changed fields", () => {
    const { breaches, newErrors, fields } = compareReplay(FREE, old, [...old.slice(0, 3), failed]);
    expect(breaches.map((b) => b.message)).toEqual(["1 of 4 inputs newly fail"]);
    expect([newErrors, fields]).toEqual([1, []]);
    expect(codes({ ...FREE, newErrorsPpm: 250_000 }, old, [...old.slice(0, 3), failed])).toEqual(
      [],
    );
  });
  it("unproven is refused: nothing answered, or fewer answers than inputs", () => {
    expect(codes(FREE, [], [])).toEqual(["NO_ANSWERS"]);
    expect(codes(FREE, [failed], [failed])).toEqual(["NO_ANSWERS"]);
    expect(codes(FREE, old, old.slice(1))).toEqual(["ANSWERS_MISSING", "NEW_ERRORS"]);
  });
});

it("says how much each field moves, the most changed first", () => {
  const { fields, changed, examples } = compareReplay(
    FREE,
    said({ a: 1, b: { c: 1 } }, { a: 1, b: { c: 1 } }),
    said({ a: 3, b: { c: 1 } }, { a: 0, b: { c: 2 } }),
  );
  expect(changed).toBe(2);
  expect(examples.map((one) => one.input)).toEqual([0, 1]);
  expect(fields).toEqual([
    { at: "/a", seen: 2, changed: 2, changedPpm: 1_000_000, meanShift: 0.5, maxShift: 2 },
    { at: "/b/c", seen: 2, changed: 1, changedPpm: 500_000, meanShift: 0.5, maxShift: 1 },
  ]);
});

it("finds no difference between a replay and itself, and mirrors when old and new are swapped", () => {
  const answer = fc.oneof(
    fc.constant(failed),
    fc.jsonValue({ maxDepth: 2 }).map((value) => ({ ok: true, value: value as Json }) as const), // plain JSON
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(answer, answer), { maxLength: 6 }), (pairs) => {
      const [old, now] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
      expect(compareReplay(FREE, old, old)).toMatchObject({ changed: 0, newErrors: 0, fields: [] });
      const [there, back] = [compareReplay(FREE, old, now), compareReplay(FREE, now, old)];
      expect(back.changed).toBe(there.changed);
    }),
    { numRuns: 60 },
  );
});
