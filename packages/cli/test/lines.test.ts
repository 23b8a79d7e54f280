// SPDX-License-Identifier: Apache-2.0
import { appendFileSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { appendLine, linesOf } from "../src/hook/lines.ts";
import { folder } from "./scratch.ts";

it("a line that a crash cut off spoils neither what was there nor what comes", () => {
  const path = join(folder(), "lines");
  for (const line of ["one", "zwei ü", "three"]) appendLine(path, line);
  const whole = readFileSync(path, "utf8");
  for (let cut = 1; cut < whole.length; cut++) {
    truncateSync(path, 0);
    appendFileSync(path, Buffer.from(whole).subarray(0, cut));
    appendLine(path, "four");
    const lines = linesOf(path);
    expect(lines.at(-1)).toBe("four");
    const before = Buffer.from(whole).subarray(0, cut).toString("utf8").split("\n");
    expect(lines.slice(0, -1)).toEqual(before.filter((line) => line !== ""));
  }
});

it("what could not be read again is not written", () => {
  const path = join(folder(), "lines");
  appendLine(path, "one");
  truncateSync(path, 512 * 1024 * 1024);
  expect(() => appendLine(path, "two")).toThrow("is longer than");
});
