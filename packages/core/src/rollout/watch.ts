// SPDX-License-Identifier: Apache-2.0
/** A wave of many cells takes minutes to write: harm in the first of them halts it midway. */
import { emit, isAsked } from "./edit.ts";
import type { RolloutState } from "./state.ts";

/**
 * Asks about the cells that have the version while others of the wave are still to be written; nothing
 * that is answered lets the wave pass. Every set of cells is judged by itself, and each judgement may be
 * false: a wave of n cells is watched in at most log2(n) + 1 sets.
 */
export function watchWriting(state: RolloutState): RolloutState {
  const steps = new Set((state.plan.waves[state.wave]?.steps ?? []).map(({ cell }) => cell));
  const having = state.cells.filter(({ content }) => content.version === state.plan.version);
  const begun = having.some(({ id, operation }) => steps.has(id) && operation === undefined);
  if (!begun) return state;
  const { clockMs, seenAt, plan, wave } = state;
  const ids = having.map(({ id }) => id);
  const known = state.watching ?? { since: seenAt, askAt: clockMs, cells: ids };
  const watching =
    ids.length >= 2 * known.cells.length ? { ...known, askAt: clockMs, cells: ids } : known;
  if (isAsked(state) || watching.askAt > clockMs)
    return watching === state.watching ? state : { ...state, watching };
  const { since, cells } = watching;
  return emit(
    { ...state, watching: { ...watching, askAt: clockMs + plan.askEveryMs } },
    { kind: "analyse", wave, since, cells },
  );
}
