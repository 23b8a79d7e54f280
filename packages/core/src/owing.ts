// SPDX-License-Identifier: Apache-2.0
/** Whose a break-glass is to review, and whom it holds until then. */
import type { Change } from "./facts/change.ts";
import type { Debt } from "./facts/evidence.ts";
import { isUnknown } from "./schema.ts";

const TEAMS_MAX = 100;

/**
 * The teams that own what a change touches, sorted: the owners of its systems, and of files that
 * belong to none. `null`: nobody knows all of them.
 */
export function teamsTouched({ systems, files }: Change): readonly string[] | null {
  if (isUnknown(systems) || isUnknown(files)) return null;
  const teams = new Set<string>();
  for (const { owner } of systems) {
    if (isUnknown(owner)) return null;
    if (owner !== "") teams.add(owner);
  }
  for (const { systems: of, owners } of files) {
    if (of.length > 0) continue;
    if (isUnknown(owners)) return null;
    for (const owner of owners) teams.add(owner);
  }
  return teams.size > TEAMS_MAX ? null : [...teams].sort();
}

/**
 * The debts that hold a change: those of teams that own what it touches, those that nobody knows
 * whose they are, and all of them where it is not known what the change touches. by (fail-closed)
 */
export function debtsHolding(debts: readonly Debt[], change: Change, now: number): readonly Debt[] {
  const touched = teamsTouched(change);
  return debts.filter(
    ({ teams, at }) =>
      at <= now &&
      (touched === null || teams.length === 0 || teams.some((team) => touched.includes(team))),
  );
}
