/** Every case of `conformance/decide`, its variations, and the table of bypasses against the cases. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { type DecisionRecord, decide, type Facts, replay } from "@interlock/core";
import {
  type DecisionCase,
  judgeSituation,
  readDecisionCase,
  type Situation,
} from "@interlock/testkit";
import { describe, expect, it } from "vitest";

const folder = new URL("../../../conformance/decide/", import.meta.url);
const readPolicy = (name: string) => readFileSync(new URL(`policies/${name}`, folder), "utf8");

const themes = readdirSync(folder, { withFileTypes: true })
  .filter((e) => e.isDirectory() && e.name !== "policies")
  .map((e) => e.name)
  .sort();
const files = themes.flatMap((theme) =>
  readdirSync(new URL(`${theme}/`, folder))
    .sort()
    .map((name) => `${theme}/${name}`),
);
const cases: readonly (readonly [string, DecisionCase])[] = files.map((name) => {
  try {
    return [name, readDecisionCase(readFileSync(new URL(name, folder), "utf8"))] as const;
  } catch (error) {
    throw new Error(`${name}: ${String(error)}`, { cause: error });
  }
});

describe.each(cases)("%s", (_name, read) => {
  it.each(read.situations.map((s) => [s.name, s] as const))(`${read.case}: %s`, (_s, situation) => {
    expect(judgeSituation(situation, readPolicy).disagreements).toEqual([]);
  });
});

describe("every case", () => {
  const situations = cases.flatMap(([name, c]) =>
    c.situations.map((s) => [`${name}: ${s.name}`, s] as const),
  );

  it("is decided alike whatever the order of policies, people and evidence", () => {
    for (const [name, situation] of situations) {
      const { facts, policies, decision } = judgeSituation(situation, readPolicy);
      expect([name, decide([...policies.judging].reverse(), backwards(facts))]).toEqual([
        name,
        decision,
      ]);
    }
  });

  it("replays to the same bytes from its record", () => {
    for (const [name, situation] of situations)
      expect([name, replay(recordOf(situation))]).toEqual([name, { kind: "same" }]);
  });

  it("has a name of its own", () => {
    const names = cases.map(([, c]) => c.case);
    expect(names.filter((n, i) => names.indexOf(n) !== i)).toEqual([]);
  });

  it("names only policy files that exist, and every policy file is used", () => {
    const used = new Set(situations.map(([, s]) => s.policy).filter((p) => typeof p === "string"));
    used.delete("missing");
    expect([...used].sort()).toEqual(readdirSync(new URL("policies/", folder)).sort());
  });
});

describe("a case that says too little or something that nobody defined is refused", () => {
  const CASE = `
case: name
why: reason
policy: { otherwise: [{ check: [unit] }] }
given: { checks: { unit: passed } }
then: { outcome: allow, because: [{ rule: otherwise, says: everything it needs is there }] }
also holds when: [{ checks: [] }]
`;
  const run = (source: string) =>
    readDecisionCase(source).situations.flatMap((s) => judgeSituation(s, readPolicy).disagreements);

  it("and this one holds", () => {
    expect(run(CASE)).toEqual([]);
  });

  it.each<[string, string, string, RegExp]>([
    ["an unknown key", "why: reason", "why: reason\nnote: x", /no key is called `note`/],
    ["a key twice", "why: reason", "why: reason\nwhy: again", /unique/i],
    ["no reason", "why: reason", "", /why: expected a text/],
    ["no policy", "policy: {", "proposed: {", /write `missing`/],
    [
      "nothing expected to be said",
      /because: \[.*\] /.exec(CASE)?.[0] ?? "",
      "",
      /nothing is expected/,
    ],
    ["an expectation without a sentence", ", says: everything it needs is there", "", /neither/],
    ["an outcome that is none", "outcome: allow", "outcome: pass", /`pass` is none of/],
    ["an unknown fact", "given: {", "given: { approvers: [], ", /no key is called `approvers`/],
    ["an unknown state of a check", "unit: passed }", "unit: green }", /`green` is none of/],
    ["a policy that does not load", "check: [unit]", "checks: [unit]", /no requirement is called/],
    [
      "a broken policy that loads",
      "{ otherwise: [{ check: [unit] }] }",
      "{ broken: 'policy: x' }",
      /shows nothing/,
    ],
    ["a variation that changes nothing", "{ checks: [] }", "{ says: x }", /changes nothing/],
    ["a digest that is none", "given: {", "given: { change: { digest: xyz }, ", /no short digest/],
    ["a time without a zone", "given: {", "given: { now: 2030-05-02, ", /is no time/],
    [
      "owners of what is not touched",
      "given: {",
      "given: { owners: { x: nobody }, ",
      /does not touch `x`/,
    ],
    [
      "facts that the schema refuses",
      "given: {",
      "given: { config: [{ op: x }], ",
      /no valid facts/,
    ],
    [
      "something that cannot be unknown",
      "given: {",
      "given: { unknown: luck, ",
      /cannot be unknown/,
    ],
  ])("%s", (_name, written, instead, message) => {
    expect(CASE).toContain(written);
    expect(() => run(CASE.replace(written, instead))).toThrow(message);
  });

  it.each<[string, string, string, string]>([
    ["another outcome", "outcome: allow", "outcome: deny", "outcome is allow, not deny"],
    [
      "another effective",
      "outcome: allow",
      "outcome: allow, effective: hold",
      "effective is allow, not hold",
    ],
    [
      "a time",
      "outcome: allow",
      "outcome: allow, until: 2030-01-01T00:00:00Z",
      "until is never, not 2030-01-01T00:00:00.000Z",
    ],
    [
      "another sentence",
      "everything it needs is there",
      "all is well",
      'nobody says {"rule":"otherwise","says":"all is well"}',
    ],
    [
      "a finding that is not there",
      "says: everything it needs is there",
      "finds: [x]",
      'nobody says {"rule":"otherwise","finds":["x"]}',
    ],
    [
      "another outcome of a variation",
      "also holds when",
      "also denies when",
      "outcome is hold, not deny",
    ],
  ])("and a decision that differs by %s is told", (_name, written, instead, told) => {
    expect(CASE).toContain(written);
    expect(run(CASE.replace(written, instead))).toContain(told);
  });

  it("and a rule in the way that the case does not name is told", () => {
    const source = CASE.replace("{ unit: passed }", "{ unit: failed }")
      .replace("outcome: allow", "outcome: hold")
      .replace("given: {", "given: { rejections: [{ by: cy }], ")
      .replace("everything it needs is there", "it still needs check");
    expect(run(source)).toContain(
      "`rejection/email:cy@example.com` stands in the way, which the case does not say",
    );
  });
});

/** The same facts, every set-like list of evidence and people from back to front. */
function backwards(facts: Facts): Facts {
  const turned = <T>(list: T): T => (Array.isArray(list) ? [...list].reverse() : list) as T;
  const evidence = Object.fromEntries(
    Object.entries(facts.evidence).map(([key, value]) => [key, turned(value)]),
  ) as Facts["evidence"];
  const people =
    "persons" in facts.people
      ? { persons: turned(facts.people.persons), machines: turned(facts.people.machines) }
      : facts.people;
  return {
    ...facts,
    change: {
      ...facts.change,
      contributors: turned(facts.change.contributors),
      pushedBy: turned(facts.change.pushedBy),
    },
    context: turned(facts.context),
    gaps: turned(facts.gaps),
    people,
    evidence,
  };
}

function recordOf(situation: Situation): DecisionRecord {
  const { facts, policies, decision } = judgeSituation(situation, readPolicy);
  const stored: DecisionRecord = {
    record: "interlock/decision/v1",
    policies: policies.judging.map((p) =>
      p.kind === "policy"
        ? { role: p.role, policy: p.policy.policy }
        : p.kind === "shown"
          ? { role: p.role, shown: p.by }
          : { role: p.role, unreadable: p.because },
    ),
    facts,
    decision,
  };
  return JSON.parse(JSON.stringify(stored));
}

describe("bypasses.md", () => {
  const rows = readFileSync(new URL("bypasses.md", folder), "utf8")
    .split("\n")
    .map((line) => /^\| (\d+) \| (.+) \| (.+) \|$/.exec(line))
    .filter((match) => match !== null)
    .map(([, number, what, where]) => ({
      number: Number(number),
      what: what ?? "",
      files: [...(where ?? "").matchAll(/\[[^\]]+\]\(([^)]+)\)/g)].map(([, file]) => file ?? ""),
      where: where ?? "",
    }));

  it("lists each number once, in order", () => {
    const numbers = rows.map((r) => r.number);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(numbers.length).toBeGreaterThan(60);
  });

  it("links files that exist", () => {
    for (const { number, files: linked } of rows)
      for (const file of linked)
        expect([number, file, existsSync(new URL(file, folder))]).toEqual([number, file, true]);
  });

  it("names for each number exactly the cases that claim it, or says why there is none", () => {
    for (const { number, files: linked, where } of rows) {
      const claiming = cases.filter(([, c]) => c.bypass.includes(number)).map(([name]) => name);
      const linkedCases = linked.filter((file) => !file.startsWith("../"));
      expect([number, [...linkedCases].sort()]).toEqual([number, claiming]);
      if (linked.length === 0) expect([number, where.length > 30]).toEqual([number, true]);
    }
  });

  it("knows every number that a case claims", () => {
    const known = new Set(rows.map((r) => r.number));
    for (const [name, c] of cases)
      expect([name, c.bypass.filter((n) => !known.has(n))]).toEqual([name, []]);
  });
});
