// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { mutationsIn } from "../../src/commands/mutations.ts";
import { requestsIn } from "../../src/commands/requests.ts";
import { lexShell } from "../../src/commands/shell/lexer.ts";
import { readShell } from "../../src/commands/shell/unwrap.ts";
import { commandsSource } from "../../src/commands/source.ts";
import { changed, world } from "../sql/changed-file.ts";

const wordsOf = (script: string): readonly (readonly string[])[] =>
  lexShell(script).commands.map((one) => one.words.map((word) => word.text));

const table: readonly (readonly [string, readonly (readonly string[])[]])[] = [
  ["a b;c && d | e", [["a", "b"], ["c"], ["d"], ["e"]]],
  ["a 'b c' \"d $X\" e\\ f", [["a", "b c", "d $X", "e f"]]],
  ["a \\\n  b # c\nd#e", [["a", "b"], ["d#e"]]],
  ["a $(b c) `d`", [["b", "c"], ["d"], ["a", "$(b c)", "`d`"]]],
  ["if a; then b; else c; fi", [["a"], ["b"], ["c"]]],
  ["a > out 2>&1 < in >> more b", [["a", "b"]]],
  ["X=1 Y='2 3' a", [["a"]]],
  ["cat <<EOF\nrm -rf /\nEOF\nb", [["cat"], ["b"]]],
  ["a\r\nb\r\n", [["a"], ["b"]]],
];

test.each(table)("lexes %j", (script, words) => {
  expect(wordsOf(script)).toEqual(words);
});

test("lines are those of the first word, also behind here-documents and continuations", () => {
  const { commands } = lexShell("a\n\ncat <<E\n1\n2\nE\nb \\\n c\nd\n");
  expect(commands.map((one) => [one.words[0]?.text, one.line])).toEqual([
    ["a", 1],
    ["cat", 3],
    ["b", 7],
    ["d", 9],
  ]);
});

const PIECES = [
  "rm -rf ",
  "$X",
  "${X",
  "$(",
  ")",
  "`",
  "'",
  '"',
  "\n",
  "\\\n",
  "<<EOF\n",
  "EOF\n",
  ";",
  "|",
  "&&",
  "#",
  " ",
  "sudo ",
  "xargs ",
  "bash -c ",
  "ssh h ",
  "kubectl delete ",
  "-l ''",
  "for x in ",
  "do",
  "done",
  "((",
  "{",
  "é",
  "\u0000",
  "mutation{",
  "a(b:1)",
  "DELETE /v1/x",
];
const text = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 4 })), { maxLength: 80 })
  .map((parts) => parts.join(""));

test("any text is read without an error and with lines inside it", async () => {
  await fc.assert(
    fc.asyncProperty(text, async (script) => {
      const count = script.split("\n").length;
      for (const one of readShell(script).invocations) {
        expect(one.line).toBeGreaterThan(0);
        expect(one.line).toBeLessThanOrEqual(count);
      }
      requestsIn(script);
      mutationsIn(script);
      const { deltas } = await commandsSource.read([changed("ops/a.sh", null, script)], world());
      for (const one of deltas) expect(one.line).toBeLessThanOrEqual(count);
    }),
    { numRuns: 400 },
  );
});

test("a change that changes nothing says nothing, whatever the script", async () => {
  await fc.assert(
    fc.asyncProperty(text, async (script) => {
      const { deltas } = await commandsSource.read([changed("ops/a.sh", script, script)], world());
      expect(deltas).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

test("a script of one repeated piece ends", () => {
  for (const piece of PIECES) {
    const long = piece.repeat(5_000);
    readShell(long);
    mutationsIn(long);
  }
});
