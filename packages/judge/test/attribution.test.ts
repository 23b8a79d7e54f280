// SPDX-License-Identifier: Apache-2.0
import { attribute, type Cell, type Fault, type Suspect, separate } from "@interlock/judge";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chance, poisson } from "./chance.ts";
import { got } from "./outcome.ts";

const HOUR = 3_600_000;
const START = 1_000 * HOUR;
const CELLS: readonly Cell[] = Array.from({ length: 12 }, (_, i) => ({
  cell: `c${i}`,
  stratum: i < 6 ? "north" : "south",
  exposureCount: 10_000,
}));
const on = (id: string, cells: readonly number[], sinceMs = START): Suspect => ({
  id,
  exposure: cells.map((i) => ({ cell: `c${i}`, sinceMs })),
  distance: 1,
});
const faultsIn = (
  cells: readonly number[],
  count: number,
  atMs = START + HOUR / 2,
): readonly Fault[] => cells.map((i) => ({ cell: `c${i}`, atMs, count }));

const suspects = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom("a", "b", "c", "d", "e"),
    cells: fc.uniqueArray(fc.nat(11), { minLength: 1, maxLength: 12 }),
    hour: fc.nat(3),
  }),
  { selector: ({ id }) => id, minLength: 1 },
);
const faults = fc.array(
  fc.record({ cell: fc.nat(11), hour: fc.integer({ min: -80, max: 80 }), count: fc.nat(50) }),
  { maxLength: 20 },
);
const asFaults = (
  list: readonly { cell: number; hour: number; count: number }[],
): readonly Fault[] =>
  list.map(({ cell, hour, count }) => ({ cell: `c${cell}`, atMs: START + hour * HOUR, count }));

describe("blame among concurrent changes", () => {
  test("sums to one with none of these, and permuting labels permutes blame", () => {
    fc.assert(
      fc.property(suspects, faults, (list, raw) => {
        const made = list.map(({ id, cells, hour }) => on(id, cells, START + hour * HOUR));
        const found = got(attribute(made, CELLS, asFaults(raw)));
        const sum = found.blames.reduce((n, { blamePpm }) => n + blamePpm, found.noneOfThesePpm);
        expect(sum).toBe(1_000_000);
        expect(
          found.blames.every(({ blamePpm }) => Number.isInteger(blamePpm) && blamePpm >= 0),
        ).toBe(true);
        const renamed = got(
          attribute(
            [...made].reverse().map((s) => ({ ...s, id: `${s.id}!` })),
            CELLS,
            asFaults(raw),
          ),
        );
        for (const { id, blamePpm } of found.blames)
          expect(
            Math.abs((renamed.blames.find((b) => b.id === `${id}!`)?.blamePpm ?? -9) - blamePpm),
          ).toBeLessThan(2);
      }),
    );
  });

  test("a change that is nowhere the fault is gets nothing", () => {
    const found = got(
      attribute([on("here", [0, 1]), on("elsewhere", [6, 7])], CELLS, faultsIn([0, 1], 20)),
    );
    expect(found.blames[0]).toMatchObject({ id: "here", because: "fits" });
    expect(found.blames[0]?.blamePpm).toBeGreaterThan(950_000);
    expect(found.blames[1]).toMatchObject({
      id: "elsewhere",
      blamePpm: 0,
      because: "no-fault-where-it-is",
    });
    expect(found.halt).toEqual(["here"]);
  });

  test("faults that were there before veto", () => {
    const next = chance(8);
    const always = Array.from({ length: 40 }, (_, i) =>
      faultsIn([0, 1], poisson(next, 20), START + (i - 20) * HOUR + HOUR / 2),
    ).flat();
    const found = got(attribute([on("late", [0, 1])], CELLS, always));
    expect(found.blames[0]).toMatchObject({ blamePpm: 0, because: "faults-were-there-before" });
    expect(found.noneOfThesePpm).toBe(1_000_000);
  });

  test("faults everywhere are none of these", () => {
    const found = got(
      attribute([on("a", [0]), on("b", [3])], CELLS, faultsIn([...CELLS.keys()], 3)),
    );
    expect(found.noneOfThesePpm).toBeGreaterThan(500_000);
  });

  test("identical exposure has identical blame, says so, and halts all", () => {
    const near = { ...on("near", [0, 1]), distance: 0 };
    const far = { ...on("far", [1, 0]), distance: 9 };
    const found = got(attribute([near, far, on("other", [8])], CELLS, faultsIn([0, 1], 20)));
    expect(new Set(found.blames.slice(0, 2).map(({ blamePpm }) => blamePpm)).size).toBe(1);
    expect(found.cannotBeToldApart).toEqual([["far", "near"]]);
    expect(found.halt).toEqual(["far", "near"]);
  });

  test("no faults blame nobody", () => {
    expect(got(attribute([on("a", [0])], CELLS, []))).toMatchObject({
      noneOfThesePpm: 1_000_000,
      halt: [],
    });
  });

  test("finds the one bad change of twenty, in all but a few of 40 synthetic cases", () => {
    let right = 0;
    for (let run = 0; run < 40; run += 1) {
      const next = chance(run);
      const many = Array.from({ length: 20 }, (_, i) => {
        const cells = [...CELLS.keys()].filter(() => next() < 0.4);
        return on(
          `x${i}`,
          cells.length > 0 ? cells : [i % 12],
          START - Math.floor(next() * 48) * HOUR,
        );
      });
      const bad = many[0];
      const seen = CELLS.flatMap(({ cell }) =>
        Array.from({ length: 72 }, (_, h) => {
          const atMs = START + (h - 66) * HOUR + 1;
          const exposed = bad?.exposure.some((e) => e.cell === cell && e.sinceMs <= atMs) ?? false;
          return { cell, atMs, count: poisson(next, exposed ? 3 : 0.05) };
        }),
      );
      const { blames } = got(attribute(many, CELLS, seen));
      if (blames[0]?.id === "x0") right += 1;
    }
    expect(right).toBeGreaterThanOrEqual(38);
  });

  test("hostile figures are refused", () => {
    for (const bad of [Number.NaN, -1, 0.5, Number.POSITIVE_INFINITY]) {
      expect(attribute([on("a", [0])], CELLS, faultsIn([0], bad))).toMatchObject({
        failure: { code: "not-a-count" },
      });
      if (bad !== -1)
        expect(attribute([on("a", [0], bad)], CELLS, [])).toMatchObject({
          failure: { code: "not-a-number" },
        });
    }
    expect(attribute([on("a", [0]), on("a", [1])], CELLS, [])).toMatchObject({
      failure: { code: "out-of-range" },
    });
  });
});

describe("the next wave that tells suspects apart", () => {
  test("gives every suspect its own code where cells suffice, and names the rest", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.stringMatching(/^[a-z]{1,3}$/), { maxLength: 9 }),
        fc.uniqueArray(fc.stringMatching(/^c[0-9]$/), { maxLength: 5 }),
        (ids, cells) => {
          const { steps, stillAlike } = got(separate(ids, cells));
          const code = (id: string): string =>
            steps.map(({ exposeTo }) => exposeTo.includes(id)).join();
          const alike = stillAlike.flat();
          const apart = ids.filter((id) => !alike.includes(id));
          expect(new Set(apart.map(code)).size).toBe(apart.length);
          if (2 ** cells.length >= ids.length) expect(stillAlike).toEqual([]);
          expect(steps.length).toBeLessThanOrEqual(cells.length);
        },
      ),
    );
  });

  test("what is then seen does tell them apart", () => {
    const { steps } = got(separate(["a", "b"], ["c5"]));
    expect(steps).toEqual([{ cell: "c5", exposeTo: ["b"] }]);
    const found = got(attribute([on("a", [0]), on("b", [0, 5])], CELLS, faultsIn([0, 5], 20)));
    expect(found.cannotBeToldApart).toEqual([]);
    expect(found.blames[0]?.id).toBe("b");
  });
});
