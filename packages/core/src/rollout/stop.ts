// SPDX-License-Identifier: Apache-2.0
import {
  append,
  drop,
  emit,
  fenceOf,
  mapCells,
  notify,
  toChecking,
  withoutOperation,
} from "./edit.ts";
import type { CellState, RolloutState } from "./state.ts";
import { cellsToGoBack, versionBack, withoutWayBack } from "./way-back.ts";

/**
 * INVARIANT (halt-wins): from the step that halts on, no write forward is handed out; those that
 * were are listed, and read back until it is known what became of them.
 */
export function halt(
  state: RolloutState,
  { by, because }: { readonly by: string; readonly because: string },
): RolloutState {
  const during = state.phase === "going-back" ? "going-back" : "running";
  const stopped = withoutWrites(state);
  const { baking: _, resuming: __, back: ___, watching: ____, ...rest } = stopped;
  const halted: RolloutState = {
    ...rest,
    phase: "halted",
    stage: state.stage === "waiting" || state.stage === "entering" ? "waiting" : "writing",
    // A version once halted is no state to go back to. by (way-back)
    wasHalted: true,
    halt: { by, because: because.slice(0, 500), during },
  };
  // The one act that comes before its entry: a stop that waited for a ledger would be none.
  return notify(
    append(halted, "rollout-halted", { by, because: because.slice(0, 500) }),
    "halted",
    because,
  );
}

/** A signal halts, and goes back by itself where the plan says so and there is a way. */
export function haltBySignal(state: RolloutState, by: string, because: string): RolloutState {
  const wasForward = state.phase === "running";
  const halted = halt(state, { by, because });
  const back = cellsToGoBack(halted, "");
  const automatic = wasForward && state.plan.onFailure === "go-back" && back.length > 0;
  return automatic && withoutWayBack(halted, back, "") === null
    ? goBack(halted, { by, to: "", anyway: false })
    : halted;
}

/** Begins to go back; the first write waits for the entry. by (entry-first) */
export function goBack(
  state: RolloutState,
  { by, to, anyway }: { readonly by: string; readonly to: string; readonly anyway: boolean },
): RolloutState {
  const { baking: _, resuming: __, watching: ___, ...rest } = withoutWrites(state);
  const going: RolloutState = {
    ...rest,
    phase: "going-back",
    stage: "waiting",
    hold: "none",
    paused: false,
    back: { to, anyway, capacity: "unknown", nextAt: state.clockMs },
  };
  return notify(append(going, "rollout-back", { by, because: to }), "going-back", to);
}

/** Nothing of what was queued is handed out any more, and what was handed out is found out about. */
function withoutWrites(state: RolloutState): RolloutState {
  const silent = drop(
    state,
    ({ kind, ...effect }) =>
      kind === "write" ||
      kind === "analyse" ||
      kind === "capacity" ||
      // Its entry may become durable all the same; nobody acts on it then.
      (kind === "append" && "entry" in effect && STEPS_ON.has(effect.entry)),
  );
  const turned = { ...silent, turn: silent.turn + 1 };
  return mapCells(turned, (cell) =>
    cell.operation?.status === "queued" ? withoutOperation(cell) : toChecking(cell),
  );
}

const STEPS_ON: ReadonlySet<string> = new Set([
  "rollout-wave",
  "rollout-resumed",
  "rollout-back",
  "rollout-proven",
]);

/** With the entry durable, every cell that is to go back may be written. */
export function queueBack(state: RolloutState, entry: string): RolloutState {
  const { back } = state;
  if (back === undefined) return state;
  const ids = new Set(cellsToGoBack(state, back.to).map(({ id }) => id));
  const queued = (cell: CellState): CellState => ({
    ...cell,
    // Whatever a write before this may still do, the write to come is compared with it and later.
    doubtful: cell.doubtful || cell.operation !== undefined,
    operation: {
      way: "back",
      content: { version: versionBack(state, cell, back.to), sharePpm: 1_000_000 },
      entry,
      attempt: 1,
      failures: 0,
      status: "queued",
      answer: "none",
      notBefore: 0,
    },
  });
  const quiet = drop(state, ({ kind }) => kind === "read");
  return mapCells({ ...quiet, back: { ...back, entry } }, (cell) =>
    ids.has(cell.id) && cell.conflict === undefined ? queued(cell) : cell,
  );
}

/** What has been handed out and not been accounted for. */
export function inFlight(state: RolloutState): readonly CellState[] {
  return state.cells.filter(
    ({ operation, doubtful }) =>
      doubtful || operation?.status === "sent" || operation?.status === "checking",
  );
}

/** Reads again a cell of which it is not known whether a write took effect. */
export const readAgain = (state: RolloutState, cell: string): RolloutState =>
  emit(state, { kind: "read", cell, fence: fenceOf(state) });
