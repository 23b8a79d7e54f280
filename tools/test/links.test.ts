// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkLinks } from "../checks/links.ts";
import { filesOf, lines } from "./files.ts";

const OTHER =
  '# Other\n\n## A *bold* `code` heading, twice\n\n## A *bold* `code` heading, twice\n\n<a id="by-hand"></a>\n';

function of(text: string, path = "docs/a.md"): readonly string[] {
  const texts = { [path]: text, "docs/other.md": OTHER, "src/x.ts": "" };
  return lines(checkLinks(filesOf(texts), [...Object.keys(texts), "docs/adr/0001.md"]));
}

test.each([
  ["a file that is not there", "[x](gone.md)", "`gone.md` leads to no file of this repository"],
  ["a path out of the repository", "[x](../../y.md)", "`../../y.md` leads to no file"],
  ["an absolute path", "[x](/docs/other.md)", "`/docs/other.md` is absolute"],
  ["a heading that is not there", "[x](other.md#none)", "`docs/other.md` has no heading `#none`"],
  ["a heading of its own that is not there", "[x](#none)", "`docs/a.md` has no heading `#none`"],
  ["a third of two", "[x](other.md#a-bold-code-heading-twice-2)", "has no heading"],
  ["an image", "![x](gone.png)", "`gone.png` leads to no file"],
  ["a reference", "[x]: gone.md", "`gone.md` leads to no file"],
  ["a link with a title", '[x](gone.md "title")', "`gone.md` leads to no file"],
  ["the second link of a line", "[x](other.md) [y](gone.md)", "`gone.md` leads to no file"],
  ["a broken escape", "[x](%zz.md)", "`%zz.md` leads to no file"],
])("catches %s", (_, text, message) => {
  const found = of(`# A\n\n${text}\n`);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(`docs/a.md:3 `);
  expect(found[0]).toContain(message);
});

test.each([
  "[x](other.md)",
  "[x](./other.md#other)",
  "[x](other.md#a-bold-code-heading-twice)",
  "[x](other.md#a-bold-code-heading-twice-1)",
  "[x](other.md#by-hand)",
  "[x](#own-heading)",
  "[x](adr)",
  "[x](adr/)",
  "[x](../src/x.ts#L10)",
  "[x](https://example.com/gone.md)",
  "[x](mailto:ana@example.com)",
  "`[x](gone.md)`",
  "```\n[x](gone.md)\n```",
  "~~~\n```\n[x](gone.md)\n~~~",
])("accepts %s", (text) => {
  expect(of(`## Own heading\n\n${text}\n`)).toEqual([]);
});

test("a heading inside a code block is none", () => {
  expect(of("```\n# not one\n```\n[x](#not-one)")).toHaveLength(1);
});

test("any document at all is checked to the end", () => {
  const parts = fc.constantFrom(
    "[",
    "]",
    "(",
    ")",
    "<",
    ">",
    "#",
    "`",
    "```",
    "\n",
    " ",
    "a",
    '"',
    ":",
  );
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 60 }), (pieces) => {
      expect(of(pieces.join(""))).toBeInstanceOf(Array);
    }),
  );
});
