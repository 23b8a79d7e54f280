// SPDX-License-Identifier: Apache-2.0
/** Cells that are divided into shares of their traffic. */
import { readFileSync } from "node:fs";
import {
  type CellDescription,
  deliveriesOf,
  readDescription,
  wholeIn,
  wholeOf,
} from "@interlock/controlplane";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exampleText } from "./example.ts";

const PAGE = new URL("../../../docs/reference/control-plane.md", import.meta.url);
const MILLION = 1_000_000;

/** The example with its second cell divided, and a place for each part. */
const divided = (parts: string, share = "99%", cells = ""): string =>
  exampleText()
    .replace(
      "share: 99%, runs: promise-4.2.0",
      `share: ${share}, runs: promise-4.2.0, parts: ${parts}`,
    )
    .replace("share: 1%,", `share: ${100 - Number.parseInt(share, 10)}%,`)
    .replace("na-2: /na-2/", cells || places(parts));
const places = (parts: string): string =>
  parts
    .split(",")
    .map((_, i) => `na-2.${i + 1}: /na-2/${i + 1}/`)
    .join("\n        ");

function cellsOf(text: string): readonly CellDescription[] {
  const read = readDescription("cp.yaml", text);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.description.systems[0]?.cells ?? [];
}

const problemsOf = (text: string): string => {
  const read = readDescription("cp.yaml", text);
  return read.ok ? "" : read.problems.map(({ message, help }) => `${message}: ${help}`).join("\n");
};

it("a divided cell is its parts, each with its share of the orders", () => {
  expect(
    cellsOf(divided("[1%, 9%, 90%]")).map(({ id, sharePpm, part }) => [id, sharePpm, part]),
  ).toEqual([
    ["na-1", 10_000, undefined],
    ["na-2.1", 9_900, { of: "na-2", fromPpm: 0, toPpm: 10_000 }],
    ["na-2.2", 89_100, { of: "na-2", fromPpm: 10_000, toPpm: 100_000 }],
    ["na-2.3", 891_000, { of: "na-2", fromPpm: 100_000, toPpm: MILLION }],
  ]);
});

/** Shares that add up to 100%, in steps of a hundredth of a percent. */
const shares = fc
  .uniqueArray(fc.integer({ min: 1, max: 9_999 }), { minLength: 1, maxLength: 19 })
  .map((cuts) => [0, ...cuts.sort((a, b) => a - b), 10_000])
  .map((ends) => ends.slice(1).map((end, i) => `${(end - (ends[i] ?? 0)) / 100}%`));

it("parts follow each other and have together the share of their cell (parts-whole)", () => {
  fc.assert(
    fc.property(shares, (parts) => {
      const own = cellsOf(divided(`[${parts.join(", ")}]`)).filter(
        ({ part }) => part !== undefined,
      );
      expect(own.reduce((sum, { sharePpm }) => sum + sharePpm, 0)).toBe(990_000);
      const ends = own.map(({ part }) => part?.toPpm);
      expect(own.map(({ part }) => part?.fromPpm)).toEqual([0, ...ends.slice(0, -1)]);
      expect(ends.at(-1)).toBe(MILLION);
    }),
    { numRuns: 100 },
  );
});

const MISTAKES: readonly (readonly [what: string, text: string, said: string])[] = [
  ["one part", divided("[100%]"), "no list of 2 to 20 shares"],
  ["no list", divided("50%"), "no list of 2 to 20 shares"],
  ["a share that is none", divided("[1%, 99]"), "`99` is no share of more than nothing"],
  ["a share of nothing", divided("[0%, 100%]"), "`0%` is no share of more than nothing"],
  ["shares that leave something out", divided("[1%, 98%]"), "add up to 99%"],
  ["a part of no order", divided("[0.0001%, 99.9999%]", "40%"), "less than a millionth"],
  [
    "a part that is called as another cell",
    divided("[1%, 99%]").replace("id: na-1,", "id: na-2.1,").replace("na-1: /na-1/", ""),
    "a part would be called `na-2.1`",
  ],
  [
    "a part without a place",
    divided("[1%, 99%]", "99%", "na-2.1: /na-2/1/"),
    "nothing says where the cell `na-2.2` is",
  ],
];

describe("says what is wrong with", () => {
  it.each(MISTAKES)("%s", (_what, text, said) => expect(problemsOf(text)).toContain(said));
});

const OLD = "a".repeat(64);
const NEW = "b".repeat(64);
const entry = (path: string) => ({
  ...{ path, oldMode: "100644", newMode: "100644", oldContent: OLD, newContent: NEW },
});

describe("a file", () => {
  const read = readDescription("cp.yaml", divided("[1%, 9%, 90%]"));
  if (!read.ok) throw new Error("the example does not load");
  const { description } = read;
  const told = (...paths: string[]) =>
    deliveriesOf(description, {
      ...{ repository: "shop/config", ref: "refs/heads/main", entries: paths.map(entry) },
    });

  it("goes to every part of a cell or to none (parts-alike)", () => {
    const names = ["promise/de", "promise/fr", "cells/na-1/de", "cells/na-2/de", "cells/na-2/at"];
    fc.assert(
      fc.property(fc.subarray(names), (some) => {
        const { deliveries } = told(...some.map((one) => `config/${one}.json`));
        const parts = description.systems[0]?.cells.filter(({ part }) => part !== undefined) ?? [];
        const held = parts.map(({ id }) =>
          deliveries.filter(({ cell }) => cell === id).map(({ key, content }) => [key, content]),
        );
        for (const one of held) expect(one).toEqual(held[0]);
      }),
    );
    expect(told("config/cells/na-2/de.json").deliveries.map(({ cell }) => cell)).toEqual([
      ...["na-2.1", "na-2.2", "na-2.3"],
    ]);
  });

  it("names the cell, never one of its parts", () => {
    const { problems } = told("config/cells/na-2.1/de.json");
    expect(problems.map(({ code, help }) => [code, help])).toEqual([
      ["CELL_UNKNOWN", "name `na-2`: a file goes to all parts of a cell"],
    ]);
  });

  it("is of the cell whose part holds its key", () => {
    expect(description.systems[0]?.cells.map(wholeOf)).toEqual(["na-1", "na-2", "na-2", "na-2"]);
    const system = "delivery-promise";
    expect(wholeIn(description, { system, cell: "na-2.3" })).toBe("na-2");
    expect(wholeIn(description, { system, cell: "elsewhere" })).toBe("elsewhere");
  });
});

/** What the reference page shows to those who write readers. */
async function contract(): Promise<(unit: string) => string> {
  const code = /```js\n(.*?)```/s.exec(readFileSync(PAGE, "utf8"))?.[1] ?? "";
  const url = `data:text/javascript,${encodeURIComponent(code)}`;
  const module = (await import(url)) as { readonly partOf: (unit: string) => string }; // of the page
  return module.partOf;
}

it("the reader of the reference page sends each part its share of units, and a unit always to one part", async () => {
  const partOf = await contract();
  const units = Array.from({ length: 20_000 }, (_, i) => `customer-${i}`);
  const counts = new Map<string, number>();
  for (const unit of units) counts.set(partOf(unit), (counts.get(partOf(unit)) ?? 0) + 1);
  // Five standard deviations of what chance does with 20,000 of them; the units are the same each time.
  const near = (part: string, share: number) =>
    expect(Math.abs((counts.get(part) ?? 0) - 20_000 * share)).toBeLessThan(
      5 * Math.sqrt(20_000 * share * (1 - share)),
    );
  near("na-1.1", 0.01);
  near("na-1.2", 0.09);
  near("na-1.3", 0.9);
  expect(units.map(partOf)).toEqual(units.map(partOf));
});
