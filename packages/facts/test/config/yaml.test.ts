import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { parseBlockYaml } from "../../src/config/block-yaml.ts";
import { parseWholeYaml } from "../../src/config/yaml.ts";
import { values } from "./generated.ts";
import { lines, shapes } from "./trees.ts";

const RUNS = Number(process.env["INTERLOCK_FUZZ_RUNS"] ?? 2_000);

function expectSame(text: string): boolean {
  const fast = parseBlockYaml(text);
  if (fast === null || !fast.ok) return false;
  const whole = parseWholeYaml(text);
  expect(shapes(fast), text).toEqual(shapes(whole));
  expect(fast.documents.map(lines), text).toEqual(whole.ok ? whole.documents.map(lines) : []);
  expect(fast.problems, text).toEqual(whole.ok ? whole.problems : []);
  return true;
}

const MARKS = [
  ..."abc:-?#&*!|>'\"%@`,[]{}\\ \t\n~0.<=",
  ...[
    "\n  ",
    "\n\n",
    ": ",
    "- ",
    "\n- ",
    "\n---\n",
    "\n...\n",
    "&a ",
    "*a",
    "!t ",
    "<<: ",
    "|\n",
    ">-\n ",
  ],
  ...["'a'", '"b"', "[a, ", "{a: ", "]", "}", " #c", "a: ", "\r\n", "\\n", "0x1", "null", "!!str "],
];

type Edit = { readonly at: number; readonly cut: number; readonly put: string };

const edits = fc.array(
  fc.record({ at: fc.nat(1_000), cut: fc.nat(3), put: fc.constantFrom("", ...MARKS) }),
  { minLength: 1, maxLength: 3 },
);

function edited(text: string, { at, cut, put }: Edit): string {
  const place = at % (text.length + 1);
  return text.slice(0, place) + put + text.slice(place + cut);
}

const SEEDS = [
  "# c\na: 1\nb:\n  - x: 1\n    y: 'q r'\n  - z\nc: |\n  text\n  more\nd: [1, two]\ne: {}\n---\nf: long\n  text\n",
  "a: &x\n  b: 1\n  c: [d, {e: f}]\ng:\n  <<: *x\n  h: *x\ni: !Ref j\nk: &y [1, 2]\nl: [*y, 3]\n",
  "a: \"b c\n  d\n\n  e\\n\"\nf: 'g''h\n  i'\nj: [\n  k, # l\n  \"m\": n,\n]\no: {p: q,\n  r}\n",
  "- - a\n  - b: c\n    d: >-\n      e\n      f\n\n       g\n    h: |2+\n       i\n\n- j\n-\n  k: l\n- !t\n  m: n\n- &x\n  - o\n",
];

describe("YAML read the fast way says what the library says, with the same lines", () => {
  it.each<[string, string]>([
    ["an anchor, an alias, a merge key", "a: &x\n  b: 1\nc:\n  <<: *x\n  d: 2\ne: *x\n"],
    ["merging several maps", "a: &x {b: 1}\nc: &y {b: 2, d: 3}\ne:\n  <<: [*x, *y]\n"],
    ["a merge key with its tag", "a: &x {b: 1}\nc:\n  !!merge <<: *x\n"],
    ["an anchor on a list", "a: &x\n- 1\n- 2\nb: *x\n"],
    ["anchors inside anchors", "a: &x\n  b: &y [1]\n  c: *y\nd: [*x, *y]\n"],
    ["an anchor that is set again", "a: &x 1\nb: *x\nc: &x 2\nd: *x\n"],
    ["local tags", "a: !Ref b\nc: !Join\n  - x\n  - !Sub |\n    y\nd: !vault 'z'\n"],
    ["nested flow", "a: [b, {c: d, e: [1, 2]}, [], {}]\n"],
    ["flow over lines", "a: [\n  b,  # c\n  'd e',\n\n  f\n]\ng: {\n  h: 1,\n  \"i\":2,\n}\n"],
    ["a pair in a list", "a: [b: c, d]\n"],
    ["keys without values in flow", "a: {b, c: , d: 1}\n"],
    ["a flow that wraps its words", "a: [b c\n  d, e\n\n  f]\n"],
    ["quoted scalars over lines", "a: \"b  \n  c\\\n  d\\n\n\n  e\"\nf: 'g''h\n\n\n  i'\n"],
    [
      "all escapes",
      'a: "\\0\\a\\b\\t\\n\\v\\f\\r\\e\\ \\"\\/\\\\\\N\\_\\L\\P\\x41\\u00e9\\U0001F600"\n',
    ],
    [
      "block scalars",
      "a: |\n  b\n\n   c\nd: >-\n  e\n  f\n\n   g\n  h\ni: |+\n  j\n\nk: |2\n    l\n",
    ],
    ["a block scalar with white space lines", "a: |\n  b\n     \n  c\nd: |\n\n  e\n"],
    ["plain scalars over lines", "a: b\n  c\n\n  d\ne:\n  f\n  g: h\n".replace("  g: h\n", "")],
    ["comments everywhere", "# a\nb: # c\n  # d\n  e: f # g\n#h\n- x\n".replace("- x\n", "")],
    ["lists in lists", "- - a\n  - b\n-\n  - c\n- - - d\n"],
    ["maps in lists", "- a: 1\n  b: 2\n-   c: 3\n    d:\n    - e\n"],
    ["several documents", "---\na: 1\n---\n# nothing\n---\nb: 2\n...\n---\n- c\n"],
    ["types", "a: [0x1f, 0o17, 0O17, 1e3, .5, 5., -1, +1, ~, nULL, True, tRUE, .inf, 1_0, '1']\n"],
    ["repeated keys", "a: 1\na: 2\nb: {c: 1, c: 2}\n"],
    ["carriage returns", "a: 1\r\nb: |\r\n  c\r\n  d\r\n"],
    ["quoted keys", "\"a b\": 1\n'c''d': 2\n\"e\\tf\": 3\n"],
    ["colons and marks inside words", "a: b:c\nd: e#f\ng: h [i] {j}\nk: -l\n"],
    ["a value under its key", "a:\n  b\nc:\n  'd'\ne:\n  [f]\ng:\n  |\n  h\n"],
    ["tabs behind values", "a: b\t# c\nd:\te\n"],
  ])("%s", (_name, text) => {
    expect(parseWholeYaml(text).ok, text).toBe(true);
    expect(expectSame(text), "read the fast way").toBe(true);
  });

  it("on generated values", () => {
    fc.assert(
      fc.property(
        fc.array(values, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(2, 4),
        fc.boolean(),
        fc.constantFrom(0, 20, 80),
        (docs, indent, indentSeq, lineWidth) => {
          const text = docs
            .map(
              (d) => `---\n${stringify(d, { indent, indentSeq, lineWidth, minContentWidth: 0 })}`,
            )
            .join("");
          expectSame(text);
        },
      ),
      { numRuns: RUNS / 2 },
    );
  });

  it("on mutilated texts, or gives up", () => {
    fc.assert(
      fc.property(fc.constantFrom(...SEEDS), edits, (seed, changes) => {
        expectSame(changes.reduce(edited, seed));
      }),
      { numRuns: RUNS },
    );
  });

  it("on soups of marks, or gives up", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...MARKS), { maxLength: 14 }), (marks) => {
        expectSame(marks.join(""));
      }),
      { numRuns: RUNS },
    );
  });
});
