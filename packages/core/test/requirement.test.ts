import { approvals, atMost, implies, join, normalise, type Requirement } from "@interlock/core";
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
    ["a review, which is less than a passkey", approvals(2, "owners"), true],
    ["naming a finding", approvals(1, "owners", { naming: ["f1"] }), false],
    ["with a key of one device", approvals(1, "owners", { keys: "device-bound" }), false],
  ])("two owners with a passkey imply %s: %j is %s", (_name, other, expected) => {
    expect(implies(two, other)).toBe(expected);
  });

  it.each([
    ["a review does not stand for a passkey", approvals(2, "owners"), two],
    ["one team does not stand for several", two, approvals(2, "owners", { distinct: ["teams"] })],
    [
      "a passkey of any kind does not stand for one that is bound to its device",
      two,
      approvals(2, "owners", { via: "passkey", keys: "device-bound" }),
    ],
    ["anybody does not stand for owners", approvals(2, "anyone"), approvals(2, "owners")],
  ])("%s", (_name, a, b) => {
    expect(implies(a, b)).toBe(false);
  });

  it("absorbs in either order, and several at once", () => {
    const small = [approvals(1, "owners"), approvals(2, "anyone")];
    expect(join(small, [two])).toEqual([two]);
    expect(join([two], small)).toEqual([two]);
  });

  it("of nobody demands nothing", () => {
    expect(normalise([approvals(0, "owners")])).toEqual([]);
    expect(join([approvals(0, "owners")], [two])).toEqual([two]);
  });

  it("keeps incomparable ones both", () => {
    const a = approvals(2, "team:payments");
    const b = approvals(1, "team:search");
    expect(join([a], [b])).toHaveLength(2);
  });
});

describe("two of one kind become one that demands what both demand", () => {
  const DAY = 86_400_000;
  it.each<[Requirement, Requirement, Requirement]>([
    [
      { kind: "document", sections: ["why", "rollback"] },
      { kind: "document", sections: ["steps", "why"] },
      { kind: "document", sections: ["rollback", "steps", "why"] },
    ],
    [
      { kind: "check", names: ["unit"] },
      { kind: "check", names: ["schema@ci"] },
      { kind: "check", names: ["schema@ci", "unit"] },
    ],
    [
      { kind: "staged", cells: 1, trafficPpm: 20_000, bakeMs: 60_000 },
      { kind: "staged", cells: 3, trafficPpm: 10_000, bakeMs: 1_800_000 },
      { kind: "staged", cells: 1, trafficPpm: 10_000, bakeMs: 1_800_000 },
    ],
    [
      { kind: "window", calendars: ["weekdays"] },
      { kind: "window", calendars: ["daytime"] },
      { kind: "window", calendars: ["daytime", "weekdays"] },
    ],
    [
      { kind: "rollback", rehearsedWithinMs: 90 * DAY },
      { kind: "rollback", rehearsedWithinMs: 30 * DAY },
      { kind: "rollback", rehearsedWithinMs: 30 * DAY },
    ],
    [
      { kind: "ticket", systems: ["jira"] },
      { kind: "ticket", systems: [] },
      { kind: "ticket", systems: ["jira"] },
    ],
    [
      { kind: "cooldown", ms: 5_000 },
      { kind: "cooldown", ms: 9_000 },
      { kind: "cooldown", ms: 9_000 },
    ],
    [
      { kind: "deny", reasons: ["R25"] },
      { kind: "deny", reasons: ["R01"] },
      { kind: "deny", reasons: ["R01", "R25"] },
    ],
    [
      { kind: "known", facts: ["sql"] },
      { kind: "known", facts: ["files", "sql"] },
      { kind: "known", facts: ["files", "sql"] },
    ],
  ])("%j and %j", (a, b, both) => {
    expect(normalise([a, b])).toEqual([both]);
    expect(normalise([b, a])).toEqual([both]);
    expect(atMost([a], [both])).toBe(true);
    expect(atMost([both], [a])).toBe(JSON.stringify(both) === JSON.stringify(normalise([a])[0]));
  });

  it("different kinds stay beside each other, in the order of their canonical JSON", () => {
    const set: readonly Requirement[] = [
      { kind: "window", calendars: ["daytime"] },
      approvals(1, "owners"),
      { kind: "check", names: ["unit", "unit"] },
    ];
    expect(normalise(set)).toEqual([
      { kind: "window", calendars: ["daytime"] },
      approvals(1, "owners"),
      { kind: "check", names: ["unit"] },
    ]);
    expect(atMost(set.slice(0, 1), set)).toBe(true);
    expect(atMost(set, set.slice(0, 1))).toBe(false);
  });
});
