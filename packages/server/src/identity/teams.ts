// SPDX-License-Identifier: Apache-2.0
import type { Roster } from "../people/roster.ts";
import type { IdentitySettings } from "./settings.ts";

/**
 * Who is in which of the teams that identity providers and forges speak for, by the ledger. What a provider said
 * counts as long as the settings let it speak for that team, and what it said at a sign-in, and what was
 * read from a forge, no longer than it says: somebody of whom it said nothing is in none.
 */
export function teamsByPerson(
  { told }: Roster,
  { signIn, scim, forgeTeams = [] }: IdentitySettings,
  now: number,
): ReadonlyMap<string, ReadonlySet<string>> {
  const teams = new Map<string, Set<string>>();
  const put = (person: string, team: string) => {
    teams.set(person, (teams.get(person) ?? new Set()).add(team));
  };
  for (const { groups: settings, issuer } of signIn) {
    const speaksFor = new Set(Object.values(settings?.teams ?? {}));
    for (const claim of told.claims.values())
      if (claim.issuer === issuer && claim.goodUntil > now)
        for (const team of claim.teams) if (speaksFor.has(team)) put(claim.person, team);
  }
  const named = new Map(Object.entries(scim?.teams ?? {}));
  for (const { name, persons } of told.groups.values()) {
    const team = named.get(name);
    if (team !== undefined) for (const person of persons) put(person, team);
  }
  for (const { team, group } of forgeTeams) {
    const read = told.teams.get(group);
    if (read !== undefined && read.goodUntil > now)
      for (const person of read.persons) put(person, team);
  }
  return teams;
}
