// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hiddenIn } from "../../src/hidden/characters.ts";
import { type HiddenInput, hiddenContent } from "../../src/hidden/content.ts";
import { addedLines } from "../../src/lines/added.ts";

const kinds = (line: string) => hiddenIn(line).map((h) => `${h.kind} ${h.detail}`);

describe("a line that hides something", () => {
  test.each<readonly [string, string, string]>([
    [
      "an override that turns code into a comment",
      "/*\u202e } \u2066if (isAdmin)\u2069 \u2066 begin admins only */",
      "bidi U+202E",
    ],
    ["an isolate that is not closed", "''' Subtract funds then \u2067''' ;return", "bidi U+2067"],
    [
      "isolates around code, with a letter of Hebrew to look innocent",
      "x = \u2067א; evil()\u2069",
      "bidi U+2067",
    ],
    [
      "closed isolates without any letter that needs them",
      "access = \u2066user\u2069",
      "bidi U+2066",
    ],
    ["a mark where nothing is written from right to left", "user\u200e_id", "bidi U+200E"],
    ["a close without an open", "a \u202c b", "bidi U+202C"],
    ["a zero-width space in a name", "is\u200bAdmin", "zero-width U+200B"],
    ["a joiner in a name", "is\u200dAdmin", "zero-width U+200D"],
    ["a word joiner", "a\u2060b", "zero-width U+2060"],
    ["a byte order mark inside a line", "a\ufeffb", "zero-width U+FEFF"],
    [
      "a Hangul filler, which is a name to JavaScript",
      "const { timeout,\u3164} = req.query;",
      "zero-width U+3164",
    ],
    ["a soft hyphen in a name", "pass\u00adword", "zero-width U+00AD"],
    ["instructions in tag characters", "be nice\u{e0041}\u{e0042}", "tag-characters U+E0041"],
    [
      "tag characters behind a flag that is none",
      "\u{1f3f4}\u{e0041}\u{e0042}\u{e0043}\u{e007f}",
      "tag-characters U+E0041",
    ],
    [
      "bytes in variation selectors",
      "decode('\u{e0101}\u{e0150}\u{e0120}')",
      "variation-selectors U+E0101",
    ],
    ["a row of selectors behind an emoji", "😀\ufe00\ufe01", "variation-selectors U+FE00"],
    ["a selector behind a letter", "a\ufe01b", "variation-selectors U+FE01"],
    ["a backspace", "harmless\b\b\bevil", "control U+0008"],
    ["a line separator, which ends a line for JavaScript", "// x\u2028evil()", "control U+2028"],
    ["a sequence that a terminal obeys", "\u001b[2Kharmless", "terminal-escape U+001B"],
    [
      "a carriage return that writes over the line",
      "evil() //\rharmless",
      "terminal-escape U+000D",
    ],
    ["a Cyrillic letter in a name", "p\u0430ssword", "homoglyph p\u0430ssword"],
    ["a Greek capital in a unit", "5 \u0397z", "homoglyph \u0397z"],
    ["code pushed out of the screen", `ok();${" ".repeat(400)}evil();`, "pushed-aside 400 blanks"],
  ])("%s", (_name, line, wanted) => {
    expect(kinds(line)).toContain(wanted);
  });
});

describe("a line that only looks unusual", () => {
  test.each<readonly [string, string]>([
    [
      "languages",
      "// привет мир, καλημέρα κόσμε, שלום עולם, مرحبا بالعالم, สวัสดี, 你好, こんにちは, 안녕",
    ],
    ["Hebrew with its marks", 'label = "שלום\u200f (עולם)"'],
    ["Arabic in an isolate of its own", "مرحبا \u2067بالعالم\u2069 hello"],
    ["Persian with a non-joiner", "می\u200cخواهم"],
    ["Hindi with joiners", "क्\u200dष र\u094d\u200dय"],
    ["Thai and Khmer with places to break", "ภาษา\u200bไทย ខ្មែរ\u200bភាសា"],
    [
      "families, skin and flags",
      "👩\u200d👩\u200d👧 👍🏽 🏳\ufe0f\u200d🌈 🇩🇪 🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} ❤\ufe0f 1\ufe0f⃣",
    ],
    ["forms of an ideograph", "葛\u{e0100}城 芦\u{e0101}"],
    ["formulas", "Δx = αmax · ρ_air / μs + σ1 – 5 kΩ"],
    ["typography", "naïve café “quoted” … – — ½ × ≤ © soft\u00ad-hyphen"],
    ["an ordinary line end of Windows", "text\r"],
    ["a wide table", `a${" ".repeat(100)}b`],
    ["an indented block", `${" ".repeat(300)}deep`],
    ["words of two scripts beside each other", "SQL-запрос и API-ключ для user_имя"],
  ])("%s", (_name, line) => {
    expect(kinds(line)).toEqual([]);
  });

  test("printable ASCII is never hidden", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme-ascii", maxLength: 120 }), (line) => {
        expect(kinds(line)).toEqual([]);
      }),
    );
  });

  test("any line is answered", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (line) => {
        expect(hiddenIn(line).length).toBeLessThanOrEqual(8);
      }),
    );
  });
});

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
