// SPDX-License-Identifier: Apache-2.0
/** fast-check generators of policies, facts and evidence for the laws of the decision. */
import {
  type Approval,
  type Approvals,
  approvals,
  type Delta,
  delta,
  type Facts,
  type From,
  type Policy,
  type Requirement,
  type Rule,
} from "@interlock/core";
import fc from "fast-check";
import { approval, contributor, DIGEST, factsOf, file, NOW, person } from "./facts.ts";
import { policyOf, rule } from "./policies.ts";

const IDS = ["ana", "bo", "cy", "dee"] as const;
const TEAMS = ["payments", "search"] as const;
const someOf = <T>(items: readonly T[], max = items.length) =>
  fc.subarray([...items], { maxLength: max });

export const froms = fc.constantFrom<From>("anyone", "owners", "team:payments", "team:search");

export const approvalsRequirements: fc.Arbitrary<Approvals> = fc
  .record({
    count: fc.integer({ min: 1, max: 3 }),
    from: froms,
    via: fc.constantFrom("review" as const, "passkey" as const),
    distinct: someOf(["teams"] as const),
    naming: someOf(["f1", "f2", "f3"]),
    keys: fc.constantFrom(null, null, "device-bound" as const),
  })
  .map(({ count, from, keys, ...more }) =>
    approvals(count, from, { ...more, ...(keys === null ? {} : { keys }) }),
  );

export const requirements: fc.Arbitrary<Requirement> = fc.oneof(
  approvalsRequirements,
  someOf(["why", "steps", "rollback"]).map(
    (sections): Requirement => ({ kind: "document", sections }),
  ),
  someOf(["unit", "schema", "schema@ci"]).map((names): Requirement => ({ kind: "check", names })),
  fc
    .record({
      cells: fc.integer({ min: 1, max: 5 }),
      trafficPpm: fc.integer({ min: 0, max: 1_000_000 }),
      bakeMs: fc.integer({ min: 0, max: 10_000_000 }),
    })
    .map((r): Requirement => ({ kind: "staged", ...r })),
  someOf(["office", "weekday"]).map((calendars): Requirement => ({ kind: "window", calendars })),
  fc
    .integer({ min: 1, max: 10_000_000 })
    .map((rehearsedWithinMs): Requirement => ({ kind: "rollback", rehearsedWithinMs })),
  someOf(["desk", "board"]).map((systems): Requirement => ({ kind: "ticket", systems })),
  fc.integer({ min: 0, max: 10_000_000 }).map((ms): Requirement => ({ kind: "cooldown", ms })),
  someOf(["r1", "r2"]).map((reasons): Requirement => ({ kind: "deny", reasons })),
  someOf(["g1", "g2"]).map((facts): Requirement => ({ kind: "known", facts })),
);

export const requirementSets = fc.array(requirements, { maxLength: 6 });

const CONDITIONS = [
  undefined,
  "true",
  "false",
  "change.totals.files > 0",
  "change.files.exists(f, f.kind == 'config')",
  "change.systems.exists(s, s.tier == 1)",
  "blast.cells > 1",
  "context.exists(c, c.kind == 'load')",
  "!context.exists(c, c.kind == 'restore-tested')",
  "no.such.fact == 1",
  "kubernetes.exists(k, k.afterMicro == 0) && blast.cells > 0",
] as const;

const modes = fc.constantFrom("observe" as const, "warn" as const, "enforce" as const);

export const rules: fc.Arbitrary<Rule> = fc
  .record({
    id: fc.constantFrom("a", "b", "c", "d", "e", "f"),
    when: fc.constantFrom(...CONDITIONS),
    finds: fc.constantFrom("no", "kubernetes", "config"),
    severity: fc.constantFrom("H" as const, "2" as const, "1" as const, "n" as const),
    require: fc.array(requirements, { maxLength: 2 }),
    covers: fc.boolean(),
    mode: fc.option(modes, { nil: undefined }),
    during: fc.constantFrom({}, {}, {}, { from: NOW }, { until: NOW }, { until: NOW + 1 }),
  })
  .map(({ id, when, finds, severity, require, covers, mode, during }) =>
    rule(id, {
      ...(when === undefined ? {} : { when }),
      ...(finds === "no"
        ? {}
        : {
            each: finds,
            where: "it.afterMicro == 0",
            severity,
            says: "{subject} goes to {after}",
          }),
      ...(mode === undefined ? {} : { mode }),
      ...during,
      require,
      covers,
    }),
  );

const freezes = fc
  .record({
    name: fc.constantFrom("sale", "holidays"),
    systems: someOf(["checkout", "search"]),
    from: fc.constantFrom(NOW - 1, NOW, NOW + 1),
    until: fc.constantFrom(undefined, NOW, NOW + 10),
  })
  .map(({ until, ...f }) => (until === undefined ? f : { ...f, until }));

export const policies: fc.Arbitrary<Policy> = fc
  .record({
    rules: fc.uniqueArray(rules, { maxLength: 5, selector: (r) => r.id }),
    mode: fc.constantFrom("observe" as const, "enforce" as const),
    otherwise: fc.array(requirements, { maxLength: 2 }),
    missingOwner: fc.constantFrom("hold" as const, "anyone" as const),
    // Data that a loader did not read may name a pair twice.
    overrides: fc.array(
      fc
        .record({
          rule: fc.constantFrom("a", "b", "c"),
          system: fc.constantFrom("", "checkout", "search"),
          mode: modes,
          until: fc.constantFrom(undefined, NOW, NOW + 1),
        })
        .map(({ until, ...o }) => (until === undefined ? o : { ...o, until })),
      { maxLength: 3 },
    ),
    freezes: fc.uniqueArray(freezes, { maxLength: 2, selector: (f) => f.name }),
  })
  .map(({ rules: chosen, ...more }) => policyOf(chosen, more));

const deltas: fc.Arbitrary<Delta> = fc
  .record({
    path: fc.constantFrom("a.yaml", "b.yaml"),
    line: fc.integer({ min: 1, max: 9 }),
    afterMicro: fc.constantFrom(0, 5_000_000),
  })
  .map(({ path, line, afterMicro }) =>
    delta({
      path,
      line,
      aspect: "replicas",
      op: "changed",
      subject: `Deployment/${path}`,
      numeric: true,
      beforeMicro: 9_000_000,
      afterMicro,
    }),
  );

export const approvalFacts: fc.Arbitrary<Approval> = fc
  .record({
    by: fc.constantFrom(...IDS, "stranger", "robot", "agent"),
    digest: fc.constantFrom(DIGEST, DIGEST, DIGEST, "f".repeat(64)),
    via: fc.constantFrom("review" as const, "passkey" as const),
    key: fc.constantFrom(null, "device-bound" as const, "synchronised" as const),
    withdrawn: fc.constantFrom(false, false, false, true),
    at: fc.constantFrom(NOW - 1_000, NOW - 1_000, NOW + 1_000),
  })
  .map(({ by, key, ...more }) => approval(by, { ...more, ...(key === null ? {} : { key }) }));

const contexts = fc
  .record({
    kind: fc.constantFrom("load", "restore-tested"),
    by: fc.constantFrom(...IDS, "stranger"),
    age: fc.constantFrom(1, 10_000),
  })
  .map(({ kind, by, age }) => ({
    kind,
    subject: "db",
    value: "yes",
    micro: 0,
    source: "test",
    by: `email:${by}@example.com`,
    observedAt: NOW - age,
    validForMs: 5_000,
  }));

const evidence = fc.record({
  approvals: fc.array(approvalFacts, { maxLength: 5 }),
  rejections: fc.array(
    fc.record({
      by: fc.constantFrom("email:bo@example.com"),
      digest: fc.constant(DIGEST),
      at: fc.constant(NOW - 5),
      reason: fc.constant("no"),
      closed: fc.boolean(),
    }),
    { maxLength: 1 },
  ),
  checks: fc.array(
    fc.record({
      name: fc.constantFrom("unit", "schema"),
      state: fc.constantFrom("passed" as const, "failed" as const, "skipped" as const),
      digest: fc.constant(DIGEST),
      source: fc.constantFrom("ci", "laptop"),
    }),
    { maxLength: 3 },
  ),
  documents: fc.array(
    fc.record({
      digest: fc.constant("d".repeat(64)),
      change: fc.constantFrom(DIGEST, "e".repeat(64)),
      sections: someOf(["why", "steps", "rollback"]),
      rehearsedAt: fc.constantFrom(NOW - 1_000, NOW - 5_000_000),
      by: fc.constant("email:bo@example.com"),
    }),
    { maxLength: 2 },
  ),
  waivers: fc.array(
    fc.record({
      rule: fc.constantFrom("a", "b", "c", "otherwise", "freeze/peak", "debt"),
      digest: fc.constant(DIGEST),
      by: someOf(IDS.map((i) => `email:${i}@example.com`)),
      reason: fc.constant("because"),
      expiresAt: fc.constantFrom(NOW + 5, NOW - 5),
      breakGlass: fc.boolean(),
    }),
    { maxLength: 2 },
  ),
  freezes: fc.array(
    fc.record({
      name: fc.constant("peak"),
      from: fc.constantFrom(NOW - 5, NOW + 5),
      until: fc.constant(NOW + 10),
      systems: fc.constantFrom<string[]>([], ["checkout"]),
    }),
    { maxLength: 1 },
  ),
  debts: fc.array(
    fc.record({
      entry: fc.constant("a".repeat(64)),
      teams: fc.constantFrom<string[]>([], ["payments"], ["search"]),
      at: fc.constantFrom(NOW - 5, NOW + 5),
    }),
    { maxLength: 1 },
  ),
  firstSeenAt: fc.constant(NOW - 3_000_000),
});

/** Facts in which everything that can be known is known. */
export const knownFacts: fc.Arbitrary<Facts> = fc
  .record({
    evidence,
    kubernetes: fc.array(deltas, { maxLength: 3 }),
    config: fc.array(deltas, { maxLength: 3 }),
    context: fc.array(contexts, { maxLength: 2 }),
    owners: fc.constantFrom<string[]>(["payments"], ["search"], [], ["payments", "search"]),
    tier: fc.integer({ min: 1, max: 4 }),
    cells: fc.integer({ min: 0, max: 3 }),
    contributors: fc.array(fc.constantFrom(...IDS, "robot", "agent"), {
      minLength: 1,
      maxLength: 2,
    }),
    teams: fc.array(someOf(TEAMS), { minLength: 4, maxLength: 4 }),
  })
  .map((g) =>
    factsOf({
      evidence: g.evidence,
      kubernetes: g.kubernetes,
      config: g.config,
      context: g.context,
      blast: {
        systems: 1,
        tier1: 0,
        cells: g.cells,
        regions: 1,
        trafficPpm: 0,
        ordersPerMinute: 0,
        global: false,
        certainty: "certain",
        reached: [],
      },
      calendars: { office: calendar(true), weekday: calendar(false) },
      people: {
        persons: IDS.map((id, i) =>
          person(id, {
            teams: g.teams[i] ?? [],
            agents: id === "bo" ? ["email:agent@example.com"] : [],
          }),
        ),
        machines: [
          { account: "email:robot@example.com", purpose: "bumps", mayTouch: ["billing/**"] },
        ],
      },
      change: {
        contributors: g.contributors.map((c) => contributor(c)),
        files: [file("billing/rates.csv", { owners: g.owners, systems: ["checkout"] })],
        systems: [
          {
            id: "checkout",
            tier: g.tier,
            owner: "payments",
            org: [],
            cells: [],
            orderSharePpm: 0,
            incidents: 0,
          },
        ],
      },
    }),
  );

const calendar = (open: boolean) => ({
  zone: "UTC",
  tzdata: "test",
  from: NOW - 10,
  until: NOW + 1_000_000,
  open: open ? [{ from: NOW - 5, until: NOW + 5 }] : [{ from: NOW + 100, until: NOW + 200 }],
});
