// SPDX-License-Identifier: Apache-2.0
import { mapCell } from "./edit.ts";
import type { RolloutState } from "./state.ts";
import { halt } from "./stop.ts";

/**
 * A cell runs another half of the pair from now on. With a half that this version has not met, data
 * may wake code that nobody saw awake: the rollout stops, and a plan for the new pair begins at one
 * cell.
 */
export function runsNow(
  state: RolloutState,
  { cell, version }: { readonly cell: string; readonly version: string },
): RolloutState {
  const known = state.cells.find(({ id }) => id === cell);
  if (known === undefined || known.runs === version) return state;
  const next = mapCell(state, cell, (one) => ({ ...one, runs: version }));
  return state.phase === "running" && !state.provenRuns.includes(version)
    ? halt(next, {
        by: "",
        because: `\`${cell}\` now runs \`${version}\`, which is not proven with it`,
      })
    : next;
}
