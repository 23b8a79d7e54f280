import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { diffConfig } from "../../src/config/diff.ts";
import { parseConfig } from "../../src/config/parse.ts";
import type { Format, Node, Parsed } from "../../src/config/types.ts";
import { values } from "./generated.ts";

const RUNS = Number(process.env["INTERLOCK_FUZZ_RUNS"] ?? 400);

/** What a tree says: the order of keys is nothing, but that of one key that stands several times. */
function meaning(node: Node): unknown {
  if (node.kind === "scalar") return `${node.type} ${node.text}`;
  if (node.kind === "list") return node.items.map(meaning);
  const byKey = new Map<string, unknown[]>();
  for (const { key, value } of node.entries)
    byKey.set(key, [...(byKey.get(key) ?? []), meaning(value)]);
  return { map: [...byKey].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)) };
}
const meanings = (parsed: Parsed): string =>
  JSON.stringify(parsed.ok ? parsed.documents.map(meaning) : parsed.problem);

function expectToldApart(format: Format, before: string, after: string): void {
  const [a, b] = [parseConfig(format, before), parseConfig(format, after)];
  if (!a.ok || !b.ok) return;
  const deltas = diffConfig(a, b).deltas.map((d) => `${d.op} ${d.pointer}`);
  if (meanings(a) === meanings(b)) expect(deltas).toEqual([]);
  else expect(deltas.length, "a silent change").toBeGreaterThan(0);
}

/** Pairs of values that differ little, so that what they share is paired. */
const pairs = fc
  .tuple(values, values, fc.array(fc.nat(30), { maxLength: 3 }))
  .map(([value, other, path]) => [value, replacedAt(value, other, path)] as const);

function replacedAt(value: unknown, other: unknown, path: readonly number[]): unknown {
  const [first, ...rest] = path;
  if (first === undefined || typeof value !== "object" || value === null) return other;
  const keys = Object.keys(value);
  const key = keys[first % Math.max(1, keys.length)];
  if (key === undefined) return other;
  if (Array.isArray(value))
    return value.map((v: unknown, i) => (String(i) === key ? replacedAt(v, other, rest) : v));
  return { ...value, [key]: replacedAt((value as Record<string, unknown>)[key], other, rest) };
}

const WRITERS: readonly (readonly [Format, (value: unknown) => string])[] = [
  ["json", (v) => JSON.stringify(v, null, 1)],
  ["json5", (v) => JSON.stringify(v)],
  ["yaml", (v) => stringify(v)],
  ["yaml", (v) => stringify({ root: v }, { collectionStyle: "flow", lineWidth: 20 })],
  ["yaml", (v) => `---\n${stringify(v)}---\n${stringify({ name: "b", v })}`],
];

describe("no change is silent, and nothing is told that is none", () => {
  it.each(WRITERS)("%s of generated values", (format, write) => {
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        expectToldApart(format, write(a), write(b));
        expect(
          diffConfig(parseConfig(format, write(a)), parseConfig(format, write(a))).deltas,
        ).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });

  const lists = fc.array(fc.constantFrom(1, 2, "1", "a", "b", null), { maxLength: 5 });
  it("lists of repeated and reordered scalars", () => {
    fc.assert(
      fc.property(lists, lists, (a, b) => {
        expectToldApart("json", JSON.stringify(a), JSON.stringify(b));
      }),
      { numRuns: RUNS * 2 },
    );
  });

  it("lists of items with and without names", () => {
    const item = fc.oneof(
      fc.record({ name: fc.constantFrom("a", "b", "x".repeat(250)), v: fc.constantFrom(1, 2) }),
      fc.record({ v: fc.constantFrom(1, 2) }),
      fc.constantFrom(1, "a"),
    );
    const items = fc.array(item, { maxLength: 4 });
    fc.assert(
      fc.property(items, items, (a, b) => {
        expectToldApart("json", JSON.stringify(a), JSON.stringify(b));
        const stream = (all: readonly unknown[]) =>
          all.map((one) => `---\n${stringify(one)}`).join("");
        expectToldApart("yaml", stream(a), stream(b));
      }),
      { numRuns: RUNS * 2 },
    );
  });

  it("repeated keys", () => {
    const entries = fc.array(
      fc.tuple(fc.constantFrom("k", "l"), fc.constantFrom("1", "2", '"1"', "null", "[1]", "{}")),
      { maxLength: 4 },
    );
    const written = (all: readonly (readonly [string, string])[]) =>
      `{${all.map(([k, v]) => `"${k}":${v}`).join(",")}}`;
    fc.assert(
      fc.property(entries, entries, (a, b) => expectToldApart("json", written(a), written(b))),
      { numRuns: RUNS * 3 },
    );
  });

  it.each<[Format, readonly string[]]>([
    ["ini", ["[a]\n", "[b]\n", "x = 1\n", "x = 2\n", "y=\n", "y\n", "# c\n", "\n", "z: on ; c\n"]],
    ["ini", ["server {\n", "}\n", "listen 80;\n", "listen 81;\n", "a b\n", "# c\n"]],
    ["properties", ["a=1\n", "a:1\n", "b 2\n", "c=\\\n 3\n", "# c\n", "a=2\n", "\\u0061=1\n"]],
    ["env", ["A=1\n", "export A=1\n", 'A="1"\n', "B='x\ny'\n", "# c\n", "A=2 # c\n", "C\n"]],
    ["csv", ["h,w\n", "a,1\n", "b,2\n", "a,2\n", '"a",1\n', "\n", "1,2\n"]],
    ["lines", ["a\n", "b\n", " a\n", "# c\n", "a # c\n", "1\n", "\n"]],
    ["toml", ["[a]\n", "[b.c]\n", "x = 1\n", 'y = "1"\n', "[[t]]\n", "# c\n", "z.z = [1, 2]\n"]],
    [
      "settings",
      [
        "<?php\n",
        "$a = 1;\n",
        "$a['b'] = [ 1, 'c' => 2 ];\n",
        "f( 'x' );\n",
        "// c\n",
        "if ( $x ) {\n",
        "}\n",
      ],
    ],
    [
      "yaml",
      [
        "{{ if .x }}\n",
        "{{ end }}\n",
        "a: 1\n",
        "b:\n",
        "  c: 2\n",
        "  - d\n",
        "# c\n",
        "a: {{ .y }}\n",
      ],
    ],
  ])("%s: any lines", (format, choices) => {
    const text = fc.array(fc.constantFrom(...choices), { maxLength: 7 }).map((l) => l.join(""));
    fc.assert(
      fc.property(text, text, (a, b) => expectToldApart(format, a, b)),
      { numRuns: RUNS },
    );
  });
});

type Leaf = { readonly pointer: string; readonly line: number };

describe("a leaf that changes is told once, at its place and line", () => {
  it.each<[Format, (keys: readonly string[], value: number) => { text: string; at: Leaf }]>([
    [
      "json",
      (keys, value) => ({
        text: JSON.stringify(
          Object.fromEntries(
            keys.map((k, i) => [k, i === 1 ? { in: [{ name: "n", v: value }] } : i]),
          ),
          null,
          2,
        ),
        at: { pointer: `/${keys[1]}/in/[name=n]/v`, line: 7 },
      }),
    ],
    [
      "yaml",
      (keys, value) => ({
        text: `# c\n${keys.map((k, i) => (i === 1 ? `${k}:\n  - name: n\n    v: ${value}\n` : `${k}: ${i}\n`)).join("")}`,
        at: { pointer: `/${keys[1]}/[name=n]/v`, line: 5 },
      }),
    ],
    [
      "toml",
      (keys, value) => ({
        text: `${keys[0]} = 1\n\n[${keys[1]}]\nv = ${value}\n`,
        at: { pointer: `/${keys[1]}/v`, line: 4 },
      }),
    ],
    [
      "ini",
      (keys, value) => ({
        text: `[${keys[0]}]\nw = 1\n\n[${keys[1]}]\nv = ${value}\n`,
        at: { pointer: `/${keys[1]}/v`, line: 5 },
      }),
    ],
    [
      "properties",
      (keys, value) => ({
        text: `${keys[0]}=1\n${keys[1]}=${value}\n`,
        at: { pointer: `/${keys[1]}`, line: 2 },
      }),
    ],
    [
      "env",
      (keys, value) => ({
        text: `${keys[0]}=1\n\n${keys[1]}=${value}\n`,
        at: { pointer: `/${keys[1]}`, line: 3 },
      }),
    ],
    [
      "csv",
      (keys, value) => ({
        text: `host,weight\n${keys[0]},1\n${keys[1]},${value}\n`,
        at: { pointer: `/[host=${keys[1]}]/weight`, line: 3 },
      }),
    ],
    [
      "settings",
      (keys, value) => ({
        text: `<?php\n$x = [\n '${keys[0]}' => 1,\n '${keys[1]}' => ${value},\n];\n`,
        at: { pointer: `/x/${keys[1]}`, line: 4 },
      }),
    ],
  ])("%s", (format, write) => {
    const keys = fc.uniqueArray(fc.stringMatching(/^k[a-z]{1,6}$/), { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(keys, fc.nat(), fc.nat(), (names, a, b) => {
        fc.pre(a !== b);
        const { at } = write(names, b);
        const deltas = diffConfig(
          parseConfig(format, write(names, a).text),
          parseConfig(format, write(names, b).text),
        ).deltas;
        expect(
          deltas.map(({ pointer, line, op, before, after }) => [
            pointer,
            line,
            op,
            before.text,
            after.text,
          ]),
        ).toEqual([[at.pointer, at.line, "changed", String(a), String(b)]]);
      }),
      { numRuns: 100 },
    );
  });
});

describe("small differences of values are told", () => {
  it.each<[Format, string, string, string]>([
    ["json", '{"a": "1"}', '{"a": 1}', "/a: string 1 -> int 1"],
    ["json", '{"a": 1.0}', '{"a": 1}', "/a: decimal 1.0 -> int 1"],
    ["json", '{"a": null}', '{"a": "null"}', "/a: null null -> string null"],
    ["json", '{"a": null}', "{}", "/a: null null -> absent "],
    ["json", '{"a": []}', '{"a": {}}', "/a: list [] -> map {}"],
    ["yaml", "a: yes\n", 'a: "yes"\n', "/a: bool yes -> string yes"],
    ["yaml", "a: !!str yes\n", 'a: "yes"\n', ""],
    ["yaml", "a: true\n", 'a: "true"\n', "/a: bool true -> string true"],
    ["yaml", "a: ~\n", "a: ''\n", "/a: null ~ -> string "],
    ["yaml", "a:\n", "a: {}\n", "/a: null  -> map {}"],
    ["yaml", "a: 010\n", "a: 0o10\n", "/a: int 010 -> int 0o10"],
    ["toml", "a = 1\n", "a = 1.0\n", "/a: int 1 -> decimal 1.0"],
    ["json", '{"a": 1, "a": 1}', '{"a": 1}', "/a#2: int 1 -> absent "],
  ])("%s: %s becomes %s", (format, before, after, expected) => {
    const told = diffConfig(parseConfig(format, before), parseConfig(format, after)).deltas.map(
      (d) => `${d.pointer}: ${d.before.kind} ${d.before.text} -> ${d.after.kind} ${d.after.text}`,
    );
    if (expected === "") expect(told).toEqual([]);
    else expect(told).toContain(expected);
  });
});
