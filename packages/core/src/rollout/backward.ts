// SPDX-License-Identifier: Apache-2.0
/** What a rollout that goes back does next by itself: in batches, spread out, where there is room. */
import { append, emit, mapCell, notify, withOperation } from "./edit.ts";
import { sendWrite } from "./forward.ts";
import { jitterMs } from "./jitter.ts";
import { MILLION } from "./plan.ts";
import type { CellState, RolloutState } from "./state.ts";

/** Between two questions whether there is room. */
const CAPACITY_AGAIN_MS = 15_000;

export function driveBack(state: RolloutState): RolloutState {
  const { back } = state;
  if (back?.entry === undefined || state.stage === "proving") return state;
  const open = state.cells.filter(({ operation }) => operation?.way === "back");
  // Stage `proving`: nothing is left to write, and the last entry is under way.
  if (open.length === 0) return { ...append(state, "rollout-ended", { by: "" }), stage: "proving" };
  return nextBatch(handOutDue(state));
}

/** Cells whose batch has begun wait only for their own time. */
function handOutDue(state: RolloutState): RolloutState {
  let now = state;
  for (const cell of state.cells) {
    const { operation } = cell;
    if (operation?.status !== "queued" || operation.notBefore === 0) continue;
    if (operation.notBefore <= now.clockMs) now = sendWrite(now, cell, operation);
  }
  return now;
}

function nextBatch(state: RolloutState): RolloutState {
  const { back, plan } = state;
  const batch = batchOf(state);
  if (back === undefined || batch.length === 0 || back.nextAt > state.clockMs) return state;
  if (back.capacity !== "enough" && !back.anyway) return askCapacity(state, batch);
  const started = batch.reduce((now, { id }) => {
    const wait = jitterMs(plan.back.jitterMs, state.id, id);
    // At least 1, since 0 means that the cell's batch has not begun.
    return mapCell(now, id, (one) =>
      withOperation(one, { notBefore: Math.max(1, now.clockMs + wait) }),
    );
  }, state);
  const nextAt = state.clockMs + plan.back.everyMs;
  return handOutDue({ ...started, back: { ...back, capacity: "unknown", nextAt } });
}

/** Cells of the largest exposure first, up to the size of a batch; one in any case. */
function batchOf(state: RolloutState): readonly CellState[] {
  const shares = new Map(state.plan.cells.map(({ id, sharePpm }) => [id, sharePpm]));
  const hurt = ({ id, content }: CellState): number =>
    content.version === state.plan.version ? (shares.get(id) ?? 0) * content.sharePpm : 0;
  const waiting = state.cells
    .filter(({ operation }) => operation?.status === "queued" && operation.notBefore === 0)
    .sort((a, b) => hurt(b) - hurt(a) || (a.id < b.id ? -1 : 1));
  const batch: CellState[] = [];
  let room = state.plan.back.batchPpm * MILLION;
  for (const cell of waiting) {
    if (batch.length > 0 && hurt(cell) > room) break;
    room -= hurt(cell);
    batch.push(cell);
  }
  return batch;
}

function askCapacity(state: RolloutState, batch: readonly CellState[]): RolloutState {
  const { back } = state;
  if (back === undefined || state.outbox.some(({ kind }) => kind === "capacity")) return state;
  return emit(state, { kind: "capacity", cells: batch.map(({ id }) => id) });
}

/** Where there is no room, it is asked again; a person may say not to wait. by (never-stuck) */
export function roomFor(state: RolloutState, enough: boolean): RolloutState {
  const { back } = state;
  if (back === undefined) return state;
  if (enough) return { ...state, back: { ...back, capacity: "enough" } };
  const said = back.capacity === "lacking" ? state : notify(state, "not-enough-capacity", back.to);
  const nextAt = state.clockMs + CAPACITY_AGAIN_MS;
  return { ...said, back: { ...back, capacity: "lacking", nextAt } };
}
