/** Every kind of requirement in every state: the reason code, its parameters, who can help and until when. */
import {
  type Evidence,
  type Facts,
  type Requirement,
  type RequirementResult,
  unknown,
} from "@interlock/core";
import { DIGEST, factsOf, NOW } from "@interlock/testkit";
import { describe, expect, it } from "vitest";
import { evaluateRequirement } from "../src/evaluation.ts";

const lost = unknown("lost", "find it");
const OTHER = "f".repeat(64);
const TERMS = { rulesDigest: "r", missingOwner: "hold" as const };
type Expected = Partial<Omit<RequirementResult, "requirement">>;
type Row = readonly [
  name: string,
  evidence: Partial<Evidence>,
  expected: Expected,
  calendars?: Facts["calendars"],
];

function table(requirement: Requirement, rows: readonly Row[]): void {
  describe(`${requirement.kind} ${JSON.stringify(requirement)}`, () => {
    it.each(rows.map((row) => [row[0], row] as const))("%s", (_name, row) => {
      const [, evidence, expected, calendars = {}] = row;
      const facts = factsOf({ calendars, evidence });
      const result = evaluateRequirement(requirement, facts, TERMS);
      expect(result).toEqual({ requirement, who: [], final: false, ...expected });
    });
  });
}

/** What every requirement says that matches evidence by the digest, when there is no digest. */
describe("without a digest nothing can be matched", () => {
  it.each<Requirement>([
    { kind: "document", sections: [] },
    { kind: "check", names: ["unit"] },
    { kind: "staged", cells: 1, trafficPpm: 1, bakeMs: 1 },
    { kind: "rollback", rehearsedWithinMs: 1 },
    { kind: "ticket", systems: [] },
  ])("$kind", (requirement) => {
    const facts = factsOf({ change: { digest: lost } });
    expect(evaluateRequirement(requirement, facts, TERMS)).toEqual({
      requirement,
      state: "unknown",
      reason: { code: "digest-unknown", params: { because: "lost" } },
      who: ["whoever can supply the missing objects"],
      final: false,
    });
  });
});

const document = (sections: readonly string[], more: object = {}) => ({
  digest: OTHER,
  change: DIGEST,
  sections,
  by: "email:ana@example.com",
  ...more,
});
const missing = (sections: readonly string[]) =>
  unmet("sections-missing", { sections }, ["the author"]);

table({ kind: "document", sections: ["rollback", "why"] }, [
  ["met", { documents: [document(["why", "rollback"])] }, met("documented")],
  ["one section", { documents: [document(["why"])] }, missing(["rollback"])],
  [
    "the nearest of several",
    { documents: [document([]), document(["rollback"]), document(["steps"])] },
    missing(["why"]),
  ],
  [
    "equally near: by the name of what is lacking",
    { documents: [document(["rollback"]), document(["why"])] },
    missing(["rollback"]),
  ],
  [
    "of another change",
    { documents: [document(["why", "rollback"], { change: OTHER })] },
    unmet("document-missing", { sections: ["rollback", "why"] }, ["the author"]),
  ],
  ["unread", { documents: lost }, unread("documents", "the author")],
]);

const check = (
  name: string,
  state: "passed" | "failed" | "skipped" | "pending",
  source = "ci",
) => ({
  name,
  state,
  digest: DIGEST,
  source,
});

table({ kind: "check", names: ["lint", "unit@ci"] }, [
  [
    "met",
    { checks: [check("unit", "passed"), check("lint", "passed", "x")] },
    met("checked", { checks: ["lint", "unit@ci"] }),
  ],
  [
    "one is missing",
    { checks: [check("lint", "passed"), check("unit", "passed", "x")] },
    unmet("check-missing", { checks: ["unit@ci"] }, ["check unit@ci"]),
  ],
  [
    "both are missing",
    { checks: [check("lint", "pending"), check("unit", "skipped")] },
    unmet("check-missing", { checks: ["lint", "unit@ci"] }, ["check lint", "check unit@ci"]),
  ],
  [
    "a failure is told before what is missing",
    { checks: [check("lint", "failed"), check("lint", "passed")] },
    unmet("check-failed", { checks: ["lint"] }, ["the author"]),
  ],
  [
    "a failure of another digest is none",
    { checks: [{ ...check("lint", "failed"), digest: OTHER }, check("unit", "passed")] },
    unmet("check-missing", { checks: ["lint"] }, ["check lint"]),
  ],
  ["unread", { checks: lost }, unread("checks", "the system that runs the checks")],
]);

table({ kind: "check", names: ["a@b@ci"] }, [
  [
    "only what follows the last @ is the source",
    { checks: [check("a@b", "passed", "ci")] },
    met("checked", { checks: ["a@b@ci"] }),
  ],
  [
    "a name with the source in it is another check",
    { checks: [check("a@b@ci", "passed", "ci"), check("a", "passed", "b@ci")] },
    unmet("check-missing", { checks: ["a@b@ci"] }, ["check a@b@ci"]),
  ],
]);

table({ kind: "check", names: ["@acme/lint", "@acme/unit@ci"] }, [
  [
    "a scoped name names no source",
    { checks: [check("@acme/lint", "passed", "x"), check("@acme/unit", "passed", "ci")] },
    met("checked", { checks: ["@acme/lint", "@acme/unit@ci"] }),
  ],
]);

const staging = (firstWaveCells: number, firstWaveTrafficPpm: number, bakeMs: number) => ({
  digest: DIGEST,
  firstWaveCells,
  firstWaveTrafficPpm,
  bakeMs,
});
const unstaged = unmet("staging-missing", { cells: 2, trafficPpm: 10_000, bakeMs: 60_000 }, [
  "the author, with a staged rollout plan",
]);

table({ kind: "staged", cells: 2, trafficPpm: 10_000, bakeMs: 60_000 }, [
  ["exactly", { staging: [staging(2, 10_000, 60_000)] }, met("staged")],
  ["smaller and longer", { staging: [staging(1, 1, 60_001)] }, met("staged")],
  ["one of several", { staging: [staging(3, 1, 1), staging(2, 1, 60_000)] }, met("staged")],
  ["a cell too many", { staging: [staging(3, 10_000, 60_000)] }, unstaged],
  ["too much traffic", { staging: [staging(2, 10_001, 60_000)] }, unstaged],
  ["too short", { staging: [staging(2, 10_000, 59_999)] }, unstaged],
  ["another digest", { staging: [{ ...staging(1, 1, 60_000), digest: OTHER }] }, unstaged],
  ["two halves", { staging: [staging(2, 20_000, 60_000), staging(2, 1, 1)] }, unstaged],
  ["unread", { staging: lost }, unread("staging", "the rollout engine")],
]);

const HOUR = 3_600_000;
const calendar = (
  open: readonly (readonly [number, number])[],
  from = -HOUR,
  until = 9 * HOUR,
) => ({
  zone: "UTC",
  tzdata: "t",
  from: NOW + from,
  until: NOW + until,
  open: open.map(([a, b]) => ({ from: NOW + a, until: NOW + b })),
});
const uncertain = (name: string) =>
  unknownBy("calendar-unknown", { calendar: name }, ["whoever maintains the policy"]);
const closed = (calendars: readonly string[], after: number): Expected => ({
  state: "unmet",
  reason: { code: "window-closed", params: { calendars, until: NOW + after } },
  who: ["time"],
  until: NOW + after,
});

table({ kind: "window", calendars: ["a", "b"] }, [
  [
    "both open, from this instant",
    {},
    met("window-open"),
    { a: calendar([[0, 1]]), b: calendar([[-HOUR, 1]]) },
  ],
  [
    "closed at the instant of the end",
    {},
    closed(["b"], HOUR),
    {
      a: calendar([[0, 2 * HOUR]]),
      b: calendar([
        [-HOUR, 0],
        [HOUR, 2 * HOUR],
      ]),
    },
  ],
  [
    "the first instant at which both are open",
    {},
    closed(["a", "b"], 3 * HOUR),
    {
      a: calendar([
        [HOUR, 2 * HOUR],
        [3 * HOUR, 4 * HOUR],
      ]),
      b: calendar([[2 * HOUR, 4 * HOUR]]),
    },
  ],
  [
    "an opening ends where the other begins",
    {},
    {
      state: "unmet",
      reason: { code: "window-never-opens", params: { calendars: ["a", "b"] } },
      who: ["whoever maintains the policy"],
      final: true,
    },
    { a: calendar([[HOUR, 2 * HOUR]]), b: calendar([[2 * HOUR, 3 * HOUR]]) },
  ],
  [
    "an opening that is over is none",
    {},
    closed(["a", "b"], 2 * HOUR),
    {
      a: calendar([
        [-1_000, -1],
        [2 * HOUR, 3 * HOUR],
      ]),
      b: calendar([
        [-1_000, -1],
        [2 * HOUR, 3 * HOUR],
      ]),
    },
  ],
  [
    "the first of several, whichever calendar it begins with",
    {},
    closed(["a", "b"], 2 * HOUR),
    {
      a: calendar([
        [HOUR, 4 * HOUR],
        [5 * HOUR, 6 * HOUR],
      ]),
      b: calendar([
        [2 * HOUR, 3 * HOUR],
        [5 * HOUR, 6 * HOUR],
      ]),
    },
  ],
  ["one is not there", {}, uncertain("b"), { a: calendar([[0, 1]]) }],
  [
    "known from this instant",
    {},
    met("window-open"),
    { a: calendar([[0, 1]], 0), b: calendar([[0, 1]]) },
  ],
  ["known only later", {}, uncertain("a"), { a: calendar([[0, 1]], 1), b: calendar([[0, 1]]) }],
  [
    "known only until now",
    {},
    uncertain("a"),
    { a: calendar([[0, 1]], -1, 0), b: calendar([[0, 1]]) },
  ],
]);

const unrehearsed = unmet("rollback-missing", { rehearsedWithinMs: HOUR }, ["the author"]);

table({ kind: "rollback", rehearsedWithinMs: HOUR }, [
  [
    "just lately enough",
    { documents: [document(["rollback"], { rehearsedAt: NOW - HOUR })] },
    met("rollback-rehearsed"),
  ],
  ["now", { documents: [document(["rollback"], { rehearsedAt: NOW })] }, met("rollback-rehearsed")],
  [
    "too long ago",
    { documents: [document(["rollback"], { rehearsedAt: NOW - HOUR - 1 })] },
    unrehearsed,
  ],
  ["in the future", { documents: [document(["rollback"], { rehearsedAt: NOW + 1 })] }, unrehearsed],
  ["never", { documents: [document(["rollback"])] }, unrehearsed],
  ["not described", { documents: [document(["why"], { rehearsedAt: NOW })] }, unrehearsed],
  [
    "of another change",
    { documents: [document(["rollback"], { rehearsedAt: NOW, change: OTHER })] },
    unrehearsed,
  ],
  ["unread", { documents: lost }, unread("documents", "the author")],
]);

const ticket = (system: string, more: object = {}) => ({
  id: "T-1",
  system,
  change: DIGEST,
  state: "open" as const,
  ...more,
});
const unticketed = (systems: readonly string[]) =>
  unmet("ticket-missing", { systems }, ["the author"]);

table({ kind: "ticket", systems: ["ops", "sales"] }, [
  ["one in each", { tickets: [ticket("sales"), ticket("ops")] }, met("ticket-open")],
  ["one of two", { tickets: [ticket("ops")] }, unticketed(["sales"])],
  [
    "closed",
    { tickets: [ticket("ops", { state: "closed" }), ticket("sales")] },
    unticketed(["ops"]),
  ],
  ["another change", { tickets: [ticket("ops", { change: OTHER })] }, unticketed(["ops", "sales"])],
  ["unread", { tickets: lost }, unread("tickets", "the ticket system")],
]);

table({ kind: "ticket", systems: [] }, [
  ["any", { tickets: [ticket("ops")] }, met("ticket-open")],
  ["none", { tickets: [] }, unticketed([])],
]);

const cooling = (until: number): Expected => ({
  state: "unmet",
  reason: { code: "cooling-down", params: { until, ms: HOUR } },
  who: ["time"],
  until,
});

table({ kind: "cooldown", ms: HOUR }, [
  ["exactly reached", { firstSeenAt: NOW - HOUR }, met("cooled-down")],
  ["a millisecond short", { firstSeenAt: NOW - HOUR + 1 }, cooling(NOW + 1)],
  [
    "never seen",
    {},
    unknownBy("first-seen-unknown", { ms: HOUR }, ["a server that has seen the change"]),
  ],
]);

table({ kind: "cooldown", ms: 0 }, [
  ["seen at this instant", { firstSeenAt: NOW }, met("cooled-down")],
  [
    "seen in the future",
    { firstSeenAt: NOW + 1 },
    {
      state: "unmet",
      reason: { code: "cooling-down", params: { until: NOW + 1, ms: 0 } },
      who: ["time"],
      until: NOW + 1,
    },
  ],
]);

table({ kind: "deny", reasons: ["a", "b"] }, [
  [
    "always",
    {},
    {
      state: "unmet",
      reason: { code: "denied", params: { reasons: ["a", "b"] } },
      final: true,
    },
  ],
]);

table({ kind: "known", facts: ["x"] }, [
  [
    "always",
    {},
    unknownBy("must-be-known", { what: ["x"] }, ["whoever can make the input readable"]),
  ],
]);

type Code = RequirementResult["reason"]["code"];
type Params = RequirementResult["reason"]["params"];

function unmet(code: Code, params: Params, who: readonly string[]): Expected {
  return { state: "unmet", reason: { code, params }, who };
}

function unknownBy(code: Code, params: Params, who: readonly string[]): Expected {
  return { state: "unknown", reason: { code, params }, who };
}

function met(code: Code, params: Params = {}): Expected {
  return { state: "met", reason: { code, params } };
}

function unread(what: string, who: string): Expected {
  return unknownBy("facts-unknown", { what: [what], because: "lost" }, [who]);
}
