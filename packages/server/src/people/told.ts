// SPDX-License-Identifier: Apache-2.0
import type { Bodies, Entry } from "@interlock/core";

/** A group of an identity provider. */
type Group = { readonly name: string; readonly persons: ReadonlySet<string> };
/** A team of a forge. After `goodUntil` nobody knows who is in it. */
type ForgeTeam = Group & { readonly goodUntil: number };
type Claim = Bodies["teams-claimed"];

/** What identity providers and forges said of groups and teams, up to an entry of the ledger. */
export type Told = {
  /** By the id that the provider uses. */
  readonly groups: ReadonlyMap<string, Group>;
  /** Of forges, by ids such as `github:55`. */
  readonly teams: ReadonlyMap<string, ForgeTeam>;
  /** Of each person and issuer the last, by both. */
  readonly claims: ReadonlyMap<string, Claim>;
  /** When the provider of SCIM last changed anything, milliseconds since 1970; `null`: never. */
  readonly scimAt: number | null;
};

export const NOTHING_TOLD: Told = {
  ...{ groups: new Map(), teams: new Map(), claims: new Map(), scimAt: null },
};

export type ToldKind = "provisioned" | "members" | "teams-claimed";

type ToldEntry = {
  readonly [K in ToldKind]: {
    readonly kind: K;
    readonly entry: Pick<Entry, "at">;
    readonly body: Bodies[K];
  };
}[ToldKind];

/** What is told after one more entry. */
export function toldAfter(before: Told, item: ToldEntry): Told {
  if (item.kind === "members" && item.body.forge !== undefined)
    return { ...before, teams: teamsAfter(before.teams, item.body, item.body.forge) };
  const told = item.kind === "teams-claimed" ? before : { ...before, scimAt: item.entry.at };
  switch (item.kind) {
    case "teams-claimed": {
      const { person, issuer } = item.body;
      const claims = new Map(told.claims).set(`${person} ${issuer}`, item.body);
      return { ...told, claims };
    }
    case "members":
      return { ...told, groups: groupsAfter(told.groups, item.body) };
    case "provisioned": {
      const { person, userName } = item.body;
      return userName === "" ? { ...told, groups: withoutPerson(told.groups, person) } : told;
    }
  }
}

function groupsAfter(
  groups: Told["groups"],
  { group, name, added, removed }: Bodies["members"],
): Told["groups"] {
  const next = new Map(groups);
  if (name === "") {
    next.delete(group);
    return next;
  }
  return next.set(group, { name, persons: personsAfter(groups.get(group), { added, removed }) });
}

function personsAfter(
  before: Group | undefined,
  { added, removed }: Pick<Bodies["members"], "added" | "removed">,
): ReadonlySet<string> {
  const persons = new Set([...(before?.persons ?? []), ...added]);
  for (const person of removed) persons.delete(person);
  return persons;
}

function teamsAfter(
  teams: Told["teams"],
  { group, name, added, removed }: Bodies["members"],
  { goodUntil }: NonNullable<Bodies["members"]["forge"]>,
): Told["teams"] {
  const persons = personsAfter(teams.get(group), { added, removed });
  return new Map(teams).set(group, { name, persons, goodUntil });
}

/** A provider that lets go of somebody says nothing of their groups. */
function withoutPerson(groups: Told["groups"], person: string): Told["groups"] {
  return new Map(
    [...groups].map(([id, { name, persons }]) => [
      id,
      { name, persons: new Set([...persons].filter((one) => one !== person)) },
    ]),
  );
}
