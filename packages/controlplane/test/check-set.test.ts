// SPDX-License-Identifier: Apache-2.0
import {
  type CellContents,
  type ConfigSet,
  checkSet,
  readDescription,
} from "@interlock/controlplane";
import type { Json } from "@interlock/digest";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exampleText } from "./example.ts";

const read = readDescription("cp.yaml", exampleText());
const set = read.ok ? read.description.configSets[0] : undefined;
if (set === undefined) throw new Error("the example has a set");

const contents = (values: Readonly<Record<string, Json | string>>): CellContents =>
  new Map(
    Object.entries(values).map(([key, value]) => [
      key,
      {
        path: `config/promise/${key}.json`,
        text: typeof value === "string" ? value : JSON.stringify(value),
      },
    ]),
  );
const promise = (
  days: number,
  fallback = "default",
  more: Readonly<Record<string, Json>> = {},
) => ({
  ...{ marketplace: "de", days, fallback },
  ...more,
});
const GOOD = { default: promise(2), de: promise(3), us: promise(4) };
const told = (
  after: Readonly<Record<string, Json | string>>,
  {
    before = GOOD,
    of = set,
  }: { before?: Readonly<Record<string, Json | string>>; of?: ConfigSet } = {},
) => {
  const { ok, findings } = checkSet(of, contents(before), contents(after));
  expect(ok).toBe(findings.length === 0);
  return findings.map((f) => `${f.code} ${f.key ?? ""}${f.at}`);
};

describe("says of values", () => {
  const CASES: readonly (readonly [
    string,
    Readonly<Record<string, Json | string>>,
    readonly string[],
  ])[] = [
    ["that fit", { ...GOOD, de: promise(5) }, []],
    ["that are no JSON", { ...GOOD, de: "{" }, ["VALUE_UNREADABLE de"]],
    [
      "that name a key twice",
      { ...GOOD, de: '{"marketplace":"de","days":3,"days":9,"fallback":"default"}' },
      ["VALUE_UNREADABLE de"],
    ],
    [
      "beyond what readers agree on",
      { ...GOOD, de: '{"marketplace":"de","days":9007199254740993,"fallback":"default"}' },
      ["VALUE_UNREADABLE de"],
    ],
    [
      "of another type",
      { ...GOOD, de: { ...promise(3), days: "3" } },
      ["INVARIANT_UNKNOWN ", "SCHEMA_MISFIT de/days"],
    ],
    ["that lack a member", { ...GOOD, de: { marketplace: "de", days: 3 } }, ["SCHEMA_MISFIT de"]],
    [
      "with a member too many",
      { ...GOOD, de: promise(3, "default", { x: 1 }) },
      ["SCHEMA_MISFIT de/x"],
    ],
    [
      "that a pattern refuses",
      { ...GOOD, de: promise(3, "default", { marketplace: "DE" }) },
      ["SCHEMA_MISFIT de/marketplace"],
    ],
    ["that jump", { ...GOOD, de: promise(30) }, ["INVARIANT_BROKEN "]],
    ["that name no key", { ...GOOD, de: promise(3, "uk") }, ["REFERENCE_MISSING de/fallback"]],
    [
      "without the key that must be there",
      { de: promise(3, "de"), us: promise(4, "de") },
      ["INVARIANT_BROKEN "],
    ],
    [
      "that are too large",
      { ...GOOD, de: promise(3, "default", { carriers: ["x".repeat(20_000)] }) },
      ["VALUE_TOO_LARGE de", "VALUE_UNREADABLE de"],
    ],
  ];
  it.each(CASES)("%s", (_what, after, expected) => {
    expect(told(after)).toEqual(expected);
  });
});

it("counts an invariant as broken where the version in force cannot be read", () => {
  expect(told({ ...GOOD, de: promise(4) }, { before: { ...GOOD, de: "{" } })).toEqual([
    "INVARIANT_UNKNOWN ",
  ]);
});

it("judged or broken: an invariant that is not sound, or throws, never holds", () => {
  const withHolds = (holds: string) => ({ ...set, invariants: [{ id: "x", says: "x", holds }] });
  for (const holds of [
    "after[0].key == 'a'",
    "nothing",
    "1",
    "after.all(a, a.value.days / 0 > 1)",
    "after.exists(a, a.key ==",
  ])
    expect(told(GOOD, { of: withHolds(holds) })).toEqual(["INVARIANT_UNKNOWN "]);
});

describe("limits", () => {
  const loose: ConfigSet = {
    ...set,
    invariants: [],
    references: [],
    limits: { ...set.limits, keys: 8 },
  };
  const many = (n: number, pad = 0) =>
    Object.fromEntries(
      Array.from({ length: n }, (_, i) => [
        `k${i}`,
        promise(1, "x", pad === 0 ? {} : { carriers: ["y".repeat(pad)] }),
      ]),
    );
  it.each([
    ["too many keys", many(6), many(9), ["TOO_MANY_KEYS "]],
    ["keys that double", many(5), many(8), ["GROWN "]],
    ["keys that go", many(8), many(4), ["SHRUNK ", "SHRUNK "]],
    [
      "a value that doubles",
      { a: promise(1, "x", { carriers: ["y".repeat(300)] }) },
      { a: promise(1, "x", { carriers: ["y".repeat(700)] }) },
      ["GROWN a"],
    ],
    ["nothing", many(6), many(6), []],
  ] as const)("finds %s", (_what, before, after, expected) => {
    expect(told(after, { before, of: loose })).toEqual(expected);
  });
  it("asks nothing of a first version but its own limits", () => {
    expect(told(many(8), { before: {}, of: loose })).toEqual([]);
  });
});

it("tells a person what a change means", () => {
  const before = { a: { n: 5, list: [1, 2], name: "x", odd: 1 }, b: promise(1), c: { n: 1 } };
  const after = { a: { n: 500, list: [], name: "", odd: "1" }, c: { n: -1 }, d: promise(1) };
  const { deltas, summary } = checkSet(set, contents(before), contents(after));
  expect(deltas.map((d) => `${d.kind} ${d.key}${d.at} ${d.before} ${d.after}`)).toEqual([
    "emptied a/list 2 items 0 items",
    "number-changed a/n 5 500",
    'blanked a/name "x" ""',
    'type-changed a/odd 1 "1"',
    "key-removed b 3 members null",
    "sign-changed c/n 1 -1",
    "key-added d null 3 members",
  ]);
  expect(summary.says).toBe(
    "1 new key, 1 removed key, 2 changed keys, 1 emptied list, 1 blanked value, 1 value of another type, 1 number of another sign, 1 number moved tenfold or more, largest factor 100.00",
  );
});

it("looks at references to other sets where their keys are given", () => {
  const of: ConfigSet = {
    ...set,
    invariants: [],
    references: [{ at: "/carriers/*", to: "carriers", key: "c-{value}" }],
  };
  const after = contents({ de: promise(3, "x", { carriers: ["dhl", "ups"] }) });
  const findings = (known: ReadonlyMap<string, ReadonlySet<string>>) =>
    checkSet(of, contents({}), after, known).findings.map((f) => `${f.code} ${f.at}`);
  expect(findings(new Map([["carriers", new Set(["c-dhl"])]]))).toEqual([
    "REFERENCE_MISSING /carriers/1",
  ]);
  expect(findings(new Map())).toEqual([
    "REFERENCE_UNKNOWN /carriers/0",
    "REFERENCE_UNKNOWN /carriers/1",
  ]);
});

describe("fuzz", () => {
  it("checks any contents without throwing, and finds nothing new in what does not change", () => {
    const value = fc.oneof(
      fc.json({ maxDepth: 3 }),
      fc.string({ unit: "binary" }),
      fc.constant(JSON.stringify(promise(2))),
    );
    const cell = fc.dictionary(fc.constantFrom("default", "de", "us", "__proto__"), value, {
      maxKeys: 4,
    });
    fc.assert(
      fc.property(cell, cell, (before, after) => {
        checkSet(set, contents(before), contents(after));
        expect(checkSet(set, contents(after), contents(after)).deltas).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});
