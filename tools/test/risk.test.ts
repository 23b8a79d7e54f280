// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { auc, caught, type Ranked } from "../risk/figures.ts";
import { fitLogistic } from "../risk/logistic.ts";
import { type ReadHistory, readHistory } from "../risk/repository.ts";
import { measureHistory } from "../risk/samples.ts";

const ranked = (text: string): Ranked[] =>
  text.split(" ").map((one) => ({ score: Number.parseInt(one, 10), bad: one.endsWith("!") }));

describe("figures", () => {
  it.each([
    ["1 2 3! 4!", 1],
    ["1! 2! 3 4", 0],
    ["1 1! 1 1!", 0.5],
    ["1 2! 2 3", 0.5],
  ])("AUC of %s", (text, expected) => {
    expect(auc(ranked(text))).toBeCloseTo(expected, 12);
  });

  it.each([
    ["9! 8 7 6 5 4 3 2 1 0!", 0.1, 0.5],
    ["9! 8! 7 6 5 4 3 2 1 0", 0.5, 1],
    ["1! 1 1 1 1 1 1 1 1 1", 0.1, 0.1],
    ["2 1! 1 1", 0.5, 1 / 3],
  ])("share caught of %s at %d", (text, share, expected) => {
    expect(caught(ranked(text), share)).toBeCloseTo(expected, 12);
  });
});

describe("fit", () => {
  it("finds the slope and intercept that made the data", () => {
    const n = 20_000;
    const x = Float64Array.from({ length: n }, (_, i) => ((i * 7_919) % n) / n - 0.5);
    const bad = Uint8Array.from(x, (value, i) => {
      const p = 1 / (1 + Math.exp(-(0.5 + 2 * value)));
      return ((i * 104_729) % n) / n < p ? 1 : 0;
    });
    const weight = new Float64Array(n).fill(1);
    const [slope = 0, intercept = 0] = fitLogistic({ x, columns: 1, bad, weight }, 0);
    expect(slope).toBeCloseTo(2, 0);
    expect(intercept).toBeCloseTo(0.5, 1);
  });

  it("stays finite on separable data, thanks to the penalty", () => {
    const rows = {
      x: Float64Array.from([-1, -1, 1, 1]),
      columns: 1,
      bad: Uint8Array.from([0, 0, 1, 1]),
      weight: new Float64Array(4).fill(1),
    };
    const [slope = 0] = fitLogistic(rows, 0.1);
    expect(slope).toBeGreaterThan(0.5);
    expect(slope).toBeLessThan(10);
  });
});

describe("a history with a missing object", () => {
  let folder = "";
  let history: ReadHistory;
  const git = (...args: readonly string[]): string =>
    execFileSync("git", ["-C", folder, ...args], {
      encoding: "utf8",
      env: {
        PATH: process.env["PATH"],
        GIT_CONFIG_GLOBAL: "/dev/null",
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_AUTHOR_DATE: "1893456000 +0000",
        GIT_COMMITTER_DATE: "1893456000 +0000",
      },
    }).trim();
  const commit = (subject: string): void => {
    git("add", "-A");
    git("-c", "user.name=ana", "-c", "user.email=ana@example.com", "commit", "-qm", subject);
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "interlock-risk-"));
    git("init", "-q", "-b", "main");
    writeFileSync(join(folder, "a"), "one\ntwo\nthree\n");
    commit("first");
    writeFileSync(join(folder, "a"), "one\ntwo\n");
    commit("lost");
    const lost = git("rev-parse", "HEAD:a");
    git("mv", "a", "b");
    commit("move");
    writeFileSync(join(folder, "c\td"), "odd name\n");
    commit("odd");
    rmSync(join(folder, ".git", "objects", lost.slice(0, 2), lost.slice(2)), { force: true });
    history = await readHistory(join(folder, ".git"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("is read to its end, with the unreadable commits named", () => {
    const subjects = history.commits.map((one) => one.subject);
    expect(subjects).toEqual(["first", "lost", "move", "odd"]);
    const named = history.commits.filter((one) => history.unreadable.includes(one.id));
    expect(named.map((one) => one.subject)).toEqual(["lost", "move"]);
    const files = history.commits.map((one) => one.files);
    expect(files[0]).toEqual([{ path: "a", existed: false, added: 3, deleted: 0 }]);
    expect(files[1]).toEqual([{ path: "a", existed: true }]);
    expect(files[3]).toEqual([{ path: "c\td", existed: false, added: 1, deleted: 0 }]);
  });

  it("is labelled by commit, without planned toggles", () => {
    const [first, lost, move] = history.commits.map((one) => one.id);
    const file = join(folder, "labels.tsv");
    writeFileSync(file, `${first}\tx\t1\trest\n${lost}\tx\t1\tplanned\n${move}\tx\t1\tstrict\n`);
    const project = measureHistory("p", history, { file, untilMs: 2e12, feed: "whole" });
    expect(project.samples.map(({ bad }) => bad)).toEqual([true, true, false]);
    const late = measureHistory("p", history, { file, untilMs: 0, feed: "whole" });
    expect(late.samples).toEqual([]);
  });
});
