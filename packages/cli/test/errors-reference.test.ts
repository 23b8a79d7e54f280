/** docs/reference/errors.md against the codes that exist. */
import { readFileSync } from "node:fs";
import { FAILURES } from "@interlock/core";
import { PROBLEMS } from "@interlock/policy";
import { describe, expect, it } from "vitest";
import { COULD_NOT_DECIDE, EXIT, WRONG_USAGE } from "../src/exit.ts";

const text = readFileSync(new URL("../../../docs/reference/errors.md", import.meta.url), "utf8");

/** The cells of the table below a heading, without its two head lines. */
function table(heading: string): readonly (readonly string[])[] {
  const section = text.split(/^## /m).find((s) => s.startsWith(`${heading}\n`)) ?? "";
  const lines = section.split("\n").filter((l) => l.startsWith("| "));
  return lines.slice(2).map((l) =>
    l
      .slice(2, -2)
      .split(" | ")
      .map((cell) => cell.trim()),
  );
}

const problems = (level: "error" | "warning") =>
  Object.entries(PROBLEMS)
    .filter(([, p]) => p.level === level)
    .map(([code, p]) => [`\`${code}\``, p.means]);

describe("the reference of errors", () => {
  it("lists every exit code, and no other", () => {
    expect(table("Exit codes").map(([code]) => Number(code))).toEqual([
      ...Object.values(EXIT),
      COULD_NOT_DECIDE,
      WRONG_USAGE,
    ]);
  });
  it("lists every failure with its exit code, and no other", () => {
    expect(table("Failures").map((row) => row.slice(0, 2))).toEqual(
      Object.entries(FAILURES).map(([code, { exit }]) => [`\`${code}\``, String(exit)]),
    );
  });
  it.each([
    ["Problems of a policy", "error"],
    ["Warnings", "warning"],
  ] as const)("lists every code below %s as the code describes it, and no other", (head, level) => {
    expect(table(head).map((row) => row.slice(0, 2))).toEqual(problems(level));
  });
  it("says what to do about each", () => {
    const rows = ["Failures", "Problems of a policy", "Warnings"].flatMap(table);
    for (const row of rows) expect(row.at(-1), row[0]).toMatch(/^.{5,}[^.]$/);
  });
});
