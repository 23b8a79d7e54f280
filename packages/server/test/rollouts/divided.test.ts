// SPDX-License-Identifier: Apache-2.0
/** Cells that are divided, as waves name them and as people see where they stand. */
import type { Plan, RolloutState } from "@interlock/core";
import { describe, expect, it } from "vitest";
import { dividedShown, namedCells } from "../../src/rollouts/divided.ts";

const cell = (id: string, part?: readonly [of: string, fromPpm: number, toPpm: number]) => ({
  ...{ id, region: part === undefined ? "south" : "north", sharePpm: 1, base: "old" },
  ...{ runs: "code-7", divisible: false },
  ...(part === undefined ? {} : { part: { of: part[0], fromPpm: part[1], toPpm: part[2] } }),
});
const CELLS: Plan["cells"] = [
  cell("eu"),
  cell("na.1", ["na", 0, 10_000]),
  cell("na.2", ["na", 10_000, 100_000]),
  cell("na.3", ["na", 100_000, 1_000_000]),
];

type Waves = readonly (readonly string[])[];

describe("waves that name cells", () => {
  const NAMED: readonly (readonly [what: string, waves: Waves, cells: Waves])[] = [
    ["a part by its own name", [["na.2"]], [["na.2"]]],
    ["the parts up to a share", [["na: 10%"]], [["na.1", "na.2"]]],
    [
      "a share that grows",
      [["na: 1%"], ["na: 10%", "eu"], ["na: 100%"]],
      [["na.1"], ["na.2", "eu"], ["na.3"]],
    ],
    ["the rest of a cell", [["na: 1%"], ["na"]], [["na.1"], ["na.2", "na.3"]]],
    ["a cell whose later part went first", [["na.3"], ["na"]], [["na.3"], ["na.1", "na.2"]]],
    [
      "the cells of a region",
      [["region:north"], ["region:south"]],
      [["na.1", "na.2", "na.3"], ["eu"]],
    ],
    [
      "what is left of a region",
      [["na: 1%"], ["region:north", "eu"]],
      [["na.1"], ["na.2", "na.3", "eu"]],
    ],
    ["what nobody knows, as it is", [["as", "eu: 10%"]], [["as", "eu: 10%"]]],
  ];
  it.each(NAMED)("%s", (_what, waves, cells) =>
    expect(namedCells(CELLS, waves)).toEqual({ ok: true, value: cells }),
  );

  const REFUSED: readonly (readonly [what: string, waves: Waves, says: string, help: string])[] = [
    [
      "a share at which the cell is not divided",
      [["na: 5%"]],
      "`na` is not divided at 5%",
      "its parts end at 1%, 10%, 100%; other parts are a change of the description",
    ],
    ["no share", [["na: 200%"]], "`na` is not divided at 200%", "its parts end at"],
    [
      "a share that a wave before has reached",
      [["na: 10%"], ["na: 1%"]],
      "an earlier wave brings `na` to 1% already",
      "name a larger share",
    ],
    [
      "a region that has no cell",
      [["region:west"]],
      "no cell that is delivered to is in the region `west`",
      "there are north, south",
    ],
    [
      "a region of which nothing is left",
      [["na"], ["region:north"]],
      "earlier waves bring all cells of `north` already",
      "leave it out",
    ],
    ["a cell of which nothing is left", [["na"], ["na"]], "to 100% already", "leave it out"],
  ];
  it.each(REFUSED)("%s is refused", (_what, waves, says, help) =>
    expect(namedCells(CELLS, waves)).toMatchObject({
      ok: false,
      failure: {
        code: "ROLLOUT_PLAN",
        message: expect.stringContaining(says),
        help: expect.stringContaining(help),
      },
    }),
  );
});

it("a divided cell stands at the traffic of those parts that hold the new version", () => {
  const at = (...fresh: readonly string[]): Pick<RolloutState, "plan" | "cells"> => ({
    plan: { cells: CELLS, version: "new" } as unknown as Plan, // nothing else of it is read
    cells: CELLS.map(({ id, runs }) => ({
      ...{ id, runs, doubtful: false, touched: true },
      content: { version: fresh.includes(id) ? "new" : "old", sharePpm: 1_000_000 },
    })),
  });
  const shown = (...fresh: readonly string[]) => dividedShown(at(...fresh));
  expect(shown()).toEqual([{ cell: "na", ppm: 0 }]);
  expect(shown("eu", "na.1")).toEqual([{ cell: "na", ppm: 10_000 }]);
  expect(shown("na.1", "na.3")).toEqual([{ cell: "na", ppm: 910_000 }]);
  expect(shown("na.1", "na.2", "na.3")).toEqual([{ cell: "na", ppm: 1_000_000 }]);
});
