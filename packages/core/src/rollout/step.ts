// SPDX-License-Identifier: Apache-2.0
/**
 * The rollout as a function: a state, an event and the time give the next state and what a driver is
 * to do. What it is to do is part of the state until answered, so that a driver that dies loses
 * nothing, and a write is there only where the entry that permits it came back as an event.
 */
import { driveBack, roomFor } from "./backward.ts";
import { readBack, written } from "./cells.ts";
import { drop, dropId, mapCells, toChecking } from "./edit.ts";
import type { Effect } from "./effect.ts";
import { appended, appendRefused } from "./entry.ts";
import type { Report, RolloutEvent } from "./event.ts";
import type { RolloutFailure } from "./failure.ts";
import { driveForward } from "./forward.ts";
import { runsNow } from "./pair.ts";
import { type Asked, isRequest, request } from "./request.ts";
import { FENCE_MAX, type RolloutState } from "./state.ts";
import { readAgain } from "./stop.ts";
import { judged, stale } from "./verdict.ts";

export type Step =
  | { readonly ok: true; readonly state: RolloutState; readonly effects: readonly Effect[] }
  | {
      readonly ok: false;
      readonly failure: RolloutFailure;
      /** What the ledger is to say of the attempt. */
      readonly record: { readonly event: string; readonly by: string; readonly because: string };
    };

/** However late a driver looks, so much time passes for the machine; what jumps is a clock, not time. */
export const TICK_MAX_MS = 60_000;

/** The next state. `now`: milliseconds since 1970 UTC. */
export function step(state: RolloutState, event: RolloutEvent, now: number): Step {
  const timed = passed(state, now);
  const asked = taken(timed, event);
  if (!asked.ok) return asked;
  const driven = drive(asked.state);
  const next: RolloutState = { ...driven, revision: state.revision + 1 };
  // A new driver is told all that is open: it knows nothing of what the last one did.
  const known = new Set(next.fence === state.fence ? state.outbox.map(({ id }) => id) : []);
  return { ok: true, state: next, effects: next.outbox.filter(({ id }) => !known.has(id)) };
}

function passed(state: RolloutState, now: number): RolloutState {
  const elapsed = Math.min(TICK_MAX_MS, Math.max(0, now - state.seenAt));
  const timed = { ...state, seenAt: now, clockMs: state.clockMs + elapsed };
  const { baking, watching } = state;
  // Signals are asked by the wall clock: where that jumps, what was seen before the wave was whole must
  // not come to lie after it, nor the beginning of the bake in the future.
  const moved = (at: number) => Math.min(now, at + Math.max(0, now - state.seenAt - elapsed));
  return {
    ...timed,
    ...(baking === undefined ? {} : { baking: { ...baking, fromAt: moved(baking.fromAt) } }),
    ...(watching === undefined ? {} : { watching: { ...watching, since: moved(watching.since) } }),
  };
}

function taken(state: RolloutState, event: RolloutEvent): Asked {
  if (isRequest(event)) return request(state, event);
  if (event.kind === "verdict" && !state.plan.signals.includes(event.source))
    return {
      ok: false,
      failure: {
        code: "ROLLOUT_NOT_NOW",
        message: `\`${event.source}\` is no signal of \`${state.plan.system}\``,
        help: "enrol the signal in the catalog, which two people approve",
      },
      record: { event: "verdict", by: event.source, because: "not enrolled" },
    };
  return { ok: true, state: reported(state, event) };
}

/** What is out of date is no error: answers come late, and twice. */
function reported(state: RolloutState, event: Report): RolloutState {
  switch (event.kind) {
    case "appended":
      return appended(state, event);
    case "append-refused":
      return appendRefused(state, event);
    case "written":
      return written(state, event);
    case "read":
      return readBack(state, event);
    case "verdict":
      return judged(state, event);
    case "signal-stale":
      return stale(state, event.source);
    case "capacity":
      return state.outbox.some(({ kind, id }) => kind === "capacity" && id === event.id)
        ? roomFor(dropId(state, event.id), event.enough)
        : state;
    case "runs":
      return runsNow(state, event);
    case "notified":
      return drop(state, ({ kind, id }) => kind === "notify" && id === event.id);
    case "leased":
      return leased(state, event.fence);
    case "lease-lost":
      return event.fence === state.fence ? { ...state, leased: false } : state;
    case "time":
      return state;
  }
}

/** The driver before this one may have sent what is in the outbox: writes are found out about first. */
function leased(state: RolloutState, fence: number): RolloutState {
  if (fence <= state.fence || fence > FENCE_MAX) return state;
  const settled = drop(state, ({ kind }) => kind === "write" || kind === "read");
  return mapCells({ ...settled, fence, leased: true }, toChecking);
}

/** Everything that follows by itself. */
function drive(state: RolloutState): RolloutState {
  if (!state.leased) return state;
  const read = readUnknown(state);
  if (read.phase === "running") return settle(read, driveForward);
  return read.phase === "going-back" ? settle(read, driveBack) : read;
}

/** One thing may lead to the next; each leads on at most once through the stages of a wave. */
const ROUNDS_MAX = 8;

function settle(state: RolloutState, by: (state: RolloutState) => RolloutState): RolloutState {
  let now = state;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const next = by(now);
    if (next === now) return now;
    now = next;
  }
  return now;
}

function readUnknown(state: RolloutState): RolloutState {
  const reading = new Set(
    state.outbox.flatMap((effect) => (effect.kind === "read" ? [effect.cell] : [])),
  );
  return state.cells
    .filter(
      ({ id, operation }) =>
        operation?.status === "checking" &&
        operation.notBefore <= state.clockMs &&
        !reading.has(id),
    )
    .reduce((now, { id }) => readAgain(now, id), state);
}
