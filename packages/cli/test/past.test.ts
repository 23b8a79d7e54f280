/** What a gate measures of the past while somebody waits for their push. */
import { openRepository } from "@interlock/facts";
import { describe, expect, it } from "vitest";
import { historyOf } from "../src/judge/past.ts";
import { subjectOf } from "../src/judge/subject.ts";
import { commit, repository } from "./scratch.ts";

describe("the past of a change", () => {
  it.each([
    ["is measured in time", 1, true],
    ["is unknown, not partly known, where reading it takes too long", 60_000, false],
  ])("%s", async (_name, stepMs, known) => {
    const dir = repository({ a: "1" }, { a: "2" });
    commit(dir, { b: "1" }, "more");
    const opened = await openRepository(dir);
    let now = 0;
    const clock = () => {
      now += stepMs;
      return now;
    };
    try {
      const history = await historyOf(opened, await subjectOf(opened, undefined, false), clock);
      expect(history !== undefined).toBe(known);
    } finally {
      opened.close();
    }
  });
});
