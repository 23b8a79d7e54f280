import {
  AWAY,
  compilePolicy,
  type IfDown,
  type JudgingPolicy,
  mayProceed,
  tierTouched,
  whileAway,
} from "@interlock/core";
import { policyOf } from "@interlock/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const NOW = 1_000;
const lines = fc.array(
  fc.record(
    {
      tier: fc.integer({ min: 1, max: 4 }),
      away: fc.uniqueArray(fc.constantFrom(...AWAY)),
      proceeds: fc.boolean(),
      from: fc.constantFrom(NOW - 1, NOW, NOW + 1),
      until: fc.constantFrom(NOW - 1, NOW, NOW + 1),
    },
    { requiredKeys: ["tier", "away", "proceeds"] },
  ),
  { maxLength: 4 },
);
const judging = (ifDown: readonly IfDown[], role: JudgingPolicy["role"]): JudgingPolicy => ({
  ...{ role, kind: "policy" },
  policy: compilePolicy(policyOf([], { ifDown })),
});
const asked = fc.record({
  tier: fc.option(fc.integer({ min: 1, max: 4 })),
  away: fc.constantFrom(...AWAY),
  now: fc.constant(NOW),
});

describe("not-the-outage: what goes on while something is away", () => {
  it("only-tightens: a line that holds, and every further policy, never lets anything go on", () => {
    fc.assert(
      fc.property(lines, lines, asked, (own, more, about) => {
        if (whileAway([judging(own, "in-force")], about) === "proceed") return;
        const holding = more.map((line) => ({ ...line, proceeds: false }));
        expect(whileAway([judging([...own, ...holding], "in-force")], about)).toBe("hold");
        for (const role of ["in-force", "proposed"] as const)
          expect(whileAway([judging(own, "in-force"), judging(more, role)], about)).toBe("hold");
      }),
    );
  });

  it("order-free: no order of lines or policies matters", () => {
    fc.assert(
      fc.property(lines, lines, asked, (own, more, about) => {
        const policies = [judging(own, "in-force"), judging(more, "proposed")];
        const turned = [
          judging(more.toReversed(), "proposed"),
          judging(own.toReversed(), "in-force"),
        ];
        expect(whileAway(policies, about)).toBe(whileAway(turned, about));
      }),
    );
  });

  it("fail-closed: what nobody declares, cannot be read or may never go on holds", () => {
    fc.assert(
      fc.property(lines, asked, (own, about) => {
        const { tier, away } = about;
        expect(whileAway([], about)).toBe("hold");
        expect(whileAway([judging(own, "proposed")], about)).toBe("hold");
        const unread: JudgingPolicy = { role: "in-force", kind: "unreadable", because: "x" };
        expect(whileAway([judging(own, "in-force"), unread], about)).toBe("hold");
        if (tier === null || !mayProceed(tier, away))
          expect(whileAway([judging(own, "in-force")], about)).toBe("hold");
      }),
    );
    const letting = judging([{ tier: 3, away: ["server"], proceeds: true }], "in-force");
    expect(whileAway([letting], { tier: 3, away: "server", now: NOW })).toBe("proceed");
    expect(whileAway([letting], { tier: 3, away: "database", now: NOW })).toBe("hold");
  });

  it("an addendum's line holds from its start until its end", () => {
    const lets = { tier: 4, away: [], proceeds: true };
    const during = { tier: 4, away: [], proceeds: false, from: 10, until: 20 };
    const at = (now: number) =>
      whileAway([judging([lets, during], "in-force")], { tier: 4, away: "server", now });
    expect([9, 10, 19, 20].map(at)).toEqual(["proceed", "hold", "hold", "proceed"]);
  });

  it("the tier of a change is the most critical of its systems and of where it goes", () => {
    const system = (tier: number) => ({
      ...{ id: `s${tier}`, tier, owner: "", org: [], cells: [], orderSharePpm: 0, incidents: 0 },
    });
    expect(tierTouched({ systems: [system(3), system(2)] }, 4)).toBe(2);
    expect(tierTouched({ systems: [system(3)] }, 1)).toBe(1);
    expect(tierTouched({ systems: [] }, null)).toBeNull();
    expect(tierTouched({ systems: { $unknown: { because: "x", help: "y" } } }, 4)).toBeNull();
  });
});
