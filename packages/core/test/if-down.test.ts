import {
  AWAY,
  compilePolicy,
  enforcesNothing,
  type IfDown,
  type JudgingPolicy,
  mayProceed,
  type Policy,
  tierTouched,
  whileAway,
} from "@interlock/core";
import { policyOf, rule } from "@interlock/testkit";
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
const policy = (role: JudgingPolicy["role"], more: Partial<Policy>): JudgingPolicy => ({
  ...{ role, kind: "policy" },
  policy: compilePolicy(policyOf([], more)),
});
const judging = (ifDown: readonly IfDown[], role: JudgingPolicy["role"]) =>
  policy(role, { ifDown });
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

  it("a policy that enforces nothing holds nothing, whatever is away and whatever the tier", () => {
    fc.assert(
      fc.property(lines, asked, fc.constantFrom("observe", "warn"), (ifDown, about, mode) => {
        const observing = policy("in-force", { ifDown, mode });
        expect(whileAway([observing], about)).toBe("proceed");
        expect(whileAway([observing, policy("proposed", { mode })], about)).toBe("proceed");
        expect(whileAway([policy("proposed", { mode })], about)).toBe("hold");
      }),
    );
  });

  const observe = { mode: "observe" } as const;
  const unread: JudgingPolicy = { role: "proposed", kind: "unreadable", because: "x" };
  const enforced = (until?: number) => ({
    ...{ mode: "enforce" as const },
    ...(until === undefined ? {} : { until }),
  });
  const byRule = (until?: number) => ({ rules: [rule("a", enforced(until))] });
  const byOverride = (until?: number) => ({
    ...{ rules: [rule("a")] },
    overrides: [{ rule: "a", system: "shop", ...enforced(until) }],
  });
  it.each<[string, readonly JudgingPolicy[]]>([
    ["nothing is in force", [policy("proposed", observe)]],
    ["its mode enforces", [policy("in-force", enforced())]],
    ["one that is proposed enforces", [policy("in-force", observe), policy("proposed", {})]],
    ["one cannot be read", [policy("in-force", observe), unread]],
    ["a rule enforces", [policy("in-force", { ...observe, ...byRule() })]],
    ["a rule enforces for a while", [policy("in-force", { ...observe, ...byRule(NOW + 1) })]],
    ["an override enforces", [policy("in-force", { ...observe, ...byOverride() })]],
  ])("fail-closed: something is enforced where %s", (_name, policies) => {
    expect(enforcesNothing(policies, NOW)).toBe(false);
    expect(whileAway(policies, { tier: 4, away: "server", now: NOW })).toBe("hold");
  });

  it.each([
    ["rule", byRule(NOW)],
    ["override", byOverride(NOW)],
  ])("a %s that has ended enforces nothing", (_name, more) => {
    const ended = [policy("in-force", { ...observe, ...more })];
    expect(enforcesNothing(ended, NOW)).toBe(true);
    expect(enforcesNothing(ended, NOW - 1)).toBe(false);
  });
});
