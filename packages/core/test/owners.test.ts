// SPDX-License-Identifier: Apache-2.0
/** Whose approval a change needs by its files: owners, their groups, and files that nobody owns. */
import { approvals, type Facts } from "@interlock/core";
import { approval, DIGEST, factsOf, file, person } from "@interlock/testkit";
import { describe, expect, it } from "vitest";
import {
  approved,
  by,
  type Expected,
  judged,
  lacking,
  lost,
  ONE,
  PERSONS,
} from "./approval-results.ts";

describe("files without an owner", () => {
  const files = [file("b", { owners: [] }), file("a", { owners: [] })];
  const ofSystem = { ...{ tier: 1, org: [], cells: [], orderSharePpm: 0, incidents: 0 } };
  const owned = (owner: string) => [{ id: "pay", owner, ...ofSystem }];

  it("hold with their paths, sorted", () => {
    expect(judged(ONE, factsOf({ change: { files }, ...by(approval("bo")) }))).toEqual({
      state: "unknown",
      reason: { code: "owner-missing", params: { paths: ["a", "b"], count: 2 } },
      who: ["an owner: none is declared for these paths"],
    });
  });

  it("hold with twenty paths at most, and are counted all", () => {
    const many = Array.from({ length: 21 }, (_, i) => file(`f${i + 10}`, { owners: [] }));
    const { reason } = judged(ONE, factsOf({ change: { files: many } }));
    expect(reason.params["count"]).toBe(21);
    expect(reason.params["paths"]).toEqual(many.slice(0, 20).map((f) => f.path));
  });

  it("may be approved by anyone where the policy says so", () => {
    const facts = factsOf({ change: { files }, ...by(approval("dee")) });
    expect(judged(ONE, facts, { missingOwner: "anyone" })).toEqual(approved(["dee"]));
  });

  it("beside owned ones need those owners all the same", () => {
    const mixed = { files: [file("a", { owners: [] }), file("b")] };
    const terms = { missingOwner: "anyone" } as const;
    expect(judged(ONE, factsOf({ change: mixed, ...by(approval("dee")) }), terms)).toEqual(
      lacking(ONE, [], ["payments"]),
    );
    expect(judged(ONE, factsOf({ change: mixed, ...by(approval("bo")) }), terms)).toEqual(
      approved(["bo"]),
    );
  });

  it.each<[string, Facts["change"]["systems"], readonly string[], Expected["state"]]>([
    ["belong to whoever owns their system", owned("search"), ["pay"], "met"],
    ["and to nobody when that system is another one", owned("search"), ["shop"], "unknown"],
    ["nor when it has no owner", owned(""), ["pay"], "unknown"],
    ["nor when systems are not known", lost, ["pay"], "unknown"],
  ])("%s", (_name, systems, inSystems, state) => {
    const facts = factsOf({
      change: { files: [file("a", { owners: [], systems: inSystems })], systems },
      ...by(approval("dee")),
    });
    expect(judged(ONE, facts).state).toBe(state);
  });

  it("that declare owners do not belong to those of their system", () => {
    const change = { files: [file("a", { systems: ["pay"] })], systems: owned("search") };
    expect(judged(ONE, factsOf({ change, ...by(approval("dee")) }))).toEqual(
      lacking(ONE, [], ["payments"]),
    );
  });
});

describe("several owner groups and teams", () => {
  const files = [file("a", { owners: ["search"] }), file("b", { owners: ["payments"] })];

  it("each group must be among the approvers, the first that is not is named", () => {
    const missing = judged(ONE, factsOf({ change: { files }, ...by(approval("dee")) }));
    expect(missing).toEqual({
      state: "unmet",
      reason: { code: "owner-group-missing", params: { owners: ["payments"] } },
      who: ["payments", "search"],
    });
    const both = factsOf({ change: { files }, ...by(approval("dee"), approval("bo")) });
    expect(judged(ONE, both)).toEqual(approved(["bo", "dee"]));
  });

  it("of several uncovered groups the first by name is told, its owners sorted", () => {
    const three = ["search", "zeta", "payments,b"].map((owners, i) =>
      file(`f${i}`, { owners: owners.split(",") }),
    );
    expect(judged(ONE, factsOf({ change: { files: three }, ...by(approval("dee")) }))).toEqual({
      state: "unmet",
      reason: { code: "owner-group-missing", params: { owners: ["b", "payments"] } },
      who: ["b", "payments", "search", "zeta"],
    });
  });

  it("groups are told apart by their owners, not by how those are spelt in a row", () => {
    const alike = [file("a", { owners: ["search", "x"] }), file("b", { owners: ["searchx"] })];
    expect(
      judged(ONE, factsOf({ change: { files: alike }, ...by(approval("dee")) })),
    ).toMatchObject({ state: "unmet", reason: { params: { owners: ["searchx"] } } });
  });

  it("who owns something is told in one order whatever the groups", () => {
    const crossed = [file("a", { owners: ["a", "z"] }), file("b", { owners: ["b"] })];
    expect(judged(ONE, factsOf({ change: { files: crossed } })).who).toEqual(["a", "b", "z"]);
  });

  it("one of several teams of a person is enough to be an owner", () => {
    const persons = [...PERSONS, person("eve", { teams: ["other", "payments"] })];
    const facts = factsOf({ people: { persons, machines: [] }, ...by(approval("eve")) });
    expect(judged(ONE, facts)).toEqual(approved(["eve"]));
  });

  it("a change of no files has no owners, so nobody can approve as one", () => {
    const facts = factsOf({ change: { files: [] }, ...by(approval("bo")) });
    const nobody = ["an owner: none is declared for these paths"];
    expect(judged(ONE, facts)).toEqual(lacking(ONE, [], nobody));
    expect(judged(ONE, facts, { missingOwner: "anyone" })).toEqual(approved(["bo"]));
  });

  it("files with the same owners in another order are one group", () => {
    const same = [
      file("a", { owners: ["x", "payments"] }),
      file("b", { owners: ["payments", "x", "x"] }),
    ];
    expect(judged(ONE, factsOf({ change: { files: same }, ...by(approval("bo")) }))).toEqual(
      approved(["bo"]),
    );
  });

  it("groups do not matter where anyone may approve", () => {
    const facts = factsOf({ change: { files }, ...by(approval("bo")) });
    expect(judged(approvals(1, "anyone"), facts)).toEqual(approved(["bo"]));
  });

  it("AQ20 approvers must come from as many teams where that is asked", () => {
    const distinct = approvals(2, "anyone", { distinct: ["teams"] });
    expect(judged(distinct, factsOf(by(approval("bo"), approval("cy"))))).toEqual({
      state: "unmet",
      reason: { code: "distinct-teams-missing", params: { need: 2 } },
      who: ["any person who did not contribute to the change"],
    });
    expect(judged(distinct, factsOf(by(approval("bo"), approval("dee"))))).toEqual(
      approved(["bo", "dee"], 2),
    );
    expect(judged(approvals(2, "anyone"), factsOf(by(approval("bo"), approval("cy"))))).toEqual(
      approved(["bo", "cy"], 2),
    );
  });
});

it("owners belong to one change: another change has its own", () => {
  const facts = factsOf({ ...by(approval("dee", { digest: DIGEST })) });
  const other = {
    ...facts,
    change: { ...facts.change, files: [file("a", { owners: ["search"] })] },
  };
  expect(judged(ONE, facts).state).toBe("unmet");
  expect(judged(ONE, other)).toEqual(approved(["dee"]));
  expect(judged(ONE, facts).state).toBe("unmet");
});
