// SPDX-License-Identifier: Apache-2.0
import { type Delta, delta } from "@interlock/core";
import type { ChangedFile } from "../source.ts";
import { isCode, isTestPath } from "./language.ts";
import { changedRegions } from "./region.ts";
import { type Detector, lineAt, type Sighting } from "./sighting.ts";
import { withoutComments } from "./words.ts";

/** A test that is switched off without a condition, in the words of the common frameworks. */
const SKIP =
  /\b(it|test|describe|context|suite)\.(skip|only|fixme)\s*\(|(?<![\w.])x(it|describe|test|context)\s*\(|(?<![\w.])f(it|describe)\s*\(\s*['"`]|@pytest\.mark\.(skip|xfail)\b|@(unittest\.)?skip\s*\(|(?<![\w.])pytest\.skip\s*\(|\bt\.Skip(f|Now)?\s*\(|@(Disabled|Ignore)\b|#\[ignore|\[Ignore|\[Fact\(\s*Skip/g;

/** A call that stands deeper than the body of its function is a guard for some platform. */
const GUARDED = /(^|\n)(\t{2,}|[ ]{8,})$/;

function skipped(text: string, path: string): readonly Sighting[] {
  const code = withoutComments(text, path);
  return [...code.matchAll(SKIP)].slice(0, 500).flatMap((m) => {
    const line = lineAt(code, m.index);
    const before = code.slice(Math.max(0, m.index - 120), m.index);
    if (/t\.Skip|pytest\.skip/.test(m[0]) && GUARDED.test(before)) return [];
    const rest = code.slice(m.index, code.indexOf("\n", m.index + 1));
    return [
      {
        line,
        endLine: line,
        subject: m[0].replace(/\s*\($/, ""),
        text: rest.slice(0, 160).replace(/\s+/g, " "),
        tags: [],
      },
    ];
  });
}

/** R63: tests switched off. Runs on test files only. */
export const TEST_DETECTORS: readonly Detector[] = [
  {
    id: "test-skipped",
    aspect: "test-skipped",
    languages: "any",
    hint: /skip|Skip|xit|xdescribe|xtest|\.only|fit\(|fdescribe|@Disabled|@Ignore|#\[ignore|xfail|fixme/,
    find: (side) => skipped(side.text, side.path),
  },
];

const CASE =
  /(?<![\w.])x?(it|test)(\.(skip|only|todo|concurrent|each\([^)]{0,400}\)))*\s*\(\s*['"`]|^[ \t]*(async[ \t]+)?def test_\w+|^func Test\w+\(|@(Test|ParameterizedTest)\b|#\[(tokio::)?test\]|\[(Fact|Theory|Test|TestMethod)\b/gm;

const casesIn = (text: string | null): number =>
  text === null ? 0 : [...text.matchAll(CASE)].length;

/**
 * Tests that the whole change has fewer of than before. A test that leaves together with the source
 * it is named after is no loss, and neither are tests of a change that takes product code away.
 */
export function lostTests(files: readonly ChangedFile[]): readonly Delta[] {
  // Between the differences only: what stands outside is equal on both sides.
  const counted = files.filter(isTest).map((file) => {
    const { before, after } = changedRegions(file.before, file.after);
    return { file, lost: casesIn(before) - casesIn(after) };
  });
  const lost = counted.reduce((sum, one) => sum + one.lost, 0);
  if (lost <= 0) return [];
  const goneSources = new Set(
    files.filter((file) => file.after === null && !isTest(file)).map((file) => stemOf(file.path)),
  );
  const shrunk = counted.filter((one) => one.lost > 0 && !goneSources.has(stemOf(one.file.path)));
  const withCode = -growth(files.filter((file) => !isTest(file))) >= lost * LINES_A_TEST;
  return shrunk.map(({ file }) => {
    const [before, after] = [casesIn(file.before), casesIn(file.after)];
    return delta({
      path: file.path,
      line: 1,
      subject: file.path,
      aspect: "tests-removed",
      op: "removed",
      beforeCount: before,
      afterCount: after,
      removedCount: before - after,
      tags: [...(file.after === null ? ["file-deleted"] : []), ...(withCode ? ["with-code"] : [])],
    });
  });
}

/** So much product code must go for each test that goes, for the two to belong together. */
const LINES_A_TEST = 2;

/** Lines that files have more of than before. */
function growth(files: readonly ChangedFile[]): number {
  const lines = (text: string | null): number => (text === null ? 0 : text.split("\n").length);
  return files
    .filter((file) => isCode(file.path))
    .reduce((sum, file) => sum + lines(file.after) - lines(file.before), 0);
}

const isTest = (file: ChangedFile): boolean => file.kind === "test" || isTestPath(file.path);

/** The name that a test shares with its source: `cart.test.ts`, `test_cart.py`, `CartTest.java`. */
function stemOf(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1).replace(/\.[^.]*$/, "");
  return name
    .replace(/^test_|[._-](test|tests|spec)$|_test$|(Test|Tests|IT|Spec)$/g, "")
    .toLowerCase();
}
