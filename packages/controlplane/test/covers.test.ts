// SPDX-License-Identifier: Apache-2.0
import { coversKey } from "@interlock/controlplane";
import { expect, it } from "vitest";

const CASES = [
  ["{key}", "a", true],
  ["{key}", "", false],
  ["{key}", "a/b", false],
  ["{key}", "..", false],
  ["promise/{key}.json", "promise/a.json", true],
  ["promise/{key}.json", "promise/.json", false],
  ["promise/{key}.json", "other/a.json", false],
  ["{cell}/{key}", "north/a", true],
  ["{cell}/{key}", "south/a", false],
  ["{key}/{key}", "a/a", true],
  ["{key}/{key}", "a/b", false],
  ["fixed", "fixed", true],
  ["fixed", "fixed2", false],
] as const;

it.each(CASES)("`%s` gives the key `%s`: %s", (key, asked, covers) => {
  expect(coversKey({ files: [{ path: "p", key }] }, { cell: "north", key: asked })).toBe(covers);
});
