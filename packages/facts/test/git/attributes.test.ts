// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { attributesOf, EffortSpent } from "../../src/git/attributes.ts";
import { pathText } from "../../src/git/path.ts";
import { scratch } from "./scratch.ts";

const EFFORT = 10_000_000;

function effective(path: string, files: Readonly<Record<string, string>>) {
  const latin = Object.entries(files).map(
    ([folder, text]) => [folder, Buffer.from(text, "utf8").toString("latin1")] as const,
  );
  return attributesOf(path, new Map(latin), new Map(), { steps: EFFORT });
}

describe("effective attributes", () => {
  test.each<
    readonly [string, Readonly<Record<string, string>>, string, Readonly<Record<string, string>>]
  >([
    ["a name in any folder", { "": "*.md text" }, "docs/a.md", { text: "set" }],
    [
      "a path from the folder of the file",
      { "": "/a.md text\ndocs/*.md eol=lf" },
      "docs/a.md",
      { eol: "lf" },
    ],
    ["the last line wins", { "": "* text\n*.md -text" }, "a.md", { text: "unset" }],
    [
      "the nearest folder wins",
      { "": "* diff", docs: "*.md -diff" },
      "docs/a.md",
      { diff: "unset" },
    ],
    ["unspecified again", { "": "* text\n*.md !text" }, "a.md", {}],
    [
      "git's macro",
      { "": "*.png binary" },
      "a.png",
      { binary: "set", diff: "unset", merge: "unset", text: "unset" },
    ],
    [
      "a macro that is taken back",
      { "": "*.png binary\na.png -binary" },
      "a.png",
      { binary: "unset" },
    ],
    ["a value that looks like a macro's", { "": "*.png binary=set" }, "a.png", { binary: "set" }],
    [
      "a macro of one's own",
      { "": "[attr]lock -diff linguist-generated\n*.lock lock" },
      "a.lock",
      { diff: "unset", "linguist-generated": "set", lock: "set" },
    ],
    [
      "a macro below the top is none",
      { docs: "[attr]lock -diff\n* lock" },
      "docs/a",
      { lock: "set" },
    ],
    [
      "macros that name each other",
      { "": "[attr]a b\n[attr]b a c\n* a" },
      "x",
      { a: "set", b: "set", c: "set" },
    ],
    ["a quoted pattern", { "": '"a b.md" text\n"\\303\\251" eol=lf' }, "a b.md", { text: "set" }],
    ["a quoted pattern in bytes", { "": '"\\303\\251" eol=lf' }, "é", { eol: "lf" }],
    [
      "folders between",
      { "": "a/**/z x=1\n**/deep/* y=2\nb/** z=3" },
      "a/b/deep/z",
      { x: "1", y: "2" },
    ],
    ["no folder between", { "": "a/**/z x=1" }, "a/z", { x: "1" }],
    ["everything below", { "": "b/** z=3" }, "b/c/d", { z: "3" }],
    ["a star stays in its folder", { "": "a/* x" }, "a/b/c", {}],
    ["brackets", { "": "[a-c][!x][[:digit:]] x" }, "bz7", { x: "set" }],
    ["an escaped star", { "": "a\\* x" }, "a*", { x: "set" }],
    ["one question mark is one byte", { "": "?? x\n? y" }, "é", { x: "set" }],
    ["a trailing slash matches no file", { "": "a/ x" }, "a", {}],
    ["a pattern that is negated is passed over", { "": "!a x\na y" }, "a", { y: "set" }],
    ["a bad name spoils its line", { "": "a x %bad\na y" }, "a", { y: "set" }],
    ["comments, blanks and line ends of Windows", { "": "# a x\n\n  a y \r\n" }, "a", { y: "set" }],
    ["a byte order mark", { "": "\ufeffa x" }, "a", { x: "set" }],
    [
      "what hides a file from review",
      { "": "gen/** linguist-generated -diff" },
      "gen/a.ts",
      { diff: "unset", "linguist-generated": "set" },
    ],
  ])("%s", (_name, files, path, wanted) => {
    expect(effective(path, files)).toEqual(wanted);
  });

  test("patterns that would take forever are given up", () => {
    const rules = `${"*a".repeat(900)}b x\n`.repeat(50);
    expect(() =>
      attributesOf("a".repeat(4_000), new Map([["", rules]]), new Map(), { steps: EFFORT }),
    ).toThrow(EffortSpent);
  });

  test("any text parses, and any path is answered", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ minLength: 1 }), (text, path) => {
        const latin = Buffer.from(text).toString("latin1");
        attributesOf(path, new Map([["", latin]]), new Map(), { steps: EFFORT });
      }),
    );
  });
});

const piece = fc.constantFrom(
  "a",
  "b",
  "é",
  "/",
  "*",
  "**",
  "?",
  "[ab]",
  "[!a]",
  "[a-]",
  "[^]]",
  "[[:alpha:]]",
  "[\\b]",
  "\\*",
  "\\a",
  ".",
  "-",
  "a/",
  "/**/",
  "**/",
  "/**",
  "[b",
  "[[:x:]]",
  "]",
);
const pattern = fc.oneof(
  fc.array(piece, { minLength: 1, maxLength: 5 }).map((p) => p.join("")),
  fc.constantFrom(
    '"a b"',
    '"\\303\\251"',
    '"a',
    '"\\q"',
    '"a"x',
    "*.b",
    "/a/b",
    "[attr]m",
    "[attr]n",
  ),
);
const setting = fc.constantFrom(
  "x",
  "-x",
  "!x",
  "x=1",
  "y",
  "-y",
  "!y",
  "m",
  "-m",
  "!m",
  "n",
  "binary",
  "-binary",
  "diff",
  "x=",
  "--x",
  "%",
  "=",
  "-=",
  "x=a=b",
  "linguist-generated",
);
const line = fc.oneof(
  fc.tuple(pattern, fc.array(setting, { maxLength: 3 })).map(([p, s]) => [p, ...s].join(" ")),
  fc.constantFrom("", "# x", "\t", " a x", "a\tx", "a x\r", "!a x", "[attr] a", "[attr]binary x"),
);
const file = fc.array(line, { maxLength: 6 }).map((lines) => lines.join("\n"));
const PATHS = [
  "a",
  "b",
  "é",
  "a b",
  "a/a",
  "a/b",
  "a/b/a",
  "b/a/b/a",
  "b.b",
  "a*",
  "-",
  "]",
  "[b",
  "a/a-b",
];

test("effective attributes are those of git check-attr", () => {
  const repo = scratch();
  const folders = ["", "a", "b/a"];
  const checked = (files: Readonly<Record<string, string>>) => {
    // From the work tree: one process for a case, where objects and an index would take six.
    repo.write(
      Object.fromEntries(
        Object.entries(files).map(([folder, text]) => [join(folder, ".gitattributes"), text]),
      ),
    );
    const paths = `${PATHS.join("\0")}\0`;
    const out = repo.gitWith(paths, "check-attr", "--all", "-z", "--stdin");
    const found: Record<string, Record<string, string>> = Object.fromEntries(
      PATHS.map((p) => [p, {}]),
    );
    const fields = out.split("\0");
    for (let i = 0; i + 2 < fields.length; i += 3) {
      const path = pathText(Buffer.from(fields[i] ?? "", "latin1"));
      const own = found[path] ?? {};
      own[fields[i + 1] ?? ""] = fields[i + 2] ?? "";
      found[path] = own;
    }
    return found;
  };
  fc.assert(
    fc.property(fc.tuple(file, file, file), (texts) => {
      const files = Object.fromEntries(folders.map((folder, i) => [folder, texts[i] ?? ""]));
      const ours = Object.fromEntries(PATHS.map((path) => [path, effective(path, files)]));
      expect(ours).toEqual(checked(files));
    }),
    { numRuns: 150 },
  );
});
