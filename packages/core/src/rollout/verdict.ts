// SPDX-License-Identifier: Apache-2.0
/** Evidence of harm stops; evidence of no harm lets go on; anything else waits. */
import { drop, numberOf } from "./edit.ts";
import type { Verdict } from "./event.ts";
import type { HeldVerdict, RolloutState } from "./state.ts";
import { haltBySignal } from "./stop.ts";

/** Clocks of signals and of the machine may differ by so much. */
const SKEW_MS = 5_000;

/** From a source that is enrolled; of others nothing is believed, not even harm. */
export function judged(state: RolloutState, verdict: Verdict): RolloutState {
  const answered = drop(state, ({ kind, id }) => kind === "analyse" && id === verdict.id);
  const { outcome, source, wave, because = "" } = verdict;
  if (outcome === "failed" || outcome === "worse") {
    const stops =
      state.phase === "running" || (state.phase === "going-back" && outcome === "worse");
    return stops && wave <= state.wave && exposed(state)
      ? haltBySignal(answered, source, harmText(wave, outcome, because))
      : answered;
  }
  const { baking } = answered;
  if (baking === undefined || wave !== state.wave) return answered;
  if (verdict.id !== null && numberOf(verdict.id) <= (baking.after ?? 0)) return answered;
  // What was seen before the slowest failure could show says nothing about it.
  const early = verdict.observedAt < baking.fromAt + state.plan.asyncFailureMs;
  const held: HeldVerdict = {
    source,
    outcome:
      outcome === "successful" && isFresh(state, verdict) && !early ? outcome : "inconclusive",
    samples: verdict.samples,
    excludesPpm: verdict.excludesPpm,
    observedAt: Math.max(0, verdict.observedAt),
  };
  const others = baking.verdicts.filter((one) => one.source !== source);
  const verdicts = [...others, held].sort((a, b) => (a.source < b.source ? -1 : 1));
  return { ...answered, baking: { ...baking, verdicts } };
}

function harmText(wave: number, outcome: "failed" | "worse", because: string): string {
  const said = outcome === "failed" && because !== "" ? [because] : [outcome, because];
  return [`wave ${wave + 1}`, ...said].filter(Boolean).join(": ");
}

const exposed = (state: RolloutState): boolean => state.cells.some(({ touched }) => touched);

/** A signal that is missing passes nothing. by (fail-closed) */
export function stale(state: RolloutState, source: string): RolloutState {
  const { baking } = state;
  if (baking === undefined) return state;
  const verdicts = baking.verdicts.filter((one) => one.source !== source);
  return { ...state, baking: { ...baking, verdicts } };
}

/** Whether the wave at hand has baked: long enough, and seen by every enrolled source to do no harm. */
export function hasBaked(state: RolloutState): boolean {
  const { baking, plan } = state;
  const bake = plan.waves[state.wave]?.bake;
  if (baking === undefined || bake === undefined || plan.signals.length === 0) return false;
  const ms = Math.max(bake.ms, plan.asyncFailureMs);
  return (
    state.clockMs - baking.from >= ms &&
    plan.signals.every((source) =>
      baking.verdicts.some(
        (held) =>
          held.source === source &&
          held.outcome === "successful" &&
          held.samples >= bake.samples &&
          held.excludesPpm <= bake.marginPpm &&
          isFresh(state, held),
      ),
    )
  );
}

function isFresh(state: RolloutState, { observedAt }: { readonly observedAt: number }): boolean {
  return observedAt <= state.seenAt + SKEW_MS && state.seenAt - observedAt <= state.plan.freshMs;
}
