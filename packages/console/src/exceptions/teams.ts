// SPDX-License-Identifier: Apache-2.0
import type { DebtShown } from "@interlock/protocol";

export type OfTeam = {
  /** `null`: nobody knows whose, so that it holds everybody. */
  readonly team: string | null;
  /** The oldest first. */
  readonly debts: readonly DebtShown[];
};

/** Debts under each team that they hold, the team with the oldest first; everybody's before all. */
export function byTeam(debts: readonly DebtShown[]): readonly OfTeam[] {
  const found = new Map<string | null, DebtShown[]>();
  for (const debt of debts.toSorted((a, b) => a.at - b.at))
    for (const team of debt.teams.length === 0 ? [null] : debt.teams) {
      const theirs = found.get(team) ?? [];
      theirs.push(debt);
      found.set(team, theirs);
    }
  const teams = [...found].map(([team, theirs]) => ({ team, debts: theirs }));
  return teams.toSorted((a, b) => (a.team === null ? -1 : b.team === null ? 1 : 0));
}

/** Why somebody cannot review a debt, or `null`. */
export function whyNotReview(
  { signedBy, reviews, open, change }: DebtShown,
  person: string,
): string | null {
  if (!open) return "two people reviewed it";
  if (change === null) return "its content is gone: nobody can say what was reviewed";
  if (signedBy.includes(person)) return "you broke the glass; two others review it";
  return reviews.some((one) => one.person === person)
    ? "you reviewed it; a second is wanted"
    : null;
}
