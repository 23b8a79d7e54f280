// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSettingsModule } from "../../src/config/assignments.ts";
import { formatOf, parseConfig } from "../../src/config/parse.ts";

const read = (text: string): unknown => {
  const parsed = parseConfig("assignments", text);
  if (!parsed.ok) return parsed.problem;
  const [root] = parsed.documents;
  return root?.kind === "map"
    ? root.entries.map(({ key, keyLine, value }) => [
        key,
        keyLine,
        value.kind === "scalar"
          ? value.text
          : value.kind === "list"
            ? value.items.map((i) => (i.kind === "scalar" ? i.text : ""))
            : "",
      ])
    : root;
};

describe("settings in a module of Python or Ruby", () => {
  it.each<[string, string, unknown[]]>([
    ["a name", "DEBUG = False\n", [["DEBUG", 1, "False"]]],
    ["with a type", "TTL: int = 3_600  # seconds\n", [["TTL", 1, "3600"]]],
    ["a text", "\nHOST = 'a # b'\n", [["HOST", 2, "a # b"]]],
    ["a list", 'HOSTS = ["a", "b"]\n', [["HOSTS", 1, ["a", "b"]]]],
    ["a tuple of one", "ADMINS = ('a',)\n", [["ADMINS", 1, ["a"]]]],
    [
      "a key of a map",
      "CACHES = {\n    'BACKEND': 'redis',\n}\n",
      [
        ["CACHES", 1, "{"],
        ["BACKEND", 2, "redis"],
      ],
    ],
    ["a map on one line", "A = {'B': {'C': 'x'}}\n", [["A", 1, "{'B': {'C': 'x'}}"]]],
    ["a setting of Rails", "  config.force_ssl = true\n", [["config.force_ssl", 1, "true"]]],
    ["a symbol", "config.log_level = :info\n", [["config.log_level", 1, "info"]]],
    ["a call with one value", "workers 4\n", [["workers", 1, "4"]]],
    ["an expression", "A = env('A', 5)\n", [["A", 1, "env('A', 5)"]]],
    ["a key that ends a bracket", "'TTL': 30})\n", [["TTL", 1, "30"]]],
    ["comparisons, comments and code", "if A == 1:\n    pass\n# B = 2\nimport os\n", []],
  ])("%s", (_, text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it.each<[string, boolean]>([
    ["shop/settings.py", true],
    ["shop/settings/production.py", true],
    ["config/environments/production.rb", true],
    ["config/initializers/redis.rb", true],
    ["airflow_config.py", true],
    ["shop/views.py", false],
    ["app/models/config.rb", false],
  ])("%s: %s", (path, expected) => {
    expect(isSettingsModule(path)).toBe(expected);
    expect(formatOf(path)).toBe(expected ? "assignments" : null);
  });

  it("gives places inside the text, whatever stands there, in time that grows with it", () => {
    const piece = fc.constantFrom(
      "A",
      " = ",
      "'",
      '"',
      "[",
      "]",
      "(",
      ")",
      "{",
      "}",
      ",",
      "#",
      ":",
      "=>",
      "\n",
      "1",
      "\\",
      ".",
      " ",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const text = pieces.join("");
        const parsed = parseConfig("assignments", text);
        expect(parsed.ok).toBe(true);
        if (!parsed.ok || parsed.documents[0]?.kind !== "map") return;
        for (const { keyLine } of parsed.documents[0].entries)
          expect(keyLine).toBeLessThanOrEqual(text.split("\n").length);
      }),
    );
    for (const long of [
      `A = ${"(".repeat(1_900)}`,
      `A${".b".repeat(900)} = 1`,
      "'".repeat(1_990),
      `A = ${"'\\".repeat(900)}`,
    ])
      expect(parseConfig("assignments", `${long}\n`.repeat(500)).ok).toBe(true);
  });
});
