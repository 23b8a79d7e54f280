// SPDX-License-Identifier: Apache-2.0
import { type CellContents, type CheckedSet, checkSet } from "@interlock/controlplane";
import type { Sides } from "./sides.ts";

/** What was found of one set in the cells that hold and get the same. */
export type CheckedCells = CheckedSet & { readonly set: string; readonly cells: readonly string[] };

const NOTHING: CellContents = new Map();

/** Cells that hold the same before and after are checked once. */
export function checkSides({ description, sets, before, after }: Sides): readonly CheckedCells[] {
  return sets.flatMap((set) => {
    const cells = description.systems.find((one) => one.name === set.system)?.cells ?? [];
    const byContent = new Map<string, CheckedCells>();
    for (const { id } of cells) {
      const old = before.cells.get(set.name)?.get(id) ?? NOTHING;
      const now = after.cells.get(set.name)?.get(id) ?? NOTHING;
      const others = keysIn(after, id);
      const same = JSON.stringify([
        [...old],
        [...now],
        [...others].map(([name, keys]) => [name, [...keys]]),
      ]);
      const known = byContent.get(same);
      byContent.set(
        same,
        known === undefined
          ? { set: set.name, cells: [id], ...checkSet(set, old, now, others) }
          : { ...known, cells: [...known.cells, id] },
      );
    }
    return [...byContent.values()];
  });
}

const keysIn = (
  { cells }: Sides["after"],
  cell: string,
): ReadonlyMap<string, ReadonlySet<string>> =>
  new Map([...cells].map(([set, inSet]) => [set, new Set(inSet.get(cell)?.keys() ?? [])]));
