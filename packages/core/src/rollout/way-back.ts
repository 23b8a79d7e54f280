// SPDX-License-Identifier: Apache-2.0
import type { CellState, Proven, RolloutState } from "./state.ts";

/**
 * INVARIANT (way-back): one person alone may return only to a version that passed its bake or was
 * adopted, was never halted or marked bad, and fits what each cell runs.
 */
export function mayReturnTo(proven: readonly Proven[], version: string, runs: string): boolean {
  const known = proven.filter((one) => one.version === version);
  return (
    known.every(({ bad }) => !bad) &&
    known.some(({ halted, fits }) => !halted && fits.includes(runs))
  );
}

/** The version that a cell goes back to; an empty `to` means what it had. */
export function versionBack(state: RolloutState, cell: CellState, to: string): string {
  if (to !== "") return to;
  return state.plan.cells.find(({ id }) => id === cell.id)?.base ?? "";
}

/** Cells that hold, or may come to hold, something else than they would go back to. */
export function cellsToGoBack(state: RolloutState, to: string): readonly CellState[] {
  return state.cells.filter(
    (cell) =>
      cell.touched &&
      (cell.doubtful ||
        cell.operation !== undefined ||
        cell.content.version !== versionBack(state, cell, to)),
  );
}

/** The first cell that has no way back to it, or `null`. */
export function withoutWayBack(
  state: RolloutState,
  cells: readonly CellState[],
  to: string,
): CellState | null {
  const stuck = cells.find(
    (cell) => !mayReturnTo(state.proven, versionBack(state, cell, to), cell.runs),
  );
  return stuck ?? null;
}
