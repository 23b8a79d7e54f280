import { GateError } from "@interlock/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { readCatalog } from "../../src/catalog/read.ts";
import { contractsOf, said } from "./given.ts";

type Contract = Readonly<Record<string, unknown>>;

const scalar = fc.oneof(
  fc.constantFrom("a", "b", "app:1", "", "x y", "1.2.3", "v2.0", "10s", "4Mi"),
  fc.integer({ min: -5, max: 30 }),
  fc.boolean(),
  fc.constant(null),
);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: "small" },
    scalar,
    fc.array(tie("any"), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom("a", "b", "name", "n", "*", "x/y", "~"), tie("any"), {
      maxKeys: 4,
    }),
  ),
})).any;
const tree = fc.record({ a: value, b: value, list: fc.array(value, { maxLength: 5 }) });

const pointer = fc.constantFrom(
  "",
  "/a",
  "/b",
  "/list",
  "/list/*",
  "/*",
  "/**",
  "/a/*/n",
  "/list/0",
  "/**/name",
);
const terms = fc.record(
  {
    required: fc.constantFrom(["a"], ["/n", "b"]),
    noBlank: fc.boolean(),
    type: fc.constantFrom("list", "number", ["string", "null"]),
    min: fc.constantFrom(0, "2s", { pointer: "/b" }),
    max: fc.constantFrom(3, "1Mi", { path: "other.json", pointer: "/a" }),
    minLength: fc.nat(3),
    maxLength: fc.nat(3),
    minItems: fc.nat(3),
    maxItems: fc.nat(3),
    maxBytes: fc.nat(200),
    values: fc.constantFrom(["a", "b"], [1, true]),
    pattern: fc.constantFrom("^a", "^[0-9]+$", "(a+)+$"),
    keys: fc.constantFrom(["a"], ["name", "n"]),
    keyPattern: fc.constant("^[a-n]$"),
    unique: fc.constantFrom(true, "name", ["a", "b"]),
    sorted: fc.constantFrom("ascending", "descending"),
    sortedBy: fc.constantFrom("", "/name"),
    contains: fc.constantFrom(["a"], ["app:1"]),
    excludes: fc.constantFrom(["b"], ["x y"]),
    equal: fc.constantFrom(true, "major", "minor"),
    minVersion: fc.constant("1.5"),
    maxVersion: fc.constant("1.9"),
    existsIn: fc.constantFrom(
      { pointer: "/list" },
      { path: "other.json", pointer: "/*", keys: true },
    ),
    mustMatch: fc.constantFrom(["a"], ["^x$"]),
    mustNotMatch: fc.constantFrom(["b"], ["1"]),
  },
  { requiredKeys: [] },
);
const steps = fc.record(
  { fixed: fc.boolean(), maxGrowth: fc.constant("20%"), maxShrink: fc.constant("20%") },
  { requiredKeys: [] },
);
const contract = (t: fc.Arbitrary<object>) =>
  fc
    .tuple(pointer, t)
    .map(([p, more]): Contract => ({ id: "c", path: "d.*", pointer: p, ...more }));

const json = (tree: unknown) => JSON.stringify(tree, null, 1);
const OTHER = { "other.json": '{"a": 3, "b": ["a", "b"]}' };

describe("contracts", () => {
  it("find nothing where only the layout changes", async () => {
    const both = fc.tuple(terms, steps).map(([a, b]) => ({ ...a, ...b }));
    await fc.assert(
      fc.asyncProperty(contract(both), tree, async (c, t) => {
        // The size of a file and its lines do change with its layout.
        const { maxBytes: _b, mustMatch: _m, mustNotMatch: _n, ...kept } = c;
        const { deltas } = await contractsOf({
          contracts: [kept],
          before: { ...OTHER, "d.json": JSON.stringify(t) },
          after: { ...OTHER, "d.json": json(t) },
        });
        expect(said(deltas)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("read the same tree alike in JSON and in YAML", async () => {
    await fc.assert(
      fc.asyncProperty(contract(terms), tree, async (c, t) => {
        const { maxBytes: _b, mustMatch: _m, mustNotMatch: _n, ...kept } = c;
        const found = async (after: Readonly<Record<string, string>>) => {
          const { deltas } = await contractsOf({
            contracts: [kept],
            before: OTHER,
            after: { ...OTHER, ...after },
          });
          return deltas
            .map((d) => `${d.aspect} ${d.subject.replace(/^d\.(json|yaml)$/, "")} ${d.after}`)
            .sort();
        };
        expect(await found({ "d.yaml": stringify(t, { aliasDuplicateObjects: false }) })).toEqual(
          await found({ "d.json": json(t) }),
        );
      }),
      { numRuns: 200 },
    );
  });

  it("find no less when a contract asks for more", async () => {
    await fc.assert(
      fc.asyncProperty(contract(terms), fc.nat(30), tree, async (c, drop, t) => {
        const optional = Object.keys(c).filter(
          (k) => !["id", "path", "pointer", "sortedBy", "type"].includes(k),
        );
        const dropped = optional[drop % Math.max(1, optional.length)];
        const fewer = Object.fromEntries(Object.entries(c).filter(([k]) => k !== dropped));
        const found = async (one: Contract) =>
          said(
            (
              await contractsOf({
                contracts: [one],
                before: OTHER,
                after: { ...OTHER, "d.json": json(t) },
              })
            ).deltas,
          );
        const more = new Set(await found(c));
        for (const one of await found(fewer)) expect(more).toContain(one);
      }),
      { numRuns: 200 },
    );
  });

  it("never fail on any text in any format", async () => {
    const piece = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ":",
      ",",
      '"',
      "a",
      "1",
      "\n",
      "- ",
      "  ",
      "=",
      "&x ",
      "*x",
      "{{",
      "é",
      "\u0000",
    );
    const text = fc.array(piece, { maxLength: 30 }).map((p) => p.join(""));
    const name = fc.constantFrom(
      "d.json",
      "d.yaml",
      "d.toml",
      "d.ini",
      "d.csv",
      "d.tf",
      "d.list",
      "d.env",
      "d.bin",
    );
    await fc.assert(
      fc.asyncProperty(contract(terms), name, text, text, async (c, path, before, after) => {
        const { facts } = await contractsOf({
          contracts: [c],
          before: { [path]: before },
          after: { [path]: after },
        });
        expect(facts.gaps.map((g) => g.code)).not.toContain("source-failed");
      }),
      { numRuns: 400 },
    );
  });

  it("are read from any catalog or refused with its place", () => {
    const field = fc.constantFrom(
      "id",
      "path",
      "pointer",
      "when",
      "max",
      "unique",
      "existsIn",
      "readBy",
      "format",
      "equal",
      "minVersion",
      "maxGrowth",
      "pattern",
      "odd",
    );
    const entry = fc.dictionary(field, fc.oneof(scalar, value), { maxKeys: 6 });
    fc.assert(
      fc.property(fc.oneof(fc.array(entry, { maxLength: 3 }), value), (contracts) => {
        try {
          const read = readCatalog("catalog.yaml", stringify({ contracts }));
          for (const c of read.contracts) expect(c.id).not.toBe("");
        } catch (error) {
          expect(error).toBeInstanceOf(GateError);
          expect(String(error)).toMatch(/catalog\.yaml/);
        }
      }),
      { numRuns: 500 },
    );
  });
});
