// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { CONTROL_PLANE_SCHEMAS, readDescription, SET_FINDINGS } from "@interlock/controlplane";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exampleText } from "./example.ts";

const example = exampleText();
const problemsOf = (text: string): readonly string[] => {
  const read = readDescription("cp.yaml", text);
  return read.ok
    ? []
    : read.problems.map((p) => `${p.line}:${p.column} ${p.code} ${p.message} | ${p.help}`);
};

it("reads the example of the reference page", () => {
  expect(problemsOf(example)).toEqual([]);
  const read = readDescription("cp.yaml", example, { teams: ["promise"] });
  if (!read.ok) throw new Error("unread");
  const [system] = read.description.systems;
  expect(system?.cells.map((cell) => cell.sharePpm)).toEqual([10_000, 990_000]);
  expect(system?.asyncFailureMs).toBe(600_000);
  expect(system?.emergency).toEqual({ keys: 3, cells: 2, bakeMs: 600_000 });
  expect(read.description.configSets[0]?.references).toEqual([
    { at: "/fallback", to: "promises", key: "{value}" },
  ]);
});

it("publishes the schema that the code describes", () => {
  const file = new URL("../../../schemas/control-plane.json", import.meta.url);
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(CONTROL_PLANE_SCHEMAS["control-plane"]());
});

it("documents every finding with its meaning", () => {
  const page = readFileSync(
    new URL("../../../docs/reference/control-plane.md", import.meta.url),
    "utf8",
  );
  for (const [code, means] of Object.entries(SET_FINDINGS))
    expect(page).toContain(`| \`${code}\` | ${means} |`);
});

/** A mistake made in the example: what is replaced, by what, and what has to be said of it. */
const MISTAKES: readonly (readonly [what: string, old: string, now: string, said: string])[] = [
  ["a field that nobody knows", "lossBudget:", "lossBuget:", "`lossBudget`?"],
  ["shares that leave something out", "share: 99%", "share: 98%", "add up to 99%"],
  ["shares that are no whole", "share: 99%", "share: 98%", "SUM_INVALID"],
  ["an unknown target", "target: promise-etcd", "target: promise", "NAME_UNKNOWN"],
  ["weights that leave something out", "weight: 30%", "weight: 20%", "add up to 90%"],
  [
    "a system that is not there",
    "system: delivery-promise\n    target",
    "system: delivery-promse\n    target",
    "did you mean `delivery-promise`?",
  ],
  [
    "a target that is not there",
    "target: promise-etcd",
    "target: promise",
    "no target is called `promise`",
  ],
  [
    "a set that is not there",
    "{at: /fallback}",
    "{at: /fallback, to: promise}",
    "did you mean `promises`?",
  ],
  [
    "a cell without a place",
    "na-2: /na-2/",
    "na-3: /na-2/",
    "nothing says where the cell `na-2` is",
  ],
  ["a credential", "env:PROMISE_ETCD_PASSWORD", "hunter2", "SECRET_WRITTEN"],
  [
    "a credential in an address",
    "https://etcd.example",
    "https://bo:hunter2@etcd.example",
    "SECRET_WRITTEN",
  ],
  [
    "an emergency lane that watches for less than the slowest failure takes",
    "bake: 10m}",
    "bake: 9m}",
    "`bake` is shorter than `asyncFailure`, and no wave is watched for less",
  ],
  ["an emergency of days", "bake: 10m}", "bake: 25h}", "longer than a day, which is no emergency"],
  ["an emergency lane for many keys", "{keys: 3,", "{keys: 21,", "no whole number from 1 to 20"],
  ["an emergency lane for no cell", "cells: 2, bake", "cells: 0, bake", "from 1 to 50"],
  ["an emergency lane without its bake", ", bake: 10m}", "}", "`bake` is missing"],
  ["an emergency lane that is a word", "{keys: 3, cells: 2, bake: 10m}", "yes", "is no mapping"],
  ["a lane that skips the bake", "bake: 10m}", "bake: 10m, skip: true}", "FIELD_UNKNOWN"],
  ["no time", "asyncFailure: 10m", "asyncFailure: 10", "no time of at most 30d"],
  ...["divisible: true", "shareKey: promise/percent", "percent: 5"].map(
    (asked): (typeof MISTAKES)[number] => [
      `a part of a cell's traffic by \`${asked}\``,
      "runs: promise-4.2.0}",
      `runs: promise-4.2.0, ${asked}}`,
      "divide the cell, for example `parts: [1%, 9%, 90%]`",
    ],
  ),
  ["no tier", "tier: 1", "tier: 5", "no whole number from 1 to 4"],
  ["a keyword that checks nothing", "minimum: 0", "minumum: 0", "did you mean `minimum`?"],
  ["half a character", '"^[a-z]{2}$"', '"\\ud800"', "half a character that JSON does not have"],
  ["a pattern that cannot be linear", "^[a-z]{2}$", "(a)\\\\1", "the pattern cannot be used"],
  ["an invariant of another type", 'k.key == "default"', 'k.value.days == "1"', "EXPRESSION_TYPE"],
  ["an invariant over what may be absent", "!has(c.before) || ", "", "`before` may be absent"],
  [
    "an invariant that costs too much",
    'after.exists(k, k.key == "default")',
    "after.all(a, before.all(b, changes.all(c, a.key != b.key || c.key != a.key)))",
    "EXPRESSION_COST",
  ],
  [
    "a key without its place",
    'key: "{key}"}\n      - {path: "config/cells',
    'key: promise}\n      - {path: "config/cells',
    "`{key}` stands in one of path and key only",
  ],
  [
    "two placeholders in one part",
    "{cell}/{key}.json",
    "{cell}-{key}.json",
    "no single placeholder",
  ],
  [
    "a path that leads elsewhere",
    "config/promise/{key}.json",
    "config/../{key}.json",
    "leads elsewhere",
  ],
  ["no branch", "refs/heads/main", "main", "write it whole"],
  [
    "a field limit of nothing",
    "{at: /days, changed: 5%, meanShift: 0.5, maxShift: 3}",
    "{at: /days}",
    "it limits nothing",
  ],
  ["a measure that is none", "measures: errors", "measures: error", "did you mean `errors`?"],
  [
    "the same name twice",
    "name: promise-errors",
    "name: orders",
    "a signal `orders` exists already",
  ],
  ["another version", "version: 1", "version: 2", "write `version: 1`"],
  ["an alias", "settings: {metric: promise_errors_total", "settings: *x #", "YAML"],
];

describe("says what is wrong with", () => {
  it.each(MISTAKES)("%s", (_what, old, now, said) => {
    expect(example).toContain(old);
    expect(problemsOf(example.replace(old, now)).join("\n")).toContain(said);
  });
});

it("gives the place of every problem", () => {
  const at = example.split("\n").findIndex((line) => line.includes("lossBudget")) + 1;
  expect(problemsOf(example.replace("lossBudget:", "lossBuget:")).join("\n")).toContain(`${at}:5 `);
});

it("holds owners to the teams that are known", () => {
  const read = readDescription("cp.yaml", example, { teams: ["promises"] });
  expect(read.ok ? [] : read.problems.map((p) => p.help)).toEqual(["did you mean `promises`?"]);
});

describe("fuzz", () => {
  it("never throws, and reads nothing that has a problem", () => {
    const junk = fc.oneof(
      fc.string({ maxLength: 200, unit: "binary" }),
      fc.json({ maxDepth: 4 }),
      fc
        .object({
          maxDepth: 4,
          key: fc.constantFrom(
            "version",
            "targets",
            "systems",
            "configSets",
            "signals",
            "cells",
            "files",
            "schema",
            "name",
            "__proto__",
            "replay",
            "run",
          ),
        })
        .map((o) => JSON.stringify(o)),
      fc
        .tuple(fc.nat(example.length), fc.nat(30), fc.string({ maxLength: 8, unit: "binary" }))
        .map(([at, cut, put]) => example.slice(0, at) + put + example.slice(at + cut)),
    );
    fc.assert(
      fc.property(junk, (text) => {
        const read = readDescription("cp.yaml", text);
        if (read.ok) expect(read.description.version).toBe(1);
        else expect(read.problems.length).toBeGreaterThan(0);
      }),
      { numRuns: 150 },
    );
  });
});
