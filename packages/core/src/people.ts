// SPDX-License-Identifier: Apache-2.0
import type { Change, FileFact } from "./facts/change.ts";
import type { Machine, People, Person } from "./facts/people.ts";
import { globMatches } from "./glob.ts";
import { isUnknown } from "./schema.ts";

/** Accounts, keys, tokens and agents resolved to the one natural person who answers for them. */
export type PersonGraph = {
  readonly resolve: (account: string) => Resolution;
};

export type Resolution =
  | {
      readonly kind: "person";
      readonly id: string;
      readonly active: boolean;
      readonly teams: readonly string[];
      readonly agent: boolean;
    }
  | { readonly kind: "machine"; readonly machine: Machine }
  | { readonly kind: "unknown" };

/** Memory only: the same people give the same graph, and a backtest asks thousands of times. */
const GRAPHS = new WeakMap<People, PersonGraph>();

export function personGraph(people: People): PersonGraph {
  const known = GRAPHS.get(people);
  if (known !== undefined) return known;
  const graph = buildGraph(people);
  GRAPHS.set(people, graph);
  return graph;
}

/** The account that every person has: a passkey statement names the person and no account. */
export const accountOf = (person: string): string => `person:${person}`;

/**
 * Two records that share an account are one person: the safe reading, since two records for one
 * human would otherwise make two approvers. by (two-people)
 */
function buildGraph(people: People): PersonGraph {
  const groups = mergeByAccount(people.persons);
  const byAccount = new Map<string, Resolution>();
  for (const machine of people.machines)
    byAccount.set(machine.account, { kind: "machine", machine });
  for (const group of groups) {
    const id = group.map((p) => p.id).sort()[0] ?? "";
    const active = group.every((p) => p.active);
    const teams = [...new Set(group.flatMap((p) => p.teams))].sort();
    for (const person of group) {
      for (const account of [accountOf(person.id), ...person.accounts])
        byAccount.set(account, { kind: "person", id, active, teams, agent: false });
    }
    // An agent is set last: an account listed both ways must not approve as a human.
    for (const agent of group.flatMap((p) => p.agents))
      byAccount.set(agent, { kind: "person", id, active, teams, agent: true });
  }
  return { resolve: (account) => byAccount.get(account) ?? { kind: "unknown" } };
}

function mergeByAccount(persons: readonly Person[]): readonly (readonly Person[])[] {
  const parent = new Map<number, number>();
  const root = (i: number): number => {
    let at = i;
    for (let above = parent.get(at); above !== undefined; above = parent.get(at)) at = above;
    return at;
  };
  const firstHolder = new Map<string, number>();
  persons.forEach((person, i) => {
    for (const account of [accountOf(person.id), ...person.accounts, ...person.agents]) {
      const holder = firstHolder.get(account);
      if (holder === undefined) firstHolder.set(account, i);
      else if (root(i) !== root(holder)) parent.set(root(i), root(holder));
    }
  });
  const groups = new Map<number, Person[]>();
  persons.forEach((person, i) => {
    const group = groups.get(root(i)) ?? [];
    group.push(person);
    groups.set(root(i), group);
  });
  return [...groups.values()];
}

export type Contributors = {
  /** Persons who may not approve. */
  readonly persons: ReadonlySet<string>;
  /** Accounts that resolve to nobody, sorted: any approver could be behind them. */
  readonly unresolved: readonly string[];
  /** Trusted machines that touched paths they are not named for, sorted. */
  readonly outOfScope: readonly string[];
};

/** Everyone who wrote, committed, co-authored, pushed, prompted or sponsored the change. */
export function contributorsOf(change: Change, graph: PersonGraph): Contributors {
  const persons = new Set<string>();
  const unresolved = new Set<string>();
  const outOfScope = new Set<string>();
  const files = isUnknown(change.files) ? null : change.files;
  for (const account of contributingAccounts(change)) {
    const resolution = graph.resolve(account);
    if (resolution.kind === "person") persons.add(resolution.id);
    else if (resolution.kind === "unknown") unresolved.add(account);
    else if (!mayTouchAll(resolution.machine, files)) outOfScope.add(account);
  }
  return {
    persons,
    unresolved: [...unresolved].sort(),
    outOfScope: [...outOfScope].sort(),
  };
}

function contributingAccounts(change: Change): readonly string[] {
  const accounts = isUnknown(change.contributors)
    ? []
    : change.contributors
        .filter((c) => !(c.did === "rebaser" && c.identical === true))
        .map((c) => c.account);
  return isUnknown(change.pushedBy) ? accounts : [...accounts, ...change.pushedBy];
}

function mayTouchAll(machine: Machine, files: readonly FileFact[] | null): boolean {
  if (files === null) return false;
  const allowed = (path: string) => machine.mayTouch.some((glob) => globMatches(glob, path));
  return files.every((f) => allowed(f.path) && (f.oldPath === undefined || allowed(f.oldPath)));
}
