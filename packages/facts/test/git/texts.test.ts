// SPDX-License-Identifier: Apache-2.0
/** Paths, commits, messages and line counts as pure functions. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCommit } from "../../src/git/commit.ts";
import { countLines, linesIn } from "../../src/git/line-count.ts";
import { readMessage } from "../../src/git/message.ts";
import { escapedText, isEscapedPath, pathBytes, pathText } from "../../src/git/path.ts";
import { openRepository } from "../../src/git/repository.ts";
import { scratch } from "./scratch.ts";

const bytes = fc
  .oneof(
    fc.uint8Array({ minLength: 1, maxLength: 12 }),
    fc.constantFrom("a\\xff", "\\x5cx", "é\\x", "\\\\x00").map((t) => Buffer.from(t)),
    fc.string({ unit: "grapheme", minLength: 1 }).map((t) => Buffer.from(t, "utf8")),
  )
  .map((b) => Buffer.from(b));

describe("paths", () => {
  test("the text of a path gives back its bytes, so that two paths never share one", () => {
    fc.assert(
      fc.property(bytes, (b) => {
        expect(pathBytes(pathText(b))).toEqual(b);
      }),
    );
  });

  test.each<readonly [string, readonly number[], string, boolean]>([
    ["plain", [97, 47, 98], "a/b", false],
    ["UTF-8", [0xc3, 0xa9], "é", false],
    ["a stray byte", [97, 0xff], "a\\xff", true],
    ["a surrogate in UTF-8", [0xed, 0xa0, 0x80], "\\xed\\xa0\\x80", true],
    ["an overlong slash", [0xc0, 0xaf], "\\xc0\\xaf", true],
    ["a backslash before an x", [92, 120, 102, 102], "\\x5cxff", false],
    ["another backslash", [92, 110], "\\n", false],
    ["a byte order mark stays", [0xef, 0xbb, 0xbf, 97], "\ufeffa", false],
  ])("%s", (_name, raw, text, escaped) => {
    expect(pathText(Buffer.from(raw))).toBe(text);
    expect(isEscapedPath(text)).toBe(escaped);
  });

  test("escaped text is always well-formed", () => {
    fc.assert(fc.property(bytes, (b) => escapedText(b).isWellFormed()));
  });
});

const TREE = `tree ${"1".repeat(40)}`;
const WHO = "ana <ana@example.com> 1700000000 +0100";
const parsed = (text: string | Buffer) => parseCommit("a".repeat(40), Buffer.from(text));

describe("commits", () => {
  test("an ordinary one", () => {
    const commit = parsed(
      `${TREE}\nparent ${"2".repeat(40)}\nauthor ${WHO}\ncommitter bo <bo@example.com> 1700000060 -0330\ngpgsig -----BEGIN\n author eve <eve@example.com> 1 +0000\n -----END\n\nsubject\n\nbody\n\nReviewed-by: cy <cy@example.com>\n`,
    );
    expect(commit).toMatchObject({
      tree: "1".repeat(40),
      parents: ["2".repeat(40)],
      author: { name: "ana", email: "ana@example.com", at: 1_700_000_000_000, zone: "+0100" },
      committer: { name: "bo", email: "bo@example.com", at: 1_700_000_060_000, zone: "-0330" },
      subject: "subject",
      trailers: [{ key: "Reviewed-by", value: "cy <cy@example.com>" }],
      signed: true,
      faults: [],
    });
  });

  test.each<readonly [string, string, string]>([
    [
      "two authors",
      `${TREE}\nauthor ${WHO}\nauthor ${WHO}\ncommitter ${WHO}\n\nx`,
      "it has 2 `author` lines",
    ],
    [
      "two trees",
      `${TREE}\n${TREE}\nauthor ${WHO}\ncommitter ${WHO}\n\nx`,
      "it has 2 `tree` lines",
    ],
    ["no committer", `${TREE}\nauthor ${WHO}\n\nx`, "it has 0 `committer` lines"],
    [
      "a tree that is no id",
      `tree HEAD\nauthor ${WHO}\ncommitter ${WHO}\n\nx`,
      "a tree or parent is no object id",
    ],
    [
      "a second address",
      `${TREE}\nauthor a <a@example.com> <b@example.com> 1 +0000\ncommitter ${WHO}\n\nx`,
      "its author is not written as git writes it",
    ],
    [
      "a time that is none",
      `${TREE}\nauthor a <a@example.com> soon\ncommitter ${WHO}\n\nx`,
      "its author is not written as git writes it",
    ],
    [
      "a NUL in the message",
      `${TREE}\nauthor ${WHO}\ncommitter ${WHO}\n\nx\0hidden`,
      "its message holds a NUL, behind which git shows nothing",
    ],
    [
      "a hundred thousand parents",
      `${TREE}\n${`parent ${"2".repeat(40)}\n`.repeat(100_000)}author ${WHO}\ncommitter ${WHO}\n\nx`,
      "its header is longer than the limit",
    ],
    ["nothing at all", "", "it has 0 `tree` lines"],
  ])("%s", (_name, text, fault) => {
    expect(parsed(text).faults).toContain(fault);
  });

  test("names and messages in other encodings lose nothing", () => {
    const latin = Buffer.concat([
      Buffer.from(`${TREE}\nauthor J`),
      Buffer.from([0xf6]),
      Buffer.from(` <j@example.com> 1 +0000\ncommitter ${WHO}\nencoding ISO-8859-1\n\ngr`),
      Buffer.from([0xfc]),
      Buffer.from("n\n"),
    ]);
    expect(parsed(latin).subject).toBe("grün");
    expect(parsed(latin).author.name).toBe("J\\xf6");
    expect(parsed(Buffer.concat([latin.subarray(0, -3), Buffer.from([0xff, 10])])).subject).toBe(
      "grÿ",
    );
    expect(readMessage(Buffer.from([0x66, 0xff]), "nonsense").subject).toBe("f\\xff");
  });

  test("any bytes parse", () => {
    const piece = fc.constantFrom(
      "tree ",
      "author ",
      "<",
      ">",
      "\n",
      "\n\n",
      "1 +0000",
      "gpgsig ",
      " ",
      "\0",
      TREE,
    );
    const text = fc.array(fc.oneof(piece, fc.string()), { maxLength: 20 }).map((p) => p.join(""));
    fc.assert(
      fc.property(
        fc.oneof(
          text.map((t) => Buffer.from(t)),
          bytes,
        ),
        (b) => {
          const commit = parsed(b);
          expect(JSON.stringify(commit).isWellFormed()).toBe(true);
          expect(Number.isSafeInteger(commit.author.at)).toBe(true);
        },
      ),
    );
  });
});

describe("messages", () => {
  test.each<readonly [string, string, readonly string[]]>([
    ["the last paragraph", "s\n\nbody\n\nA-b: 1\nC: 2\n", ["A-b=1", "C=2"]],
    ["not the subject", "Fix: it\n", []],
    ["not prose that has a colon", "s\n\nthe reason: it broke\nand more prose here\n", []],
    ["a continued line", "s\n\nA: 1\n  and 2\nB: 3\n", ["A=1 and 2", "B=3"]],
    [
      "prose among trailers that git writes",
      "s\n\nSigned-off-by: bo\nthanks\nfor it\n",
      ["Signed-off-by=bo"],
    ],
    ["a comment between", "s\n\nA: 1\n# B: 2\nC: 3\n", ["A=1", "C=3"]],
    ["a cherry-pick line", "s\n\nA: 1\n(cherry picked from commit 1234567)\n", ["A=1"]],
    ["none", "s\n\nbody\n", []],
  ])("trailers: %s", async (_name, message, wanted) => {
    const found = readMessage(Buffer.from(message), "utf-8").trailers;
    expect(found.map((t) => `${t.key}=${t.value}`)).toEqual(wanted);
    const theirs = scratch().gitWith(message, "interpret-trailers", "--parse");
    const lines = theirs.split("\n").filter((l) => l !== "" && !l.startsWith("(cherry"));
    expect(lines.map((l) => l.replace(": ", "="))).toEqual(wanted);
  });

  test("what it reverts, and a message that is cut", () => {
    const reverts = "Revert x\n\nThis reverts commit 0123456789abcdef0123456789abcdef01234567.\n";
    expect(readMessage(Buffer.from(reverts), "").reverts).toBe(
      "0123456789abcdef0123456789abcdef01234567",
    );
    const long = readMessage(Buffer.from(`s\n\n${"x\n".repeat(100_000)}\nA: 1\n`), "utf-8");
    expect([long.messageCut, long.trailers]).toEqual([true, [{ key: "A", value: "1" }]]);
  });

  test("a commit made by git reads as git shows it", async () => {
    const repo = scratch();
    const id = repo.commit(
      { a: "1\n" },
      "  subject  \n\nbody é\n\nCo-authored-by: cy <cy@example.com>",
    );
    const repository = await openRepository(repo.dir);
    expect(await repository.commit(id)).toMatchObject({
      subject: "  subject".trim(),
      author: { name: "ana", email: "ana@example.com", at: 1_700_000_000_000, zone: "+0100" },
      committer: { name: "bo", at: 1_700_000_060_000, zone: "+0000" },
      trailers: [{ key: "Co-authored-by", value: "cy <cy@example.com>" }],
      signed: false,
    });
    repository.close();
  });
});

/** Longest common subsequence by the textbook table. */
function commonLength(a: readonly string[], b: readonly string[]): number {
  let row = new Array<number>(b.length + 1).fill(0);
  for (const x of a) {
    const next = [0];
    for (const [j, y] of b.entries())
      next.push(x === y ? (row[j] ?? 0) + 1 : Math.max(row[j + 1] ?? 0, next[j] ?? 0));
    row = next;
  }
  return row[b.length] ?? 0;
}

describe("line counts", () => {
  const text = fc
    .array(fc.constantFrom("a\n", "b\n", "c\n", "\n", "aa\n", "ba\n"), { maxLength: 14 })
    .chain((lines) => fc.constantFrom("", "a", "tail").map((end) => lines.join("") + end));

  test("are those of the shortest edit", () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = (t: string) => t.match(/[^\n]*\n|[^\n]+$/g) ?? [];
        const kept = commonLength(lines(before), lines(after));
        expect(countLines(Buffer.from(before), Buffer.from(after))).toEqual({
          added: lines(after).length - kept,
          deleted: lines(before).length - kept,
          approximate: false,
        });
      }),
      { numRuns: 400 },
    );
  });

  test("texts that have everything in another place are counted approximately, in bounded work", () => {
    const shuffled = (seed: number) =>
      Array.from({ length: 20_000 }, (_, i) => `${(i * seed) % 20_011}\n`).join("");
    const [a, b] = [Buffer.from(shuffled(7)), Buffer.from(shuffled(9_973))];
    const count = countLines(a, b);
    expect(count.approximate).toBe(true);
    expect(count.added - count.deleted).toBe(linesIn(b) - linesIn(a));
  });
});
