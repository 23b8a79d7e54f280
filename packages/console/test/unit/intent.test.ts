// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { intentIn } from "../../src/change/intent.ts";

const DEBT = "a".repeat(64);

describe("what a terminal asked for", () => {
  it.each<[string, string, unknown]>([
    ["nothing", "", null],
    ["another part of a page", "#identity", null],
    ["an approval", "#sign=approve", { act: "approve" }],
    ["a withdrawal", "#sign=withdraw", { act: "withdraw" }],
    [
      "a rejection with its reason",
      "#sign=reject&reason=not%20on%20a%20Friday",
      { act: "reject", reason: "not on a Friday" },
    ],
    [
      "a waiver",
      "#sign=override&rule=two-people&hours=8&reason=the%20owner%20is%20away",
      {
        ...{ act: "override", waives: { rule: "two-people", breakGlass: false } },
        ...{ hours: 8, reason: "the owner is away" },
      },
    ],
    [
      "break-glass, which names its incident",
      "#sign=override&rule=freeze%2Fpeak&incident=i-1&reason=checkout%20is%20down",
      {
        act: "override",
        waives: { rule: "freeze/peak", breakGlass: true, incident: "i-1" },
        ...{ hours: null, reason: "checkout is down" },
      },
    ],
    ["an override of no rule", "#sign=override&reason=x", null],
    ["an override without a reason", "#sign=override&rule=r", null],
    ["hours that are none", "#sign=override&rule=r&reason=x&hours=1e3", null],
    [
      "a review of a debt",
      `#sign=settle&debt=${DEBT}&reason=looked`,
      { act: "settle", debt: DEBT, reason: "looked" },
    ],
    ["a review of no debt", "#sign=settle&debt=x&reason=looked", null],
    ["an act that nobody knows", "#sign=everything", null],
  ])("%s", (_name, hash, intent) => {
    expect(intentIn(hash)).toEqual(intent);
  });

  it("whatever stands there, it is read or it is nothing", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (act, rest) => {
        const intent = intentIn(`#sign=${act}&${rest}`);
        expect(intent === null || typeof intent.act === "string").toBe(true);
      }),
    );
  });
});
