// SPDX-License-Identifier: Apache-2.0
/**
 * What is answered without the CEL evaluator, and what is left to it. That an answer is CEL's own is
 * a law of `index.test.ts`; here stands that there is one, since rules are many and CEL is slow.
 */
import { parseExpression, unknown } from "@interlock/core";
import { factsOf } from "@interlock/testkit";
import { describe, expect, it } from "vitest";
import { direct, type Frame } from "../src/direct.ts";

const ITEM = {
  aspect: "image",
  key: "b",
  line: 7,
  zero: 0,
  big: Number.MAX_SAFE_INTEGER,
  half: 0.5,
  numeric: true,
  off: false,
  tags: ["mutable", "stateful"],
  counts: [1, 2, 3],
  mixed: ["a", 1],
  none: null,
  lost: unknown("lost", "find it"),
  inner: { deep: { text: "x" } },
};

function answer(source: string, more: Partial<Frame> = {}): boolean | undefined {
  const parsed = parseExpression(source);
  if (!parsed.ok) throw new Error(parsed.message);
  return direct(parsed.expr)({ facts: factsOf(), it: ITEM, locals: [], ...more });
}

describe("answered: yes, and no where it is turned round", () => {
  it.each([
    "true",
    "it.numeric",
    "it.aspect == 'image'",
    "it.line == 7",
    "it.line == -(-7)",
    "it.numeric == true",
    "it.aspect != 'x'",
    "it.inner.deep.text == 'x'",
    "change.totals.files == 1",
    "it.aspect == 'image' && it.line == 7",
    "it.aspect == 'x' || it.line == 7",
    "it.aspect == 'image' || it.none == 1",
    "!(it.aspect == 'x' && it.none == 1)",
    "it.line < 8 && !(it.line < 7) && it.line <= 7 && !(it.line <= 6)",
    "it.line > 6 && !(it.line > 7) && it.line >= 7 && !(it.line >= 8)",
    "it.key < 'c' && it.key > 'a' && it.key <= 'b' && it.key >= 'b'",
    "it.line + 2 == 9 && it.line - 2 == 5 && it.line * 2 == 14",
    "it.line / 2 == 3 && it.line % 2 == 1 && -it.line / 2 == -3 && -it.line % 2 == -1",
    "it.zero * -1 == 0",
    "size(it.tags) == 2 && it.tags.size() == 2 && size([]) == 0",
    "'mutable' in it.tags",
    "!('x' in it.tags)",
    "it.aspect in ['x', 'image']",
    "!(it.aspect in ['x', 'y']) && !(it.aspect in [])",
    "it.line in [it.line, 1]",
    "'a' in it.mixed",
    "it.aspect.startsWith('im') && !it.aspect.startsWith('ge')",
    "it.aspect.endsWith('ge') && !it.aspect.endsWith('im')",
    "it.aspect.contains('mag') && !it.aspect.contains('x')",
    "it.numeric ? it.line == 7 : it.none == 1",
    "it.off ? it.none == 1 : it.line == 7",
    "has(it.aspect) && has(it.off) && has(it.inner.deep) && !has(it.nothing)",
    "it.tags.exists(t, t == 'stateful') && !it.tags.exists(t, t == 'x')",
    "it.tags.all(t, t.contains('a')) && !it.tags.all(t, t == 'mutable')",
    "it.tags.exists_one(t, t == 'mutable') && !it.tags.exists_one(t, t.contains('a'))",
    "it.counts.exists(a, it.counts.exists(b, a + b == 6 && a == b))",
    "it.counts.all(a, it.tags.exists(t, t == 'mutable') && it.counts.exists(b, b >= a))",
    "it.counts.exists(it, it == 3)",
    "it.counts.exists(change, change == 3) && change.totals.files == 1",
    "!it.counts.exists(a, a > 3) && ![].exists(a, a == 1) && [].all(a, a == 1)",
  ])("%s", (source) => {
    expect([answer(source), answer(`!(${source})`)]).toEqual([true, false]);
  });
});

describe("left to CEL", () => {
  it.each([
    "it.aspect",
    "'true'",
    "1",
    "nothing",
    "it.nothing == 1",
    "!it.nothing",
    "!it.aspect",
    "it.none == null",
    "has(it.none)",
    "has(it.lost)",
    "has(it.aspect.x)",
    "has(it.tags.x)",
    "has(it.lost.x)",
    "has(it.toString)",
    "it.toString == 1",
    "it.lost == 1",
    "it.lost.because == 'lost'",
    "it.tags.length == 2",
    "it.aspect.length == 5",
    "it.aspect == 1",
    "it.numeric == 'true'",
    "it.line == '7'",
    "it.line == 7.0",
    "it.line == 7u",
    "it.line == 9007199254740993",
    "it.line == 9007199254740992",
    "it.half == it.half",
    "it.tags == it.tags",
    "it.inner == it.inner",
    "it.half < 1",
    "1 < it.half",
    "it.off < it.numeric",
    "it.line < 'a'",
    "it.big + 1 > 0",
    "it.half + 1 > 0",
    "1 + it.half > 0",
    "it.aspect + 'x' == 'imagex'",
    "it.line / 0 == 1",
    "it.line % 0 == 1",
    "-it.half < 1",
    "-it.aspect == 'x'",
    "it.line && true",
    "true && it.line",
    "it.none == 1 || it.aspect == 'image'",
    "it.nothing == 1 && it.aspect == 'x'",
    "it.aspect ? true : true",
    "it.nothing ? true : false",
    "it.numeric ? it.nothing : true",
    "size(it.aspect) == 5",
    "size(it.inner) == 1",
    "it.aspect in it.aspect",
    "it.aspect in it.inner",
    "1 in it.tags",
    "it.half in []",
    "it.none in []",
    "it.inner in []",
    "'x' in it.mixed",
    "it.aspect in ['image', it.nothing]",
    "it.aspect in [it.nothing, 'image']",
    "it.line in [9007199254740993, 7]",
    "it.aspect.startsWith(1)",
    "it.line.startsWith('7')",
    "it.aspect.matches('^im')",
    "it.tags.contains('mutable')",
    "it.aspect.exists(t, t == 'i')",
    "it.inner.exists(k, k == 'deep')",
    "it.lost.exists(x, true)",
    "it.tags.exists(t, t == 1)",
    "it.tags.exists(t, t == 'x' || t.nothing)",
    "it.tags.exists(google, google == 'mutable')",
    "it.tags.exists(cel, cel == 'mutable')",
    "it.tags.map(t, t) == it.tags",
    "dyn(it.numeric)",
    "{'a': 1}.a == 1",
    "[true][0]",
    "it.aspect in {'image': 1}",
    "size() == 1",
    "unknownFunction(it.numeric, true)",
    "it.numeric.unknownMethod(true, false)",
  ])("%s", (source) => {
    expect(answer(source)).toBeUndefined();
  });

  it("an item that is no object", () => {
    for (const it of [null, "text", [], 7, undefined])
      expect(answer("it.aspect == 'image'", { it })).toBeUndefined();
  });
});

it("the variables of one list do not reach into the next", () => {
  const locals: unknown[] = [];
  const frame = { facts: factsOf(), it: ITEM, locals };
  const parsed = parseExpression(
    "it.counts.all(a, it.counts.exists(b, b == a)) && it.tags.all(a, a != 'x')",
  );
  if (!parsed.ok) throw new Error(parsed.message);
  const run = direct(parsed.expr);
  expect([run(frame), run(frame), run({ ...frame, it: { ...ITEM, counts: [] } })]).toEqual([
    true,
    true,
    true,
  ]);
});
