// SPDX-License-Identifier: Apache-2.0
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: expressions of other languages
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newAuthority } from "../../src/workflows/authority.ts";
import { changed, type Sides } from "../code/changed.ts";

const found = (before: Sides, after: Sides): readonly string[] =>
  [...newAuthority(changed(before, after))].flatMap(([file, granted]) =>
    granted.map(({ line, text }) => `${file.path}:${line} ${text}`),
  );

const A = ".github/workflows/a.yml";
const B = ".github/workflows/b.yml";

describe("newAuthority", () => {
  it.each<readonly [string, Sides, Sides, readonly string[]]>([
    [
      "a secret",
      { [A]: "a: 1\n" },
      { [A]: "a: ${{ secrets.KEY }}\n" },
      [`${A}:1 a: \${{ secrets.KEY }}`],
    ],
    ["the token of every job", { [A]: "a: 1\n" }, { [A]: "a: ${{ secrets.GITHUB_TOKEN }}\n" }, []],
    [
      "a line that moves to another file",
      { [A]: "run: npm publish\n", [B]: "x: 1\n" },
      { [A]: "x: 1\n", [B]: "- run: npm publish\n" },
      [],
    ],
    [
      "a line that is copied",
      { [A]: "run: npm publish\n" },
      { [A]: "run: npm publish\n", [B]: "run: npm publish\n" },
      [`${B}:1 run: npm publish`],
    ],
    ["a line that goes", { [A]: "run: npm publish\n" }, { [A]: "run: npm test\n" }, []],
    [
      "a newer version of an action",
      { [A]: "- uses: example/deploy@v1\n" },
      { [A]: "- uses: example/deploy@v2\n" },
      [],
    ],
    [
      "a name and a remark",
      { [A]: "x: 1\n" },
      { [A]: "name: deploy\n# deploy\nx: 1 # deploy\n" },
      [],
    ],
    [
      "a script after its name",
      { [A]: "x: 1\n" },
      { [A]: "- name: deploy\n  run: kubectl apply -f .\n" },
      [`${A}:2 run: kubectl apply -f .`],
    ],
  ])("%s", (_, before, after, expected) => {
    expect(found(before, after)).toEqual(expected);
  });

  it("finds nothing where nothing changes, whatever the text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(found({ [A]: text }, { [A]: text })).toEqual([]);
      }),
    );
  });
});
