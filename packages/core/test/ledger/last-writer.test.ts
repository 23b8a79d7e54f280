// SPDX-License-Identifier: Apache-2.0
import { readBody, writerText } from "@interlock/core";
import { expect, test } from "vitest";
import { UNRECORDED_GOOD } from "./unrecorded.ts";

const BODY = UNRECORDED_GOOD["unrecorded-key"];
const WHOLE = {
  trust: "claimed",
  ...{ name: "Ana <ana@example.com>", how: "committed by CI <ci@x>", at: 1 },
  write: "1".repeat(40),
} as const;

test.each<readonly [string, unknown, readonly string[]]>([
  ["all of it", WHOLE, []],
  ["its trust alone", { trust: "told" }, []],
  ["nothing", undefined, []],
  ["no trust", { name: "ana" }, ["writer.trust"]],
  ["a trust of its own", { trust: "proven" }, ["writer.trust"]],
  ["a field more", { trust: "told", person: "ana" }, ["writer.person"]],
  ["a name without an end", { trust: "told", name: "x".repeat(201) }, ["writer.name"]],
  ["a time that is none", { trust: "told", at: 253_402_300_800_000 }, ["writer.at"]],
])("of who wrote a value an entry holds %s, or is refused", (_, writer, paths) => {
  const read = readBody("unrecorded-key", writer === undefined ? BODY : { ...BODY, writer });
  expect(read.ok ? [] : read.problems.map(({ path }) => path)).toEqual(paths);
});

test("a writer is said in one line, without what is not known", () => {
  expect(writerText(WHOLE)).toBe(
    "Ana <ana@example.com> (claimed), committed by CI <ci@x>, write 111111111111",
  );
  expect(writerText({ trust: "told" })).toBe("somebody (told without a name)");
});
