// SPDX-License-Identifier: Apache-2.0
/** Conflicts between changes that are under way, found before the first of them writes. */
import type { Plan } from "./plan.ts";

/** What a change that is under way will touch. */
export type Pending = {
  readonly rollout: string;
  readonly target: string;
  /** One that ends in `/` means all beneath it. */
  readonly keys: readonly string[];
  readonly cells: readonly string[];
  /** The system whose code or configuration it brings. */
  readonly system: string;
};

export type Conflict = {
  /** `keys`: both write the same; `pair`: each tests the other's unproven half in the same cells. */
  readonly kind: "keys" | "pair";
  /** The two rollouts, sorted. */
  readonly between: readonly [string, string];
  /** Sorted; of `pair` empty. */
  readonly keys: readonly string[];
  readonly cells: readonly string[];
};

export const pendingOf = (rollout: string, plan: Plan): Pending => ({
  rollout,
  target: plan.target,
  keys: plan.keys,
  cells: plan.cells.map(({ id }) => id),
  system: plan.system,
});

/** Every conflict among changes under way, each once, in an order that does not depend on theirs. */
export function conflictsAmong(pending: readonly Pending[]): readonly Conflict[] {
  const sorted = [...pending].sort((a, b) => (a.rollout < b.rollout ? -1 : 1));
  return sorted.flatMap((a, i) => sorted.slice(i + 1).flatMap((b) => between(a, b)));
}

function between(a: Pending, b: Pending): readonly Conflict[] {
  const others = new Set(b.cells);
  const cells = a.cells.filter((cell) => others.has(cell)).sort();
  if (a.rollout === b.rollout || cells.length === 0) return [];
  const rollouts = [a.rollout, b.rollout] as const;
  const keys = a.target === b.target ? overlap(a.keys, b.keys) : [];
  if (keys.length > 0) return [{ kind: "keys", between: rollouts, keys, cells }];
  return a.system === b.system ? [{ kind: "pair", between: rollouts, keys: [], cells }] : [];
}

/** The narrower key of every two that overlap. */
function overlap(a: readonly string[], b: readonly string[]): readonly string[] {
  const found = new Set([...narrower(a, b), ...narrower(b, a)]);
  return [...found].sort();
}

/** Those of `keys` that are one of `others` or beneath one. */
function narrower(keys: readonly string[], others: readonly string[]): readonly string[] {
  const exact = new Set(others);
  return keys.filter((key) => exact.has(key) || above(key).some((folder) => exact.has(folder)));
}

function above(key: string): readonly string[] {
  const folders: string[] = [];
  for (let end = key.indexOf("/"); end >= 0; end = key.indexOf("/", end + 1))
    folders.push(key.slice(0, end + 1));
  return folders;
}
