/** Globs against a table and a small reference that expands every choice. */
import { globMatches } from "@interlock/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const TABLE: readonly (readonly [glob: string, path: string, matches: boolean])[] = [
  ["a", "a", true],
  ["a", "b", false],
  ["a", "a/b", false],
  ["a", "A", false],
  ["/a", "a", true],
  ["a/", "a/b/c", true],
  ["a/", "ab", false],
  ["docs/", "docs", true],
  ["*", "a", true],
  ["*", "a/b", false],
  ["*", "", true],
  ["*.js", "x.js", true],
  ["*.js", ".js", true],
  ["*.js", "x.jsx", false],
  ["a*c", "abbc", true],
  ["a*c", "abcb", false],
  ["a*b*c", "aXbYbZc", true],
  ["a**", "abc", true],
  ["?", "a", true],
  ["?", "", false],
  ["a?c", "a/c", false],
  ["a?", "a", false],
  ["**", "a/b/c", true],
  ["**/c", "a/b/c", true],
  ["**/c", "c", true],
  ["**/c", "a/bc", false],
  ["a/**", "a/b", true],
  ["a/**", "b/a/b", false],
  ["a/**/c", "a/c", true],
  ["a/**/c", "a/b/b/c", true],
  ["a/**/c", "a/b/c/d", false],
  ["a/**/b/**/c", "a/x/b/y/b/c", true],
  ["**/*.ts", "src/x.ts", true],
  ["*/x", "x", false],
  ["a/b/c", "c", false],
  ["abc", "c", false],
  ["a/b", "a", false],
  ["a+b", "a+b", true],
  ["a.b", "axb", false],
  ["[ab]", "a", false],
  ["[ab]", "[ab]", true],
];

describe("globMatches", () => {
  it.each(TABLE)("%s on %s: %s", (glob, path, matches) => {
    expect(globMatches(glob, path)).toBe(matches);
  });

  it("agrees with a reference that tries every choice", () => {
    const part = fc.stringMatching(/^[ab*?]{0,4}$/);
    const globs = fc.array(fc.oneof(part, fc.constant("**")), { minLength: 1, maxLength: 4 });
    const paths = fc.array(fc.stringMatching(/^[ab]{0,4}$/), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(globs, paths, (glob, path) => {
        const written = glob.join("/");
        fc.pre(!written.endsWith("/") && !written.startsWith("/"));
        expect(globMatches(written, path.join("/"))).toBe(partsMatch(glob, path));
      }),
      { numRuns: 2_000 },
    );
  });

  it("PE1 ends quickly where a backtracking matcher would not", () => {
    expect(globMatches("a*".repeat(300), `${"a".repeat(299)}b`)).toBe(false);
    expect(globMatches(`${"**/a/".repeat(300)}b`, "a/".repeat(900))).toBe(false);
  });
});

function partsMatch(glob: readonly string[], path: readonly string[]): boolean {
  const [head, ...rest] = glob;
  if (head === undefined) return path.length === 0;
  if (head === "**")
    return partsMatch(rest, path) || (path.length > 0 && partsMatch(glob, path.slice(1)));
  const [first, ...others] = path;
  return first !== undefined && wordMatches(head, first) && partsMatch(rest, others);
}

function wordMatches(glob: string, word: string): boolean {
  if (glob === "") return word === "";
  if (glob[0] === "*")
    return wordMatches(glob.slice(1), word) || (word !== "" && wordMatches(glob, word.slice(1)));
  if (word === "") return false;
  return (glob[0] === "?" || glob[0] === word[0]) && wordMatches(glob.slice(1), word.slice(1));
}
