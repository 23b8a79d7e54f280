import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { diffConfig } from "../../src/config/diff.ts";
import { parseConfig } from "../../src/config/parse.ts";
import type { Format } from "../../src/config/types.ts";
import { values } from "./generated.ts";

const diff = (format: Format, before: string, after: string) =>
  diffConfig(parseConfig(format, before), parseConfig(format, after)).deltas.map(
    (d) => `${d.op} ${d.pointer}: ${d.before.text} -> ${d.after.text} @${d.line}`,
  );

describe("structural diff", () => {
  it.each<[string, Format, string, string, string[]]>([
    ["a value", "yaml", "a: 1\nb: 2\n", "a: 1\nb: 3\n", ["changed /b: 2 -> 3 @2"]],
    [
      "order, comments and space are nothing",
      "yaml",
      "a: 1\nb: [x, y]\n",
      "# hello\nb:\n  - x\n  - y\na:   1\n",
      [],
    ],
    [
      "one item more is one addition",
      "yaml",
      "l:\n- {name: a, v: 1}\n- {name: c, v: 3}\n",
      "l:\n- {name: a, v: 1}\n- {name: b, v: 2}\n- {name: c, v: 3}\n",
      [
        "changed /l: [[name=a], [name=c]] -> [[name=a], [name=b], [name=c]] @2",
        "added /l/[name=b]:  -> {name, v} @3",
        "added /l/[name=b]/name:  -> b @3",
        "added /l/[name=b]/v:  -> 2 @3",
      ],
    ],
    [
      "an item known by its image gets another version of it",
      "yaml",
      "- {image: r.example:5000/web:1.2, n: 1}\n- {image: db@sha256:aa, n: 2}\n",
      "- {image: r.example:5000/web:1.3, n: 1}\n- {image: db@sha256:bb, n: 2}\n",
      [
        "changed /[image=r.example:5000~1web]/image: r.example:5000/web:1.2 -> r.example:5000/web:1.3 @1",
        "changed /[image=db]/image: db@sha256:aa -> db@sha256:bb @2",
      ],
    ],
    [
      "a list that becomes empty",
      "json",
      '{"a": [1, 2]}',
      '{"a": []}',
      ["emptied /a: [1, 2] -> [] @1", "removed /a/[1]: 1 ->  @1", "removed /a/[2]: 2 ->  @1"],
    ],
    ["a reordering", "yaml", "[a, b, c]", "[b, a, c]", ["reordered : [a, b, c] -> [b, a, c] @1"]],
    [
      "a repeated key",
      "yaml",
      "a: 1\n",
      "a: 1\na: 2\n",
      ["duplicated /a:  -> a @2", "changed /a: 1 -> 2 @2"],
    ],
    ["ini", "ini", "[s]\nx = 1\n", "[s]\nx = 2\n", ["changed /s/x: 1 -> 2 @2"]],
    [
      "toml",
      "toml",
      "[s]\nx = 1\n",
      "[s]\nx = 2\n[[t]]\ny = 1\n",
      [
        "changed : {s} -> {s, t} @1",
        "changed /s/x: 1 -> 2 @2",
        "added /t:  -> [[y=1]] @3",
        "added /t/[y=1]:  -> {y} @3",
        "added /t/[y=1]/y:  -> 1 @4",
      ],
    ],
    ["env", "env", "A=1\nB='x y'\n", "A=\nB='x y'\n", ["emptied /A: 1 ->  @1"]],
    [
      "csv by its first column",
      "csv",
      "host,weight\na,1\nb,2\n",
      "host,weight\nb,2\na,9\n",
      [
        "reordered : [[host=a], [host=b]] -> [[host=b], [host=a]] @1",
        "changed /[host=a]/weight: 1 -> 9 @3",
      ],
    ],
    [
      "php settings",
      "settings",
      "<?php\nreturn [ 'wgX' => [ 'default' => true ] ];",
      "<?php\n// c\nreturn [\n 'wgX' => [ 'default' => false ] ];",
      ["changed /return/wgX/default: true -> false @4"],
    ],
  ])("%s", (_name, format, before, after, expected) => {
    expect(diff(format, before, after)).toEqual(expected);
  });

  it("a template is read line by line and says so", () => {
    const parsed = parseConfig(
      "yaml",
      "a:\n{{- if .x }}\n  replicas: 3\n{{- end }}\n  b: {{ .y }}\n",
    );
    expect(parsed).toMatchObject({ ok: true, approximate: true });
  });

  it.each<[Format, string, number]>([
    ["json", '{"a": 1,\n "b": }', 2],
    ["yaml", "a: 1\nb: [1, 2\nc: 3\n", 3],
    ["toml", "a = 1\nb = \n", 2],
  ])("a broken %s names the line", (format, text, line) => {
    const parsed = parseConfig(format, text);
    expect(parsed.ok).toBe(false);
    if (!parsed.ok) expect(Math.abs(parsed.problem.line - line)).toBeLessThanOrEqual(1);
  });
});

describe("laws of the diff", () => {
  it("a text does not differ from itself, nor YAML from the same JSON", () => {
    fc.assert(
      fc.property(values, (v) => {
        const yaml = parseConfig("yaml", stringify({ root: v }));
        expect(diffConfig(yaml, yaml).deltas).toEqual([]);
        expect(
          diffConfig(yaml, parseConfig("json", JSON.stringify({ root: v }))).deltas.filter(
            (d) => d.before.text !== d.after.text && d.before.kind !== "null",
          ),
        ).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe("parsers", () => {
  it.each<Format>([
    "json",
    "yaml",
    "toml",
    "ini",
    "properties",
    "env",
    "csv",
    "tsv",
    "lines",
    "settings",
  ])("%s: any text ends in a tree or a problem", (format) => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ maxLength: 200 }),
          fc.string({
            unit: fc.constantFrom(
              "a",
              ":",
              " ",
              "\n",
              "[",
              "]",
              "{",
              "}",
              '"',
              "'",
              "-",
              "=",
              ",",
              "=>",
              "|",
              "#",
              "\\",
              "\t",
              "&",
              "*",
              "<<",
            ),
            maxLength: 120,
          }),
        ),
        (text) => {
          const parsed = parseConfig(format, text);
          expect(typeof parsed.ok).toBe("boolean");
          diffConfig(parsed, parsed);
        },
      ),
      { numRuns: 1_000 },
    );
  });
  it.each<[Format, string]>([
    ["json", "[".repeat(100_000)],
    ["yaml", "[".repeat(20_000)],
    ["settings", "return ".concat("[".repeat(100_000))],
    [
      "yaml",
      `a: &a [x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n`,
    ],
    ["json", `{"a":"${"x".repeat(1_000_000)}"}`],
    ["ini", " ".repeat(1_000_000)],
    ["properties", "a".repeat(1_000_000)],
  ])("%s: a bomb is bounded", (format, text) => {
    const parsed = parseConfig(format, text);
    if (parsed.ok) diffConfig(parsed, parsed);
  });
});
