// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChangeShown } from "../../src/change/shown.ts";
import { jointIn, stillHolding, waivableIn } from "../../src/change/waivable.ts";
import { leftOf } from "../../src/exceptions/left.ts";
import { byTeam, whyNotReview } from "../../src/exceptions/teams.ts";
import { refusalIn } from "../../src/sign-in/words.ts";

const rule = (id: string, more: object = {}) => ({
  ...{ rule: id, title: id, outcome: "hold", mode: "enforce" },
  ...{ counts: { outcome: true, effective: true } },
  ...more,
});
const signed = (person: string, more: object = {}) => ({
  ...{ person, kind: "override", ended: false, expiresAt: 10, reason: `by ${person}` },
  waives: { rule: "two", breakGlass: false },
  ...more,
});
const shown = (rules: readonly object[], signatures: readonly object[] = []): ChangeShown =>
  ({ judged: { decision: { rules }, facts: null }, signatures }) as unknown as ChangeShown; // what is read of it

describe("what an override may name", () => {
  it.each([
    ["a rule that holds", [rule("two")], [["two", false]]],
    ["one that denies", [rule("never", { outcome: "deny" })], [["never", true]]],
    [
      "the gate's own",
      [rule("freeze/sale"), rule("debt"), rule("otherwise")],
      [
        ["freeze/sale", true],
        ["debt", true],
        ["otherwise", true],
      ],
    ],
    [
      "a rule of two policies, of which one denies",
      [rule("two"), rule("two", { outcome: "deny" })],
      [["two", true]],
    ],
    ["nothing that passes nothing", [rule("rejection/bo"), rule("policy")], []],
    [
      "nothing that does not hold",
      [
        rule("a", { mode: "observe" }),
        rule("b", { outcome: "allow" }),
        rule("c", { counts: { outcome: true, effective: false } }),
      ],
      [],
    ],
  ])("%s", (_name, rules, wanted) => {
    expect(waivableIn(shown(rules)).map((one) => [one.rule, one.glassOnly])).toEqual(wanted);
  });

  it("names what holds all the same", () => {
    const change = shown([rule("two"), rule("freeze/sale"), rule("rejection/bo")]);
    expect(stillHolding(change, "two")).toEqual(["freeze/sale", "rejection/bo"]);
  });
});

it("two people make one exception, until the first of both ends; others make their own", () => {
  const change = shown(
    [],
    [
      signed("bo"),
      signed("cy", { expiresAt: 7 }),
      signed("dee", { expiresAt: 5 }),
      signed("eve", { ended: true }),
      signed("bo", { waives: { rule: "two", breakGlass: true, incident: "inc-1" } }),
      signed("bo", { kind: "approval", waives: null }),
    ],
  );
  expect(jointIn(change, 5)).toEqual([
    { waives: { rule: "two", breakGlass: false }, by: ["bo", "cy"], reason: "by bo", until: 7 },
    {
      ...{ waives: { rule: "two", breakGlass: true, incident: "inc-1" }, by: ["bo"] },
      ...{ reason: "by bo", until: 10 },
    },
  ]);
});

const debt = (name: string, at: number, teams: readonly string[], more: object = {}) => ({
  ...{ debt: name, at, change: "c", subject: "", repository: "r", target: "t", teams: [...teams] },
  ...{ incidents: [], signedBy: ["bo", "cy"], reviews: [], open: true },
  ...more,
});

it("debts stand under each team that they hold, everybody's first", () => {
  const list = [debt("b", 2, ["shop"]), debt("a", 1, ["shop", "search"]), debt("c", 3, [])];
  expect(byTeam(list).map(({ team, debts }) => [team, ...debts.map((one) => one.debt)])).toEqual([
    [null, "c"],
    ["shop", "a", "b"],
    ["search", "a"],
  ]);
});

it.each([
  ["whoever signed an override", "bo", {}, "you broke the glass"],
  [
    "whoever reviewed it",
    "ana",
    { reviews: [{ person: "ana", at: 1, reason: "x" }] },
    "you reviewed it",
  ],
  ["anybody, once two did", "dee", { open: false }, "two people reviewed it"],
  ["anybody, where nobody knows what it was", "dee", { change: null }, "its content is gone"],
])("a debt is not reviewed by %s", (_name, person, more, why) => {
  expect(whyNotReview(debt("a", 1, [], more), person)).toContain(why);
  expect(whyNotReview(debt("a", 1, []), "dee")).toBeNull();
});

it.each([
  [4 * 3_600_000 - 1, "3 h 59 min"],
  [11 * 60_000, "11 min"],
  [9 * 60_000 + 8_999, "9 min 8 s"],
  [999, "0 min 0 s"],
  [5 * 86_400_000, "5 days"],
])("%d ms are %s", (ms, says) => {
  expect(leftOf(ms)).toBe(says);
});

describe("the words of a refused sign-in", () => {
  const cookie = (text: string) => Buffer.from(text, "utf8").toString("base64url");

  it("are those of the server", () => {
    const words = { message: "nobody here is `é`", help: "ask" };
    expect(refusalIn(cookie(JSON.stringify(words)))).toEqual(words);
  });

  it.each(["", "%%%", cookie("x"), cookie("{}"), cookie(`{"message":1,"help":"x"}`)])(
    "are none in %s",
    (value) => {
      expect(refusalIn(value)).toBeNull();
    },
  );

  it("never fail on what is no such cookie", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json().map(cookie)), (value) => {
        const read = refusalIn(value);
        expect(read === null || typeof read.message === "string").toBe(true);
      }),
    );
  });
});
