// SPDX-License-Identifier: Apache-2.0
import { isUnknown, type Machine, type People, type Person, type Unknown } from "@interlock/core";
import type { IdentitySettings } from "../identity/settings.ts";
import { teamsByPerson } from "../identity/teams.ts";
import type { Roster } from "./roster.ts";

/** The people whom the ledger knows, as facts, with the teams of which the settings name the source. */
export function peopleFacts(roster: Roster, identity: IdentitySettings, now: number): People {
  const sorted = [...roster.persons.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  const teams = teamsByPerson(roster, identity, now);
  return {
    persons: sorted.map(({ id, accounts, active }) => ({
      ...{ id, accounts: [...accounts], agents: [], active },
      teams: [...(teams.get(id) ?? [])].sort(),
    })),
    machines: [],
  };
}

/** `peopleFacts`, once a roster while time changes nothing of it: until what was said of teams ends. */
export function peopleOnce(identity: IdentitySettings): (roster: Roster, now: number) => People {
  const known = new WeakMap<Roster, People>();
  return (roster, now) => {
    if (roster.told.claims.size + roster.told.teams.size > 0)
      return peopleFacts(roster, identity, now);
    const people = known.get(roster) ?? peopleFacts(roster, identity, now);
    known.set(roster, people);
    return people;
  };
}

/**
 * What two sources say of people, together. Records of one id become one, which is active only where
 * both say so; records that share an account `personGraph` takes for one person. What one of the
 * sources cannot say stays unknown. by (two-people)
 *
 * INVARIANT (one-source-a-team): who is in one of `ownTeams` is said by `own` alone: a file that is
 * out of date keeps nobody in a team that they were taken out of.
 */
export function joinPeople(
  given: People | Unknown,
  own: People | Unknown,
  ownTeams: ReadonlySet<string> = new Set(),
): People | Unknown {
  if (isUnknown(given)) return given;
  if (isUnknown(own)) return own;
  const others = given.persons.map((person) => ({
    ...person,
    teams: person.teams.filter((team) => !ownTeams.has(team)),
  }));
  return {
    persons: merged([...others, ...own.persons], ({ id }) => id, onePerson),
    machines: merged([...given.machines, ...own.machines], ({ account }) => account, oneMachine),
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
