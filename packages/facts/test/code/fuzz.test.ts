import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changedRegions } from "../../src/code/region.ts";
import { CODE_SOURCE } from "../../src/code/source.ts";
import { changed, world } from "./changed.ts";

const NAMES = [
  "app/a.py",
  "app/a.ts",
  "app/a.js",
  "app/a.tsx",
  "app/a.go",
  "app/A.java",
  "app/a.rs",
  "app/a.cs",
  "waf/rules.json",
  "config/flags.yaml",
  "app/a.test.ts",
  "deploy/app.conf",
];
const PIECES = [
  "while True:\n",
  "    try:\n",
  "    except OSError:\n",
  "for {\n",
  "}\n",
  "{",
  "(",
  ")",
  "fetch(u)",
  "requests.get(u)",
  "catch (e) {}",
  "x = ",
  "/(a+)+$/",
  '"',
  "'",
  "`",
  "\n",
  "rateLimit({ max: 9 })",
  "password = 'aB3$xY9!kd02'",
  "a() ?? b()",
  "db.delete()",
  "it.skip('x')",
  "alert: a\n",
  "expr: a > 1\n",
  "timeout: 3s\n",
  "flags:\n  ",
  "//",
  "#",
  "\\",
  "é",
  "\u2028",
  "\ud83d\ude00",
];

describe("the code source", () => {
  it("never throws, stays bounded, and finds nothing where nothing changes", async () => {
    const text = fc
      .array(fc.constantFrom(...PIECES), { maxLength: 40 })
      .map((parts) => parts.join(""));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...NAMES), text, text, async (name, before, after) => {
        const { deltas } = await CODE_SOURCE.read(
          changed({ [name]: before }, { [name]: after }),
          world({ [name]: after }),
        );
        expect(deltas.length).toBeLessThan(1_000);
        for (const one of deltas) {
          expect(one.line).toBeGreaterThan(0);
          expect(one.line).toBeLessThanOrEqual(
            Math.max(before.split("\n").length, after.split("\n").length),
          );
        }
      }),
      { numRuns: 400 },
    );
  });

  it("says the same whatever the order of the files", async () => {
    const before = {
      "a.py": "import requests\nrequests.get(u)\n",
      "b.py": "x = 1\n",
      "c.ts": "await fetch(u);\n",
    };
    const after = {
      "a.py": "x = 1\n",
      "b.py": "import requests\nrequests.get(u)\nrequests.post(v)\n",
      "c.ts": "await fetch(u);\nawait fetch(v);\n",
    };
    const files = changed(before, after);
    const show = async (list: typeof files) =>
      (await CODE_SOURCE.read(list, world(after))).deltas
        .map((d) => `${d.aspect} ${d.path}:${d.line}`)
        .sort();
    const once = await show(files);
    expect(once).toEqual(["no-timeout b.py:3", "no-timeout c.ts:2"]);
    expect(await show([...files].reverse())).toEqual(once);
  });
});

describe("changedRegions", () => {
  it("holds every difference", () => {
    const lines = fc.array(fc.constantFrom("a", "b", "", "cc"), { maxLength: 12 });
    fc.assert(
      fc.property(lines, lines, (a, b) => {
        const [before, after] = [a.join("\n"), b.join("\n")];
        const regions = changedRegions(before, after);
        const head = after
          .split("\n")
          .slice(0, regions.line - 1)
          .join("\n");
        const prefix = regions.line === 1 ? "" : `${head}\n`;
        expect(before.startsWith(prefix)).toBe(true);
        expect(after.startsWith(prefix + regions.after)).toBe(true);
        expect(before.startsWith(prefix + regions.before)).toBe(true);
        // What follows the two parts is equal.
        expect(before.slice(prefix.length + regions.before.length)).toBe(
          after.slice(prefix.length + regions.after.length),
        );
        expect(regions.around.includes(regions.after)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
