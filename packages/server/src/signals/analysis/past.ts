// SPDX-License-Identifier: Apache-2.0
/** The time before a rollout, from which its analysis learns. */
import type { CellSeries, Counts } from "@interlock/judge";
import type { CellCounts } from "@interlock/store";

/** Stored slots, oldest first. */
export type PastSlot = { readonly start: number; readonly cells: CellCounts };

/** The sum of one count over cells; `null` where one of them was not read. */
export function sumOver(cells: CellCounts, ids: readonly string[], k = 0): number | null {
  let sum = 0;
  for (const id of ids) {
    const n = Object.hasOwn(cells, id) ? cells[id]?.[k] : undefined;
    if (n === undefined) return null;
    sum += n;
  }
  return sum;
}

/** The sums of all counts over cells; `null` where one of them was not read. */
export function sumsOver(cells: CellCounts, ids: readonly string[]): readonly number[] | null {
  const sums: number[] = [];
  for (const id of ids) {
    const counts = Object.hasOwn(cells, id) ? cells[id] : undefined;
    if (counts === undefined) return null;
    for (const [k, n] of counts.entries()) sums[k] = (sums[k] ?? 0) + n;
  }
  return sums.length === 0 ? null : sums;
}

/** Both groups of a slot, or `null` where one cell was not read: a gap would look like a drop. */
export function countsIn(
  cells: CellCounts,
  groups: { readonly changed: readonly string[]; readonly control: readonly string[] },
  k = 0,
): Counts | null {
  const changed = sumOver(cells, groups.changed, k);
  const unchanged = sumOver(cells, groups.control, k);
  return changed === null || unchanged === null ? null : { changed, unchanged };
}

/** Cells by slots, for a replay. */
export function seriesOf(past: readonly PastSlot[], ids: readonly string[], k = 0): CellSeries {
  return ids.map((id) => past.map(({ cells }) => sumOver(cells, [id], k)));
}
