// SPDX-License-Identifier: Apache-2.0
import { isUnknown, type Machine, type People, type Person, type Unknown } from "@interlock/core";
import type { Roster } from "./roster.ts";

/** The people whom the ledger knows, as facts; teams come from elsewhere. */
export function peopleFacts({ persons }: Roster): People {
  const sorted = [...persons.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  return {
    persons: sorted.map(({ id, accounts, active }) => ({
      ...{ id, accounts: [...accounts], agents: [], teams: [], active },
    })),
    machines: [],
  };
}

/**
 * What two sources say of people, together. Records of one id become one, which is active only where
 * both say so; records that share an account `personGraph` takes for one person. What one of the
 * sources cannot say stays unknown. by (two-people)
 */
export function joinPeople(a: People | Unknown, b: People | Unknown): People | Unknown {
  if (isUnknown(a)) return a;
  if (isUnknown(b)) return b;
  return {
    persons: merged([...a.persons, ...b.persons], ({ id }) => id, onePerson),
    machines: merged([...a.machines, ...b.machines], ({ account }) => account, oneMachine),
  };
}

function merged<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  join: (one: T, other: T) => T,
): readonly T[] {
  const byKey = new Map<string, T>();
  for (const item of items) {
    const known = byKey.get(keyOf(item));
    byKey.set(keyOf(item), known === undefined ? item : join(known, item));
  }
  return [...byKey].sort(([x], [y]) => (x < y ? -1 : 1)).map(([, item]) => item);
}

const union = (a: readonly string[], b: readonly string[]): readonly string[] =>
  [...new Set([...a, ...b])].sort();

const onePerson = (a: Person, b: Person): Person => ({
  id: a.id,
  accounts: union(a.accounts, b.accounts),
  agents: union(a.agents, b.agents),
  teams: union(a.teams, b.teams),
  active: a.active && b.active,
});

/** A machine may touch what both say; of purposes the first in order, so that the order is none. */
const oneMachine = (a: Machine, b: Machine): Machine => ({
  account: a.account,
  purpose: a.purpose < b.purpose ? a.purpose : b.purpose,
  mayTouch: a.mayTouch.filter((glob) => b.mayTouch.includes(glob)).toSorted(),
});
