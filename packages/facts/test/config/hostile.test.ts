import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { diffConfig } from "../../src/config/diff.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { DEPTH_MAX, FORMATS, type Format } from "../../src/config/types.ts";

const nested = (open: string, close: string, n: number) => open.repeat(n) + close.repeat(n);
const stairs = (n: number) => Array.from({ length: n }, (_, i) => `${" ".repeat(i)}a:\n`).join("");

describe("nesting beyond the limit is a problem with its place, and never ends the process", () => {
  it.each<[Format, string, string]>([
    ["json", "lists", nested("[", "]", 20_000)],
    ["json", "maps", nested('{"a":', "}", 20_000)],
    ["json5", "maps", nested("{a:", "}", 20_000)],
    ["yaml", "lists", nested("[", "]", 20_000)],
    ["yaml", "maps in lists", nested("[{a: ", "}]", 5_000)],
    ["yaml", "items in items", `${"- ".repeat(20_000)}x`],
    ["yaml", "keys in keys", `${"? ".repeat(20_000)}x`],
    ["yaml", "keys on one line", `${"a: ".repeat(20_000)}x`],
    ["yaml", "stairs", stairs(1_500)],
    ["toml", "lists", `a = ${nested("[", "]", 20_000)}`],
    ["toml", "inline tables", `a = ${nested("{a = ", "}", 20_000)}`],
    ["toml", "a dotted key", `a${".a".repeat(20_000)} = 1`],
    ["toml", "a dotted header", `[a${".a".repeat(20_000)}]`],
    ["toml", "dotted keys in tables", `a = ${nested(`{a${".a".repeat(90)} = `, "}", 90)}`],
  ])("%s: %s", (format, _name, text) => {
    const parsed = parseConfig(format, text);
    expect(parsed).toMatchObject({ ok: false });
    if (!parsed.ok) expect(["too-deep", "syntax"]).toContain(parsed.problem.code);
  });

  it.each<[Format, string]>([
    ["yaml", "[".repeat(DEPTH_MAX + 10)],
    ["yaml", "{".repeat(20_000)],
    ["yaml", `${nested("{", "}", 20_000)}\n`],
    ["yaml", `? ${nested("{", "}", 20_000)}\n`],
    ["settings", `return ${"[".repeat(100_000)}`],
    ["ini", "a b\n".repeat(9) + "a {\n".repeat(20_000)],
  ])("%s: what never closes is bounded", (format, text) => {
    expect(typeof parseConfig(format, text).ok).toBe("boolean");
  });

  it.each(FORMATS)("%s: deep in a stack that is nearly used up", (format) => {
    const text = `${nested("[", "]", 20_000)}\n${nested("{", "}", 20_000)}\n`;
    const under = (frames: number): boolean =>
      frames > 0 ? under(frames - 1) : typeof parseConfig(format, text).ok === "boolean";
    expect(under(3_000)).toBe(true);
  });
});

describe("every format ends in a tree or a problem", () => {
  const long = [
    " ",
    "a ",
    '"',
    "'",
    "\\",
    "a: ",
    "{{",
    "\0",
    "\ud800",
    "[a]\n",
    "}\n",
    "k=\n",
    "\t",
    "é",
  ];
  it.each(FORMATS)("%s: one mark 20,000 times", (format) => {
    for (const mark of long) {
      const parsed = parseConfig(format, mark.repeat(20_000));
      if (parsed.ok) expect(diffConfig(parsed, parsed).deltas, JSON.stringify(mark)).toEqual([]);
      else expect(parsed.problem.message.isWellFormed(), JSON.stringify(mark)).toBe(true);
    }
  });

  it.each(FORMATS)("%s: bytes, half characters and control characters", (format) => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff), { maxLength: 60 }), (codes) => {
        const parsed = parseConfig(format, String.fromCharCode(...codes));
        if (parsed.ok) expect(diffConfig(parsed, parsed).deltas).toEqual([]);
        else expect(parsed.problem.line).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });
});
