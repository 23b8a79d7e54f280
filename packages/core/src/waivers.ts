// SPDX-License-Identifier: Apache-2.0
/** Exceptions to one rule for one change: how signatures become one, and which of them count. */
import type { Waiver } from "./facts/evidence.ts";
import type { Facts } from "./facts/facts.ts";
import { accountOf, contributorsOf, personGraph } from "./people.ts";
import { isUnknown } from "./schema.ts";
import type { Statement } from "./statement.ts";

/** A verified override that nobody took back and that is not over; the reason stands beside it. */
export type StandingOverride = {
  readonly statement: Statement;
  readonly reason?: string | undefined;
};

const SIGNERS = 2;
/** More signers or more rules of one change than these are dropped: a waiver only ever supports. */
const SIGNERS_MAX = 4;
const WAIVERS_MAX = 12;

/**
 * The waivers that standing overrides of one change make: two persons at least who signed the same
 * rule, both as break-glass under the same incident or neither. One alone makes none.
 */
export function waiversFrom<T extends StandingOverride>(
  overrides: readonly T[],
): readonly { readonly waiver: Waiver; readonly from: readonly T[] }[] {
  const groups = new Map<string, Map<string, T>>();
  for (const override of overrides) {
    const { waives, person } = override.statement;
    if (waives === undefined) continue;
    const key = JSON.stringify([waives.rule, waives.breakGlass, waives.incident ?? ""]);
    groups.set(key, (groups.get(key) ?? new Map<string, T>()).set(person, override));
  }
  return [...groups]
    .filter(([, signers]) => signers.size >= SIGNERS)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, WAIVERS_MAX)
    .map(([, signers]) => waiverOf([...signers.values()]));
}

function waiverOf<T extends StandingOverride>(signed: readonly T[]) {
  const from = signed
    .toSorted((a, b) => (a.statement.person < b.statement.person ? -1 : 1))
    .slice(0, SIGNERS_MAX);
  const [first] = from;
  if (first?.statement.waives === undefined)
    throw new Error("invariant broken: a group of overrides names its rule");
  const { waives, digest } = first.statement;
  const waiver: Waiver = {
    ...{ rule: waives.rule, digest, breakGlass: waives.breakGlass },
    reason: first.reason ?? "",
    by: from.map(({ statement }) => accountOf(statement.person)),
    expiresAt: Math.min(...from.map(({ statement }) => statement.expiresAt)),
  };
  return { waiver, from };
}

/**
 * The waivers that count: for this digest, not over, by two persons who had no part in the change.
 * Where a contributor may be hidden none does: it could be among those who waive.
 */
export function standingWaivers({ change, evidence, people, now }: Facts): readonly Waiver[] {
  const { digest, contributors, pushedBy } = change;
  const known = !isUnknown(digest) && !isUnknown(contributors) && !isUnknown(pushedBy);
  if (evidence.waivers.length === 0 || isUnknown(people) || !known) return [];
  const graph = personGraph(people);
  const barred = contributorsOf(change, graph);
  if (barred.unresolved.length > 0 || barred.outOfScope.length > 0) return [];
  return evidence.waivers.filter((waiver) => {
    const signers = waiver.by.map((account) => graph.resolve(account));
    const persons = new Set(
      signers.flatMap((one) =>
        one.kind === "person" && one.active && !one.agent && !barred.persons.has(one.id)
          ? [one.id]
          : [],
      ),
    );
    return waiver.digest === digest && waiver.expiresAt > now && persons.size >= SIGNERS;
  });
}

/** Whether a rule is waived; only break-glass passes a denial. */
export const isWaived = (facts: Facts, rule: string, denied: boolean): boolean =>
  standingWaivers(facts).some((one) => one.rule === rule && (one.breakGlass || !denied));

/** Whether a change goes forward in an emergency: somebody broke the glass for it, whatever the rule. */
export const isUrgent = (facts: Facts): boolean =>
  standingWaivers(facts).some(({ breakGlass }) => breakGlass);
