import { approvals, atMost, implies, join, normalise } from "@interlock/core";
import { generators } from "@interlock/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const sets = generators.requirementSets.map(normalise);

describe("requirements are a join-semilattice", () => {
  it("idempotent", () => {
    fc.assert(
      fc.property(sets, (a) => {
        expect(join(a, a)).toEqual(a);
      }),
    );
  });
  it("commutative", () => {
    fc.assert(
      fc.property(sets, sets, (a, b) => {
        expect(join(a, b)).toEqual(join(b, a));
      }),
    );
  });
  it("associative", () => {
    fc.assert(
      fc.property(sets, sets, sets, (a, b, c) => {
        expect(join(a, join(b, c))).toEqual(join(join(a, b), c));
      }),
    );
  });
  it("monotone: joining more never demands less", () => {
    fc.assert(
      fc.property(sets, sets, sets, (a, b, c) => {
        expect(atMost(a, join(a, b))).toBe(true);
        if (atMost(a, b)) expect(atMost(join(a, c), join(b, c))).toBe(true);
      }),
    );
  });
  it("nothing required is the bottom", () => {
    fc.assert(
      fc.property(sets, (a) => {
        expect(join(a, [])).toEqual(a);
      }),
    );
  });
  it("the order of writing never matters", () => {
    fc.assert(
      fc.property(generators.requirementSets, (a) => {
        expect(normalise([...a].reverse())).toEqual(normalise(a));
      }),
    );
  });
  it("implication is what the join absorbs", () => {
    fc.assert(
      fc.property(generators.approvalsRequirements, generators.approvalsRequirements, (a, b) => {
        expect(atMost([b], [a])).toBe(implies(a, b));
      }),
    );
  });
});

describe("approvals imply by count, origin, teams and means", () => {
  const two = approvals(2, "owners", { via: "passkey" });
  it.each([
    ["fewer", approvals(1, "owners"), true],
    ["anyone", approvals(2, "anyone", { via: "passkey" }), true],
    ["more", approvals(3, "owners"), false],
    ["another team", approvals(1, "team:search"), false],
    ["different teams", approvals(2, "owners", { distinct: ["teams"] }), false],
    ["naming a finding", approvals(1, "owners", { naming: ["f1"] }), false],
  ])("two owners with a passkey imply %s: %j is %s", (_name, other, expected) => {
    expect(implies(two, other)).toBe(expected);
  });

  it("keeps incomparable ones both", () => {
    const a = approvals(2, "team:payments");
    const b = approvals(1, "team:search");
    expect(join([a], [b])).toHaveLength(2);
  });
});
