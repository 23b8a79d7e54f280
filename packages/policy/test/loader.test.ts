// SPDX-License-Identifier: Apache-2.0
/** Any bytes at all, and every policy of `conformance/policy` with something wrong done to it. */
import { readdirSync, readFileSync } from "node:fs";
import { gatherIncludes, type Included, loadPolicy, PROBLEMS } from "@interlock/policy";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

const folder = new URL("../../../conformance/policy/", import.meta.url);
const texts = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((f) => f.endsWith(".yaml"))
  .map((name) => String(parse(readFileSync(new URL(name, folder), "utf8")).policy));

/** Loads it and holds what is said against what a problem promises. */
function judged(
  text: string,
  read: (path: string) => Included = () => ({ kind: "missing" }),
): void {
  const files: string[] = [];
  const loaded = loadPolicy("gate/policy.yaml", text, {
    read: (path) => {
      files.push(path);
      return read(path);
    },
    now: 0,
  });
  expect(files.every((f) => f.startsWith("gate/") && !f.split("/").includes(".."))).toBe(true);
  const problems = loaded.ok ? loaded.warnings : loaded.problems;
  if (!loaded.ok) expect(problems.length).toBeGreaterThan(0);
  for (const p of problems) {
    expect(PROBLEMS[p.code].level).toBe(loaded.ok ? "warning" : "error");
    expect(p.line).toBeGreaterThanOrEqual(1);
    expect(p.column).toBeGreaterThanOrEqual(1);
    if (p.file === "gate/policy.yaml")
      expect(p.line).toBeLessThanOrEqual(text.split(/\r\n?|\n/).length + 1);
    expect(p.message).not.toMatch(/\n|\.$|undefined|\[object/);
    expect(p.help).not.toMatch(/^$|\n/);
  }
}

const pieces = fc.constantFrom(
  "a",
  ":",
  " ",
  "\n",
  "  ",
  "- ",
  "[",
  "]",
  "{",
  "}",
  ",",
  "'",
  '"',
  "&",
  "*",
  "!",
  "|",
  ">",
  "#",
  "?",
  "\t",
  "\u0000",
  "\ufeff",
  "---\n",
  "...\n",
  "%YAML 1.1\n",
  "rules",
  "when",
  "policy: x\n",
  "é",
  "\u{1f600}",
  "\r\n",
  "<<",
  "~",
  "0x1f",
  "\x02",
  "\x1f",
);

describe("any text at all", () => {
  it("is loaded or refused with places, never an exception", () => {
    const noise = fc.oneof(
      fc.string({ unit: "binary", maxLength: 200 }),
      fc.array(pieces, { maxLength: 60 }).map((p) => p.join("")),
    );
    fc.assert(
      fc.property(noise, (text) => judged(text)),
      { numRuns: 800 },
    );
  });

  it("a policy with a part cut out, doubled, moved or replaced", () => {
    const mutated = fc
      .tuple(
        fc.constantFrom(...texts.filter((t) => t.length < 3_000)),
        fc.nat(),
        fc.nat(40),
        fc.oneof(pieces, fc.constantFrom("null", "[]", "{}", "true", "7", "1e999", "''", "- x")),
        fc.constantFrom("cut", "double", "replace", "insert"),
      )
      .map(([text, n, size, piece, how]) => {
        const at = n % (text.length + 1);
        const part = text.slice(at, at + size);
        const rest = text.slice(at + size);
        const middle = { cut: "", double: part + part, replace: piece, insert: piece + part }[how];
        return text.slice(0, at) + middle + rest;
      });
    fc.assert(
      fc.property(mutated, (text) => judged(text)),
      { numRuns: 800 },
    );
  });

  it("ends, however large and nested it is", () => {
    const shapes = [
      "[",
      "{",
      "- ",
      "? ",
      "a: ",
      "{a: ",
      "[[",
      "!!x ",
      "&a ",
      "'",
      '"',
      "|\n ",
      "*a ",
      "#",
      "- - ",
      "a:\n ",
    ];
    // Exponential or quadratic reading would not end within the time that a test has.
    for (const shape of shapes) judged(`policy: x\nrules: ${shape.repeat(20_000)}`);
    judged(`policy: x\n${Array.from({ length: 60_000 }, (_, i) => `k${i}: 1\n`).join("")}`);
  });
});

describe("included files that take time to read", () => {
  it("are asked for until the policy wants no more, each once", async () => {
    const files: Readonly<Record<string, string>> = {
      "gate/a.yaml": "include: [sub/b.yaml, gone.yaml]\n",
      "gate/sub/b.yaml": "include: ../c.yaml\n",
      "gate/c.yaml": "- { id: c, class: H }\n",
    };
    const asked: string[] = [];
    const text = "policy: x\nmode: enforce\ninclude: a.yaml\n";
    const known = await gatherIncludes("gate/policy.yaml", text, async (path) => {
      asked.push(path);
      const found = files[path];
      return found === undefined ? { kind: "missing" } : { kind: "text", text: found };
    });
    expect(asked).toEqual(["gate/a.yaml", "gate/sub/b.yaml", "gate/gone.yaml", "gate/c.yaml"]);
    expect([...known.keys()].sort()).toEqual([...asked].sort());
  });
});
