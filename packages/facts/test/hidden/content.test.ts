// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { type HiddenInput, hiddenContent } from "../../src/hidden/content.ts";
import { addedLines } from "../../src/lines/added.ts";

const input = (given: Partial<HiddenInput>): HiddenInput => {
  const file = {
    ...({ path: "a.ts", status: "modified", oldMode: "100644", mode: "100644" } as const),
    ...{ oldOid: "1".repeat(40), oid: "2".repeat(40), binary: false, attributes: {} },
    ...{ before: "", after: "", ...given },
  };
  return { ...file, addedLines: () => addedLines(file.before, file.after) };
};
const found = (given: Partial<HiddenInput>, rest: Partial<HiddenInput> = {}) =>
  hiddenContent(input({ ...given, ...rest }))
    .map(({ kind, line, detail }) => `${kind}@${line ?? "file"} ${detail}`)
    .sort();
const added = { status: "added", oldMode: "000000" } as const;

describe("a file that hides something", () => {
  test.each<readonly [string, Partial<HiddenInput>, Partial<HiddenInput>, readonly string[]]>([
    ["nothing", {}, { before: "a\n", after: "b\n" }, []],
    [
      "a submodule that moves",
      { oldMode: "160000", mode: "160000" },
      {},
      ["submodule@file 111111111111 → 222222222222"],
    ],
    [
      "a submodule in place of nothing",
      { ...added, mode: "160000" },
      {},
      ["submodule@file nothing → 222222222222"],
    ],
    [
      "a link beside itself",
      { ...added, mode: "120000", path: "x/l" },
      { after: "../y" },
      ["link@file ../y"],
    ],
    [
      "a link that leaves the repository",
      { ...added, mode: "120000", path: "x/l" },
      { after: "../../etc" },
      ["link-escape@file ../../etc"],
    ],
    [
      "a link that goes down and too far up",
      { ...added, mode: "120000", path: "l" },
      { after: "x/../../y" },
      ["link-escape@file x/../../y"],
    ],
    [
      "an absolute link",
      { ...added, mode: "120000" },
      { after: "/etc/passwd" },
      ["link-escape@file /etc/passwd"],
    ],
    [
      "a link of Windows",
      { ...added, mode: "120000" },
      { after: "C:\\x" },
      ["link-escape@file C:\\x"],
    ],
    [
      "a link into git's own folder",
      { ...added, mode: "120000" },
      { after: ".GIT/hooks" },
      ["link-into-git@file .GIT/hooks"],
    ],
    [
      "a file that becomes a link",
      { status: "retyped", mode: "120000" },
      { after: "b" },
      ["link@file b", "retyped@file 100644 → 120000"],
    ],
    [
      "a file that becomes executable",
      { mode: "100755" },
      {},
      ["executable-bit@file 100644 → 100755"],
    ],
    [
      "binary in place of text",
      { binary: true },
      { before: "text\n", after: null },
      ["binary-replaces-text@file 5 characters of text"],
    ],
    [
      "a diff that is switched off",
      {},
      { attributes: { diff: "unset" } },
      ["collapsed@file -diff"],
    ],
    [
      "a diff that is folded",
      {},
      { attributes: { "linguist-generated": "true" } },
      ["collapsed@file linguist-generated"],
    ],
    ["a diff that is explicitly shown", {}, { attributes: { "linguist-generated": "false" } }, []],
    [
      "a picture without a diff",
      { binary: true },
      { attributes: { diff: "unset" }, before: null, after: null },
      [],
    ],
    [
      "a name that ends in a blank",
      { ...added, path: "x/run.sh " },
      {},
      ["name-padded@file `run.sh `"],
    ],
    [
      "a name like git's folder",
      { ...added, path: "x/.G\u200cit/config" },
      {},
      ["name-like-git@file `.G\u200cit`", "zero-width@file in the name: U+200C"],
    ],
    ["its short name", { ...added, path: "GIT~1/config" }, {}, ["name-like-git@file `GIT~1`"]],
    [
      "its stream",
      { ...added, path: ".git::$INDEX_ALLOCATION/config" },
      {},
      ["name-like-git@file `.git::$INDEX_ALLOCATION`"],
    ],
    [
      "a name that reads backwards",
      { ...added, path: "invoice\u202efdp.exe" },
      {},
      ["bidi@file in the name: U+202E"],
    ],
    [
      "a name with a line end",
      { ...added, path: "a\nb" },
      {},
      ["control@file in the name: a line end"],
    ],
    [
      "a name that is not UTF-8",
      { ...added, path: "a\\xff" },
      {},
      ["name-not-utf8@file bytes that are not UTF-8"],
    ],
    ["an ordinary file of git", { ...added, path: ".gitignore" }, {}, []],
    ["an old name", { path: "x/run.sh " }, {}, []],
    [
      "a line that is too long to be read",
      {},
      { before: "a\n", after: `a\n${"x".repeat(6_000)}\n` },
      ["long-line@2 6000 characters"],
    ],
    [
      "a long line among long lines",
      {},
      { before: `${"y".repeat(6_000)}\n`, after: `${"x".repeat(6_000)}\n` },
      [],
    ],
    [
      "characters, with their line",
      {},
      { before: "a\n", after: "a\nb\u202e\n" },
      ["bidi@2 U+202E"],
    ],
    ["old debt that moves", {}, { before: "a\u202e\nb\nc\n", after: "b\nc\na\u202e\n" }, []],
    ["a byte order mark at the beginning", {}, { before: "", after: "\ufeffa\n" }, []],
  ])("%s", (_name, given, rest, wanted) => {
    expect(found(given, rest)).toEqual(wanted);
  });

  test("many places of one kind are bounded", () => {
    expect(found({}, { after: "x\u202e\n".repeat(500) })).toHaveLength(20);
  });
});
