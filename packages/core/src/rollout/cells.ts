// SPDX-License-Identifier: Apache-2.0
/** What becomes of one write: its answer is believed only when the cell was read back. */
import {
  cellOf,
  dropId,
  fenceOf,
  mapCell,
  notify,
  same,
  waitingEffect,
  withOperation,
  withoutOperation,
} from "./edit.ts";
import type { Content } from "./effect.ts";
import type { CellRead, WriteResult } from "./event.ts";
import { backoffMs } from "./jitter.ts";
import type { CellState, Operation, RolloutState } from "./state.ts";
import { halt, readAgain } from "./stop.ts";

/** So often may a target say yes and do nothing before the rollout stops. */
const ATTEMPTS_MAX = 3;

export function written(
  state: RolloutState,
  {
    id,
    cell,
    result,
  }: { readonly id: string; readonly cell: string; readonly result: WriteResult },
): RolloutState {
  const write = waitingEffect(state, "write", id);
  if (write === null) return lateAnswer(state, cell);
  const answered = dropId(state, id);
  const operation = cellOf(state, write.cell)?.operation;
  if (operation === undefined) return answered;
  if (result === "away") return again(answered, write.cell, operation);
  if (result === "refused") return refused(answered, write.cell, operation);
  return mapCell(answered, write.cell, (one) =>
    withOperation(one, { status: "checking", answer: result, notBefore: 0 }),
  );
}

/** The answer to a write that was given up: it may have taken effect after the cell was read. */
function lateAnswer(state: RolloutState, cell: string): RolloutState {
  const known = cellOf(state, cell);
  const reading = state.outbox.some((one) => one.kind === "read" && one.cell === cell);
  if (known === null || !known.doubtful || known.operation !== undefined || reading) return state;
  return readAgain(state, cell);
}

/** It took no effect: the same write, with the same key, a little later. */
function again(state: RolloutState, cell: string, { failures }: Operation): RolloutState {
  const notBefore = state.clockMs + backoffMs(failures, state.id, cell);
  return mapCell(state, cell, (one) =>
    withOperation(one, { status: "queued", answer: "none", failures: failures + 1, notBefore }),
  );
}

function refused(state: RolloutState, cell: string, { way }: Operation): RolloutState {
  const cleared = mapCell(state, cell, withoutOperation);
  return way === "forward"
    ? halt(cleared, { by: "", because: `the target refuses the write to \`${cell}\`` })
    : inConflict(cleared, cell, "the target refuses what it had");
}

/** Only what this rollout wrote, or what was there before it, is ever written over. */
function inConflict(state: RolloutState, cell: string, holds: string): RolloutState {
  const marked = mapCell(state, cell, (one) => ({ ...withoutOperation(one), conflict: holds }));
  return notify(marked, "cell-in-conflict", cell);
}

export function readBack(state: RolloutState, read: CellRead): RolloutState {
  const { id, cell, found } = read;
  const asked = waitingEffect(state, "read", id);
  const known = cellOf(state, cell);
  if (asked === null || asked.cell !== cell || known === null) return state;
  const answered = dropId(state, id);
  const { operation } = known;
  if (found === null) return later(answered, known);
  if (operation === undefined) return seen(answered, known, found);
  if (same(found, operation.content) && isCertain(state, known, read))
    return done(answered, known, operation);
  if (isOurs(state, known, found)) return notYet(answered, { ...known, content: found }, operation);
  return operation.way === "forward"
    ? foreign(answered, cell, found)
    : inConflict(answered, cell, found.version);
}

/**
 * Where a write forward may still be on its way, a cell that looks as it did before is not back: it
 * is once the target has seen a fence that keeps that write out. A target without fences is believed.
 */
function isCertain(state: RolloutState, { doubtful, operation }: CellState, { fence }: CellRead) {
  if (operation?.way !== "back" || !doubtful) return true;
  return fence === null ? operation.answer === "yes" : fence >= fenceOf(state);
}

function later(state: RolloutState, { id, operation }: CellState): RolloutState {
  if (operation === undefined) return readAgain(state, id);
  const notBefore = state.clockMs + backoffMs(operation.failures, state.id, id);
  return mapCell(state, id, (one) =>
    withOperation(one, { failures: operation.failures + 1, notBefore }),
  );
}

/** Read for its own sake, while no write of it is under way. */
function seen(state: RolloutState, cell: CellState, found: Content): RolloutState {
  return isOurs(state, cell, found)
    ? mapCell(state, cell.id, (one) => ({ ...one, content: found }))
    : inConflict(state, cell.id, found.version);
}

function done(state: RolloutState, { id }: CellState, operation: Operation): RolloutState {
  return mapCell(state, id, (one) => ({
    ...withoutOperation(one),
    content: operation.content,
    // Later than any write before it: what those were compared with is gone.
    doubtful: false,
  }));
}

function notYet(state: RolloutState, cell: CellState, operation: Operation): RolloutState {
  const kept = mapCell(state, cell.id, (one) => ({ ...one, content: cell.content }));
  if (operation.way === "forward" && state.phase !== "running")
    return mapCell(kept, cell.id, withoutOperation);
  if (operation.answer !== "yes") return again(kept, cell.id, operation);
  if (operation.attempt >= ATTEMPTS_MAX) {
    if (operation.way === "forward") {
      const cleared = mapCell(kept, cell.id, withoutOperation);
      const because = `the target says that it wrote \`${cell.id}\` and did not`;
      return halt(cleared, { by: "", because });
    }
    // Going back never gives up: it says so and goes on trying. by (never-stuck)
    if (operation.attempt === ATTEMPTS_MAX)
      return afresh(notify(kept, "cell-not-back", cell.id), cell.id);
  }
  return afresh(kept, cell.id);
}

/** A new key, since the target remembers the old one and would only say yes to it again. */
function afresh(state: RolloutState, cell: string): RolloutState {
  const operation = cellOf(state, cell)?.operation;
  if (operation === undefined) return state;
  const next = mapCell(state, cell, (one) =>
    withOperation(one, { attempt: operation.attempt + 1 }),
  );
  return again(next, cell, operation);
}

function foreign(state: RolloutState, cell: string, found: Content): RolloutState {
  const because = `\`${cell}\` holds \`${found.version}\`, which nobody here wrote`;
  const marked = inConflict(state, cell, found.version);
  return state.phase === "running" ? halt(marked, { by: "", because }) : marked;
}

/** Its base, or the version that this rollout brings, to any share; or what it goes back to. */
function isOurs(state: RolloutState, cell: CellState, found: Content): boolean {
  const base = state.plan.cells.find(({ id }) => id === cell.id)?.base;
  return (
    found.version === state.plan.version ||
    same(found, cell.content) ||
    (found.version === base && found.sharePpm === 1_000_000) ||
    (state.back !== undefined && found.version === state.back.to)
  );
}
