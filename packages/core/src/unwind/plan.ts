// SPDX-License-Identifier: Apache-2.0
/** What an unwind would do, shown before it does anything; the unwind is itself a change. */
import { approvals } from "../policy.ts";
import { normalise, type Requirements } from "../requirement.ts";
import type { Rerun, Value, Values, Write } from "./history.ts";
import { type Left, type Replayed, replayWithout, sameValue } from "./replay.ts";

export const UNWIND_ACTIONS = ["restore", "keep", "re-run", "quarantine"] as const;
export const UNWIND_REASONS = [
  "nothing-later",
  "later-write-stays",
  "already-so",
  "subtracted",
  "run-again",
  "cannot-run-again",
  "changed-outside",
] as const;

export type UnwindKey = {
  readonly key: string;
  readonly action: (typeof UNWIND_ACTIONS)[number];
  readonly because: (typeof UNWIND_REASONS)[number];
  /** What it holds, and what it is to hold; equal where nothing is written. */
  readonly before: Value;
  readonly after: Value;
  /** Nobody recorded what was read: a person looks at it. */
  readonly guessed: boolean;
  readonly orders: number;
  readonly money: number;
};

export type UnwindPlan = {
  /** Changes that the keys are to be without, sorted: those asked for, and those unwound before. */
  readonly without: readonly string[];
  /** Every key that a bad change wrote or reached, sorted. */
  readonly keys: readonly UnwindKey[];
  /** What left the system: to be compensated by people, in the order in which it left. */
  readonly compensate: readonly Left[];
  readonly counts: Readonly<Record<UnwindKey["action"] | "compensate" | "guessed", number>>;
  readonly orders: number;
  readonly money: number;
  /** Keys to be written, a wave at a time. */
  readonly waves: readonly (readonly string[])[];
};

export type UnwindRequest = {
  readonly history: readonly Write[];
  readonly changes: readonly string[];
  /** Changes that unwinds recorded in the ledger have taken away, finished or not. */
  readonly unwound: readonly string[];
  /** `redo`: what an earlier unwind took away comes back. */
  readonly way: "undo" | "redo";
  readonly current: Values;
  readonly rerun: Rerun;
};

/**
 * INVARIANT (clean replay): what the keys hold after it is what the history without the unwound
 * changes gives; what no such change reached is not written at all.
 */
export function planUnwind(request: UnwindRequest): UnwindPlan {
  const { history, changes, unwound, way, current, rerun } = request;
  const bad = new Set(unwound);
  for (const change of changes) {
    if (way === "undo") bad.add(change);
    else bad.delete(change);
  }
  const { keys: replayed, effects } = replayWithout({ history, bad, current, rerun });
  const keys = [...replayed]
    .filter(([, one]) => one.bad || one.redone !== "no" || !sameValue(one.value, one.journal))
    .map(([key, one]) => keyPlan(key, one, current.get(key) ?? null))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  return {
    without: [...bad].sort(),
    keys,
    compensate: effects,
    counts: countsOf(keys, effects),
    orders: keys.reduce((sum, { orders }) => sum + orders, 0),
    money: keys.reduce((sum, { money }) => sum + money, 0),
    waves: wavesOf(keys),
  };
}

function keyPlan(key: string, one: Replayed, before: Value): UnwindKey {
  const { guessed, orders, money } = one;
  const said = (action: UnwindKey["action"], because: UnwindKey["because"], after: Value) => ({
    key,
    action,
    because,
    before,
    after,
    guessed,
    orders,
    money,
  });
  // Somebody wrote it past the journal: what that was for, nobody here knows.
  if (!sameValue(before, one.journal)) return said("quarantine", "changed-outside", before);
  if (one.value === undefined) return said("quarantine", "cannot-run-again", before);
  if (sameValue(one.value, before))
    return said("keep", one.redone === "no" ? "later-write-stays" : "already-so", before);
  if (one.redone === "commutes") return said("re-run", "subtracted", one.value);
  if (one.redone === "rerun") return said("re-run", "run-again", one.value);
  return said("restore", "nothing-later", one.value);
}

function countsOf(keys: readonly UnwindKey[], effects: readonly Left[]): UnwindPlan["counts"] {
  const counts = { restore: 0, keep: 0, "re-run": 0, quarantine: 0, compensate: 0, guessed: 0 };
  for (const { action, guessed } of keys) {
    counts[action]++;
    if (guessed) counts.guessed++;
  }
  counts.compensate = effects.length;
  counts.guessed += effects.filter(({ guessed }) => guessed).length;
  return counts;
}

/** Each wave is so many times the one before; the first is a hundredth of all. */
const GROWTH = 10;

/** What is certain and hurts most first; guesses last, when people have looked at the others. */
function wavesOf(keys: readonly UnwindKey[]): readonly (readonly string[])[] {
  const written = keys
    .filter((one) => !sameValue(one.after, one.before))
    .sort(
      (a, b) =>
        Number(a.guessed) - Number(b.guessed) || b.orders - a.orders || (a.key < b.key ? -1 : 1),
    )
    .map(({ key }) => key);
  const waves: (readonly string[])[] = [];
  let size = Math.ceil(written.length / 100);
  let from = 0;
  while (from < written.length) {
    waves.push(written.slice(from, from + size));
    from += size;
    size *= GROWTH;
  }
  return waves;
}

/** The writes of one wave for the journal, numbered from `sequence`; what already holds is left out. */
export function unwindWrites(
  plan: UnwindPlan,
  {
    wave,
    change,
    sequence,
  }: { readonly wave: number; readonly change: string; readonly sequence: number },
): readonly Write[] {
  const chosen = new Set(plan.waves[wave] ?? []);
  return plan.keys
    .filter(({ key }) => chosen.has(key))
    .map(({ key, before, after, orders, money }, i) => ({
      sequence: sequence + i,
      change,
      key,
      before,
      after,
      operation: { kind: "unwind", without: plan.without },
      reads: [],
      readsFrom: "known",
      orders,
      money,
    }));
}

/** A clean revert of what was just made needs less. */
const FRESH_MS = 14 * 24 * 3_600_000;

/**
 * Who has to agree to an unwind: never nobody of the owners, since taking back a security fix would
 * be the way around them. Going back to a proven state while a rollout runs is not this.
 */
export function unwindApprovals(
  plan: UnwindPlan,
  { landedAt, now }: { readonly landedAt: number; readonly now: number },
): Requirements {
  const { quarantine, compensate, guessed } = plan.counts;
  const clean = quarantine + compensate + guessed === 0;
  const fresh = landedAt <= now && now - landedAt <= FRESH_MS;
  return normalise([approvals(clean && fresh ? 1 : 2, "owners")]);
}
