// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type HistoryCommit,
  type HistoryFile,
  historyIndex,
  measure,
  observe,
} from "../../src/history/index.ts";
import { log2 } from "../../src/history/log2.ts";
import { isConfig, isShared } from "../../src/history/paths.ts";
import { saysRevert, subjectWords } from "../../src/history/subject.ts";
import { commit, DAY_MS } from "./builders.ts";

const paths = fc.oneof(
  fc.constantFrom("a", "a/b", "a/b/c.yaml", "conf/base.json", "__proto__", "constructor/x"),
  fc.string({ maxLength: 20 }),
);
const files: fc.Arbitrary<HistoryFile> = fc
  .record({
    path: paths,
    oldPath: fc.option(paths, { nil: undefined }),
    existed: fc.boolean(),
    lines: fc.option(fc.tuple(fc.nat(1_000_000), fc.nat(1_000_000)), { nil: undefined }),
  })
  .map(({ path, oldPath, existed, lines }) => ({
    path,
    existed,
    ...(oldPath === undefined ? {} : { oldPath }),
    ...(lines === undefined ? {} : { added: lines[0], deleted: lines[1] }),
  }));
const commits: fc.Arbitrary<HistoryCommit> = fc.record({
  authorKey: fc.constantFrom("ana", "bo", "cy", "__proto__", ""),
  timeMs: fc.oneof(fc.integer({ min: 0, max: 2e12 }), fc.maxSafeInteger()),
  subject: fc.oneof(fc.string(), fc.constantFrom("Revert x", "fix", "\ud800")),
  files: fc.array(files, { maxLength: 8 }),
  filesCut: fc.boolean(),
});
const histories = fc.array(commits, { maxLength: 30 });

describe("the index over any history", () => {
  it("gives non-negative integers or names the feature as unknown", () => {
    fc.assert(
      fc.property(histories, commits, fc.boolean(), (past, change, complete) => {
        const index = historyIndex({ complete });
        for (const one of past) observe(index, one);
        const { values, unknown } = measure(index, change);
        for (const value of Object.values(values)) {
          expect(Number.isSafeInteger(value)).toBe(true);
          expect(value).toBeGreaterThanOrEqual(0);
        }
        expect(unknown.filter((name) => Object.hasOwn(values, name))).toEqual([]);
      }),
    );
  });

  it("is not changed by measuring", () => {
    fc.assert(
      fc.property(histories, commits, (past, change) => {
        const [once, often] = [historyIndex({ complete: true }), historyIndex({ complete: true })];
        for (const one of past) {
          observe(once, one);
          measure(often, change);
          observe(often, one);
          measure(often, one);
        }
        expect(measure(often, change)).toEqual(measure(once, change));
      }),
    );
  });

  it("does not depend on the order of files or on what authors are called", () => {
    const apart = (change: HistoryCommit): HistoryCommit => ({
      ...change,
      authorKey: `somebody ${change.authorKey}`,
      files: [...change.files].reverse(),
    });
    const distinct = fc.array(commits, { maxLength: 20 }).map((list) =>
      list.map((one) => ({
        ...one,
        files: one.files
          .filter((f, i, all) => all.findIndex((g) => g.path === f.path) === i)
          .map(({ oldPath: _, ...rest }) => rest),
      })),
    );
    fc.assert(
      fc.property(distinct, (list) => {
        const [plain, renamed] = [
          historyIndex({ complete: true }),
          historyIndex({ complete: true }),
        ];
        for (const one of list) {
          const expected = measure(plain, one).values;
          const { entropyPpm: ours = 0, ...rest } = measure(renamed, apart(one)).values;
          const { entropyPpm: theirs = 0, ...others } = expected;
          expect(rest).toEqual(others);
          // Sums of doubles in another order may differ by one part per million of a bit.
          expect(Math.abs(ours - theirs)).toBeLessThanOrEqual(1);
          observe(plain, one);
          observe(renamed, apart(one));
        }
      }),
    );
  });

  it("stays within its limits and then says that it is not complete", () => {
    const limits = { files: 5, authors: 3, subsystemsPerAuthor: 2, newestPerFile: 4, recent: 6 };
    fc.assert(
      fc.property(histories, (past) => {
        const index = historyIndex({ complete: true, limits });
        const [seenPaths, seenAuthors] = [new Set<string>(), new Set<string>()];
        for (const one of past) {
          observe(index, one);
          seenAuthors.add(one.authorKey);
          for (const { path } of one.files) seenPaths.add(path);
          expect(index.files.size).toBeLessThanOrEqual(limits.files);
          expect(index.directories.size).toBeLessThanOrEqual(limits.files);
          expect(index.authors.size).toBeLessThanOrEqual(limits.authors);
          for (const { changesBySubsystem } of index.authors.values()) {
            expect(changesBySubsystem.size).toBeLessThanOrEqual(limits.subsystemsPerAuthor);
          }
          for (const { newest } of index.files.values()) {
            expect(newest.length).toBeLessThanOrEqual(limits.newestPerFile);
          }
        }
        if (seenAuthors.size > limits.authors) expect(index.complete).toBe(false);
      }),
    );
  });

  it("keeps counting the changes of a file beyond the newest that it remembers", () => {
    const index = historyIndex({ complete: true, limits: { newestPerFile: 4 } });
    for (let day = 0; day < 10; day += 1) observe(index, commit("ana", day * DAY_MS, ["a +1"]));
    expect(measure(index, commit("ana", 10 * DAY_MS, ["a +1"])).values.nuc).toBe(10);
  });
});

describe("a bounded feed", () => {
  const all = Array.from({ length: 60 }, (_, day) =>
    commit(day % 3 === 0 ? "ana" : "bo", day * DAY_MS, [day === 0 ? "new a +9" : "a +2 -1"]),
  );
  const change = commit("ana", 60 * DAY_MS, ["a +3 -1"]);
  const fed = (past: readonly HistoryCommit[], complete: boolean) => {
    const index = historyIndex({ complete });
    for (const one of past) observe(index, one);
    return measure(index, change);
  };

  it("keeps what looks back a week or to the last change, and bounds counts from below", () => {
    const whole = fed(all, true).values;
    const { values, historyComplete } = fed(all.slice(-20), false);
    expect(historyComplete).toBe(false);
    for (const name of [
      "ageMs",
      "ageMinMs",
      "sinceAuthorMs",
      "changes7d",
      "own1d",
      "la",
    ] as const) {
      expect(values[name]).toBe(whole[name]);
    }
    for (const name of ["exp", "sexp", "nuc", "ndev", "directoryChanges", "reverts"] as const) {
      expect(values[name]).toBeLessThanOrEqual(whole[name] ?? 0);
    }
  });
});

describe("readers of names", () => {
  it("log2 agrees with the engine", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (n) => {
        expect(Math.abs(log2(n) - Math.log2(n))).toBeLessThan(1e-8);
      }),
    );
  });

  it.each([
    ["wmf-config/InitialiseSettings.php", true, false],
    ["hieradata/common.yaml", true, true],
    ["deploy/values.yaml", true, false],
    ["src/main.go", false, true],
    ["src/configure.ts", false, false],
    ["terraform/prod/rds.tf", true, false],
    ["lib/tax.py", false, false],
    ["modules/base/init.pp", true, true],
  ])("%s: configuration %s, shared %s", (path, config, shared) => {
    expect(isConfig(path)).toBe(config);
    expect(isShared(path)).toBe(shared);
  });

  it.each([
    ['Revert "add the cart"', true],
    ["roll back to wave 1", true],
    ["rolled back", true],
    ["back out the change", true],
    ["irrevertible", false],
    ["add a rollback plan", true],
  ])("%s: revert %s", (subject, expected) => {
    expect(saysRevert(subject)).toBe(expected);
  });

  it("reads endless names in bounded time and never throws", () => {
    const long = "a/".repeat(500_000);
    expect(isConfig(`${long}x.yaml`)).toBe(true);
    expect(isShared(`${long}x`)).toBe(false);
    expect(subjectWords(`${"x ".repeat(500_000)}fix`).fix).toBe(0);
  });
});
