// SPDX-License-Identifier: Apache-2.0
import type { RolloutState } from "@interlock/core";
import type { Unsettled } from "@interlock/targets";

/** Whether what a cell holds counts now, or only once it has reached those who run with it. */
export type Settling = (cell: string, unsettled: Unsettled | undefined) => "counts" | "waits";

/**
 * INVARIANT (written-is-not-arrived): while a write is under way, a cell whose target says that it has
 * not arrived counts as not read, so that no bake begins on what ran before. What does not arrive
 * in time halts; on the way back it is told, since there is nowhere else to go.
 */
export function settlingOf(terms: {
  readonly state: () => RolloutState;
  readonly now: () => number;
  readonly unsettledMs: () => number;
  readonly halt: (because: string) => void;
  readonly trouble: (says: string) => void;
}): Settling {
  const since = new Map<string, number>();
  return (cell, unsettled) => {
    const way = wayOf(terms.state(), cell);
    if (unsettled === undefined || way === null) {
      since.delete(cell);
      return "counts";
    }
    const now = terms.now();
    const first = since.get(cell) ?? now;
    const says = `\`${cell}\` holds what was written, but it has not arrived: ${unsettled.says}`;
    if (!since.has(cell)) terms.trouble(says);
    since.set(cell, first);
    if (!unsettled.isOver && now - first < terms.unsettledMs()) return "waits";
    since.delete(cell);
    if (way === "forward") terms.halt(says);
    else terms.trouble(`${says}, and is waited for no more`);
    return "counts";
  };
}

/** Of the write that the rollout waits for; `null`: it waits for none of this cell. */
function wayOf({ phase, cells }: RolloutState, cell: string): "forward" | "back" | null {
  const way = cells.find(({ id }) => id === cell)?.operation?.way;
  if (phase === "running" && way === "forward") return way;
  return phase === "going-back" && way === "back" ? way : null;
}
