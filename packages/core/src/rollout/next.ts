// SPDX-License-Identifier: Apache-2.0
/** What happens next by itself and when, for a driver's timer and for the countdown that people see. */
import { isAsked } from "./edit.ts";
import type { RolloutState } from "./state.ts";

export const NEXT = [
  "wave",
  "write",
  "read",
  "analysis",
  "bake",
  "batch",
  "person",
  "answer",
  "evidence",
  "nothing",
] as const;

export type NextAct = {
  readonly what: (typeof NEXT)[number];
  /** Milliseconds since 1970 UTC; `null`: not at a time but with an answer or a person. */
  readonly at: number | null;
};

/** The next automatic act; after its time, a `time` event brings it about. */
export function nextAct(state: RolloutState): NextAct {
  const over = ["proposed", "completed", "gone-back", "withdrawn"].includes(state.phase);
  if (over) return { what: state.phase === "proposed" ? "person" : "nothing", at: null };
  const reads = state.cells.flatMap(({ operation }) =>
    operation?.status === "checking" ? [operation.notBefore] : [],
  );
  const due = [...at(state, "read", reads), ...phaseActs(state)];
  const [first] = due.sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
  return first ?? { what: waitsFor(state), at: null };
}

function at(
  state: RolloutState,
  what: NextAct["what"],
  clocks: readonly number[],
): readonly NextAct[] {
  if (clocks.length === 0) return [];
  const clock = Math.min(...clocks);
  return [{ what, at: state.seenAt + Math.max(0, clock - state.clockMs) }];
}

function phaseActs(state: RolloutState): readonly NextAct[] {
  if (state.phase === "going-back") return backActs(state);
  if (state.phase !== "running" || state.paused) return [];
  const { baking, plan } = state;
  if (state.stage === "writing") {
    const queued = state.cells.flatMap(({ operation }) =>
      operation?.status === "queued" ? [Math.max(operation.notBefore, state.freeAt)] : [],
    );
    const { watching } = state;
    const asks = watching === undefined || isAsked(state) ? [] : [watching.askAt];
    return [...at(state, "write", queued), ...at(state, "analysis", asks)];
  }
  if (state.stage !== "baking" || baking === undefined) return [];
  const bake = plan.waves[state.wave]?.bake.ms ?? 0;
  const end = baking.from + Math.max(bake, plan.asyncFailureMs);
  return [
    ...(end > state.clockMs ? at(state, "bake", [end]) : []),
    ...(isAsked(state) ? [] : at(state, "analysis", [baking.askAt])),
  ];
}

function backActs(state: RolloutState): readonly NextAct[] {
  const { back } = state;
  if (back?.entry === undefined) return [];
  const queued = state.cells.flatMap(({ operation }) =>
    operation?.status === "queued" ? [operation.notBefore] : [],
  );
  const begun = queued.filter((clock) => clock > 0);
  const asking = state.outbox.some(({ kind }) => kind === "capacity");
  return [
    ...at(state, "write", begun),
    ...(begun.length < queued.length && !asking ? at(state, "batch", [back.nextAt]) : []),
  ];
}

function waitsFor(state: RolloutState): NextAct["what"] {
  if (state.outbox.some(({ kind }) => kind !== "notify" && kind !== "analyse")) return "answer";
  if (state.phase === "halted" || state.paused || state.hold !== "none") return "person";
  return state.stage === "baking" ? "evidence" : "person";
}
