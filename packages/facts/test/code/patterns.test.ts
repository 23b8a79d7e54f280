import { describe, expect, it } from "vitest";
import { CODE_SOURCE, PATTERNS } from "../../src/code/source.ts";
import { changed, world } from "./changed.ts";
import { CASES } from "./pattern-cases.ts";

async function aspects(path: string, before: string | null, after: string) {
  const sides = before === null ? {} : { [path]: before };
  const result = await CODE_SOURCE.read(
    changed(sides, { [path]: after }),
    world({ [path]: after }),
  );
  expect(result.gaps).toEqual([]);
  return result.deltas.map((one) => `${one.key}:${one.line}`);
}

const EXTENSION = { python: "py", javascript: "ts", go: "go", java: "java" } as const;

describe("patterns", () => {
  it("has a bad case for every pattern", () => {
    const covered = new Set(CASES.map((one) => one.pattern));
    expect(PATTERNS.map((one) => one.id).filter((id) => !covered.has(id))).toEqual([]);
  });

  it.each(CASES.map((one) => [one.pattern, one] as const))(
    "%s finds its bad text",
    async (_, one) => {
      const path = `app/a.${one.path ?? EXTENSION[one.language]}`;
      const found = await aspects(path, one.before ?? null, one.bad);
      expect(found).toContain(`${one.pattern}:${one.line}`);
      // Already bad: another line changes.
      const mark = one.language === "python" ? "# note" : "// note";
      expect(
        (await aspects(path, one.bad, `${one.bad}\n${mark}`)).filter((f) =>
          f.startsWith(`${one.pattern}:`),
        ),
      ).toEqual([]);
    },
  );

  const good = CASES.flatMap((one) =>
    (one.good ?? []).map((text) => [one.pattern, text, one] as const),
  );
  it.each(good)("%s leaves %j alone", async (pattern, text, one) => {
    const found = await aspects(`app/a.${one.path ?? EXTENSION[one.language]}`, null, text);
    expect(found.filter((f) => f.startsWith(`${pattern}:`))).toEqual([]);
  });
});
