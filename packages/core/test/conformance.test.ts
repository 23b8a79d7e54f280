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
