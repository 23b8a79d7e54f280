// SPDX-License-Identifier: Apache-2.0
/** What follows from an entry that is durable. by (entry-first) */
import { dropId, mapCells, notify, waitingEffect } from "./edit.ts";
import type { EffectOf } from "./effect.ts";
import type { Recorded, Report } from "./event.ts";
import { queueWave } from "./forward.ts";
import type { Proven, RolloutState } from "./state.ts";
import { halt, queueBack } from "./stop.ts";

export function appended(
  state: RolloutState,
  { id, entry, index }: Recorded & { readonly id: string },
): RolloutState {
  const asked = waitingEffect(state, "append", id);
  if (asked === null) return state;
  const recorded = dropId(state, id);
  switch (asked.entry) {
    case "rollout-wave":
      return state.phase === "running" && state.stage === "entering"
        ? queueWave(recorded, entry)
        : recorded;
    case "rollout-resumed":
      return state.resuming === id ? resumed(recorded, entry) : recorded;
    case "rollout-halted":
      return haltRecorded(recorded, index);
    case "rollout-back":
      return state.phase === "going-back" ? queueBack(recorded, entry) : recorded;
    case "rollout-proven":
      return state.phase === "running" ? completed(recorded, entry) : recorded;
    case "rollout-ended":
      return state.phase === "going-back" ? ended(recorded) : recorded;
    case "rollout-paused":
      return recorded;
  }
}

function resumed(state: RolloutState, entry: string): RolloutState {
  const { resuming: _, halt: stopped, ...rest } = state;
  const on: RolloutState = { ...rest, paused: false, hold: "none", phase: "running" };
  // What was cut short by the halt is written again under the entry that lets it go on.
  return stopped !== undefined && on.stage === "writing" ? queueWave(on, entry) : on;
}

function haltRecorded(state: RolloutState, index: number): RolloutState {
  return state.halt === undefined ? state : { ...state, halt: { ...state.halt, index } };
}

/** INVARIANT (last-known-good): it gains a version only after the last bake, and never loses one. */
function completed(state: RolloutState, entry: string): RolloutState {
  const one: Proven = {
    version: state.plan.version,
    kind: "baked",
    entry,
    fits: state.provenRuns,
    halted: state.wasHalted,
    bad: false,
  };
  const done: RolloutState = { ...state, phase: "completed", proven: [...state.proven, one] };
  return notify(done, "completed", one.version);
}

function ended(state: RolloutState): RolloutState {
  const left = state.cells.filter(({ conflict }) => conflict !== undefined).map(({ id }) => id);
  const calm = mapCells(state, (cell) => cell);
  return notify({ ...calm, phase: "gone-back" }, "gone-back", left.slice(0, 10).join(", "));
}

export function appendRefused(
  state: RolloutState,
  { id, because }: Extract<Report, { readonly kind: "append-refused" }>,
): RolloutState {
  const asked = waitingEffect(state, "append", id);
  if (asked === null) return state;
  const answered = dropId(state, id);
  if (asked.entry === "rollout-wave" && because === "solo-ceiling" && state.stage === "entering")
    return notify(
      { ...answered, stage: "waiting", hold: "second-person" },
      "needs-second",
      asked.by,
    );
  if (because === "break-glass-over") return withoutGlass(answered, asked);
  return notify(withoutEffect(answered, asked), "entry-refused", asked.entry);
}

/** An emergency is over with its break-glass: no further wave begins, and nothing goes on after a halt. */
function withoutGlass(state: RolloutState, asked: EffectOf<"append">): RolloutState {
  const stopped = withoutEffect(state, asked);
  const hold = asked.entry === "rollout-wave" ? "break-glass-over" : stopped.hold;
  return notify({ ...stopped, hold }, "break-glass-over", asked.entry);
}

/** What would have followed does not. */
function withoutEffect(state: RolloutState, asked: EffectOf<"append">): RolloutState {
  switch (asked.entry) {
    case "rollout-wave":
      return state.stage === "entering"
        ? { ...state, stage: "waiting", hold: "entry-refused" }
        : state;
    case "rollout-proven":
      return halt(state, { by: "", because: "the ledger refuses to call it proven" });
    case "rollout-back":
      return halt(state, { by: "", because: "the ledger refuses the way back" });
    case "rollout-ended":
      return { ...state, stage: "waiting" };
    default: {
      const { resuming, ...rest } = state;
      return resuming === asked.id ? rest : state;
    }
  }
}
