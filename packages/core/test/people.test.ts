/** Accounts and persons: who is one human, who contributed, and what a machine may touch. */
import {
  type Contributor,
  contributorsOf,
  type FileFact,
  type Machine,
  type Person,
  personGraph,
  type Unknown,
  unknown,
} from "@interlock/core";
import { change, contributor, file, person } from "@interlock/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canAssignDistinct } from "../src/matching.ts";

const graph = (persons: readonly Person[], machines: readonly Machine[] = []) =>
  personGraph({ persons, machines });
const bot = (...mayTouch: string[]): Machine => ({ account: "bot", purpose: "", mayTouch });
const lost = unknown("lost", "find it");

describe("personGraph", () => {
  it("resolves accounts, agents, machines and strangers", () => {
    const bo = person("bo", { accounts: ["a", "b"], agents: ["x"], teams: ["t"] });
    const { resolve } = graph([bo], [bot("**")]);
    const human = { kind: "person", id: "bo", active: true, teams: ["t"], agent: false };
    expect(resolve("a")).toEqual(human);
    expect(resolve("b")).toEqual(human);
    expect(resolve("x")).toEqual({ ...human, agent: true });
    expect(resolve("bot")).toEqual({ kind: "machine", machine: bot("**") });
    expect(resolve("bo")).toEqual({ kind: "unknown" });
    expect(resolve("")).toEqual({ kind: "unknown" });
  });

  it.each<[string, readonly Person[]]>([
    ["an account", [person("bo", { accounts: ["a", "b"] }), person("cy", { accounts: ["b"] })]],
    ["an agent", [person("bo", { agents: ["a"] }), person("cy", { agents: ["a"] })]],
    [
      "an account that is the other's agent",
      [person("bo", { accounts: ["a"] }), person("cy", { agents: ["a"] })],
    ],
    ["an id", [person("bo", { accounts: ["a"] }), person("bo", { accounts: ["b"] })]],
  ])("two records that share %s are one person", (_what, persons) => {
    const { resolve } = graph(persons);
    const ids = persons
      .flatMap((p) => [...p.accounts, ...p.agents])
      .map((account) => resolve(account))
      .map((r) => (r.kind === "person" ? r.id : r.kind));
    expect(new Set(ids)).toEqual(new Set(["bo"]));
  });

  it("everybody has the account of their own id, and who claims another's is one person with them", () => {
    const own = graph([person("bo"), person("cy")]);
    expect(own.resolve("person:bo")).toMatchObject({ kind: "person", id: "bo", agent: false });
    expect(own.resolve("person:dee")).toEqual({ kind: "unknown" });
    const claimed = graph([person("bo", { accounts: ["person:cy"] }), person("cy")]);
    expect(claimed.resolve("person:cy")).toMatchObject({ id: "bo" });
    expect(claimed.resolve("email:cy@example.com")).toMatchObject({ id: "bo" });
    const asAgent = graph([person("bo", { agents: ["person:cy"] }), person("cy")]);
    expect(asAgent.resolve("person:cy")).toMatchObject({ id: "bo", agent: true });
  });

  it("two records that share nothing are two people", () => {
    const { resolve } = graph([person("bo"), person("cy")]);
    expect(resolve("email:bo@example.com")).toMatchObject({ id: "bo" });
    expect(resolve("email:cy@example.com")).toMatchObject({ id: "cy" });
  });

  it("a merged person has all teams, and is active only if every record is", () => {
    const records = [
      person("cy", { accounts: ["a", "b"], teams: ["t2", "t1"] }),
      person("bo", { accounts: ["b", "c"], teams: ["t1", "t0"], active: false }),
    ];
    expect(graph(records).resolve("a")).toEqual({
      kind: "person",
      id: "bo",
      active: false,
      teams: ["t0", "t1", "t2"],
      agent: false,
    });
  });

  it("an account that is a person's and an agent's is an agent, a machine's and a person's is a person", () => {
    const both = person("bo", { accounts: ["a", "bot"], agents: ["a"] });
    expect(graph([both], [bot("**")]).resolve("a")).toMatchObject({ agent: true });
    expect(graph([both], [bot("**")]).resolve("bot")).toMatchObject({ kind: "person", id: "bo" });
  });

  it("merges along chains of any shape, whatever the order of the records", () => {
    const links = fc.array(fc.tuple(fc.nat(7), fc.nat(7)), { maxLength: 10 });
    fc.assert(
      fc.property(links, fc.boolean(), (pairs, reverse) => {
        const records = Array.from({ length: 8 }, (_, i) =>
          person(`p${i}`, {
            accounts: [
              `own${i}`,
              ...pairs
                .filter((p) => p.includes(i))
                .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
            ],
          }),
        );
        const { resolve } = graph(reverse ? [...records].reverse() : records);
        const ids = records.map((_, i) => resolve(`own${i}`)).map((r) => ("id" in r ? r.id : ""));
        const least = lowestOfGroup(8, pairs);
        expect(ids).toEqual(least.map((n) => `p${n}`));
      }),
    );
  });
});

/** The lowest number that each number is linked to, by spreading until nothing changes. */
function lowestOfGroup(count: number, pairs: readonly (readonly [number, number])[]): number[] {
  const least = Array.from({ length: count }, (_, i) => i);
  for (let round = 0; round < count; round++)
    for (const [a, b] of pairs) {
      const low = Math.min(least[a] ?? a, least[b] ?? b);
      least[a] = low;
      least[b] = low;
    }
  return least;
}

describe("contributorsOf", () => {
  const persons = [person("ana", { agents: ["agent"] }), person("bo")];
  const rows: readonly (readonly [
    name: string,
    contributors: readonly Contributor[] | Unknown,
    pushedBy: readonly string[] | Unknown,
    expected: { persons?: string[]; unresolved?: string[]; outOfScope?: string[] },
  ])[] = [
    ["nobody", [], [], {}],
    [
      "an author and a pusher",
      [contributor("ana")],
      ["email:bo@example.com"],
      { persons: ["ana", "bo"] },
    ],
    ["an agent is its sponsor", [{ account: "agent", did: "author" }], [], { persons: ["ana"] }],
    [
      "strangers, sorted and once",
      [
        { account: "z", did: "author" },
        { account: "a", did: "committer" },
      ],
      ["z"],
      { unresolved: ["a", "z"] },
    ],
    ["unknown contributors leave the pusher", lost, ["email:bo@example.com"], { persons: ["bo"] }],
    ["an unknown pusher leaves the contributors", [contributor("ana")], lost, { persons: ["ana"] }],
    ["a rebaser", [contributor("bo", "rebaser")], [], { persons: ["bo"] }],
    ["an identical rebaser", [{ ...contributor("bo", "rebaser"), identical: true }], [], {}],
    [
      "only a rebaser can be identical",
      [{ ...contributor("bo", "author"), identical: true }],
      [],
      { persons: ["bo"] },
    ],
    [
      "a rebaser that is not identical",
      [{ ...contributor("bo", "rebaser"), identical: false }],
      [],
      { persons: ["bo"] },
    ],
  ];
  it.each(rows)("%s", (_name, contributors, pushedBy, expected) => {
    const found = contributorsOf(change({ contributors, pushedBy }), graph(persons));
    expect({ ...found, persons: [...found.persons].sort() }).toEqual({
      persons: [],
      unresolved: [],
      outOfScope: [],
      ...expected,
    });
  });

  it.each<[string, readonly FileFact[] | Unknown, readonly string[], boolean]>([
    ["every path", [file("a/x"), file("b/y")], ["a/**", "b/*"], true],
    ["one path too many", [file("a/x"), file("c/y")], ["a/**", "b/*"], false],
    ["moved within", [file("a/x", { oldPath: "b/x" })], ["a/**", "b/*"], true],
    ["moved out of a path that is not its own", [file("a/x", { oldPath: "c/x" })], ["a/**"], false],
    ["no path named", [file("a/x")], [], false],
    ["no file", [], [], true],
    ["unknown files", lost, ["**"], false],
  ])("a machine that touches %s", (_name, files, mayTouch, inScope) => {
    const found = contributorsOf(
      change({ files, contributors: [{ account: "bot", did: "author" }], pushedBy: ["bot"] }),
      graph(persons, [bot(...mayTouch)]),
    );
    expect(found.outOfScope).toEqual(inScope ? [] : ["bot"]);
    expect([...found.persons, ...found.unresolved]).toEqual([]);
  });
});

it("names every machine out of its scope, in order", () => {
  const machines = ["z", "a", "k"].map((account) => ({ account, purpose: "", mayTouch: ["b/**"] }));
  const found = contributorsOf(
    change({
      files: [file("a/x")],
      contributors: machines.map(({ account }) => ({ account, did: "author" })),
      pushedBy: [],
    }),
    graph([], machines),
  );
  expect(found.outOfScope).toEqual(["a", "k", "z"]);
});

describe("canAssignDistinct", () => {
  it.each<[readonly (readonly string[])[], number, boolean]>([
    [[], 0, true],
    [[], 1, false],
    [[["a"]], 1, true],
    [[[]], 1, false],
    [[["a"], ["a"]], 2, false],
    [[["a"], ["b"]], 2, true],
    [[["a", "b"], ["a"]], 2, true],
    [
      [
        ["a", "b"],
        ["a", "b"],
        ["a", "b"],
      ],
      3,
      false,
    ],
    [[["a", "b"], ["b", "c"], ["a"]], 3, true],
    [[["a"], ["a"], ["b"]], 2, true],
  ])("%j, %i: %s", (teams, count, possible) => {
    expect(canAssignDistinct(teams, count)).toBe(possible);
  });

  it("agrees with trying every choice", () => {
    const teams = fc.array(fc.subarray(["a", "b", "c", "d"]), { maxLength: 5 });
    fc.assert(
      fc.property(teams, fc.nat(5), (teamsOf, count) => {
        expect(canAssignDistinct(teamsOf, count)).toBe(best(teamsOf, new Set()) >= count);
      }),
      { numRuns: 500 },
    );
  });
});

function best(teamsOf: readonly (readonly string[])[], taken: ReadonlySet<string>): number {
  const [head, ...rest] = teamsOf;
  if (head === undefined) return 0;
  const choices = head
    .filter((t) => !taken.has(t))
    .map((t) => 1 + best(rest, new Set([...taken, t])));
  return Math.max(best(rest, taken), ...choices);
}
