// SPDX-License-Identifier: Apache-2.0
/** Who has to agree to an unwind: owners of the config sets whose keys it writes. */
import { accountOf, isUnknown, personGraph } from "@interlock/core";
import type { Database } from "@interlock/store";
import { ownTeams } from "../identity/settings.ts";
import { joinPeople, peopleFacts } from "../people/facts.ts";
import type { RolloutsTerms } from "../rollouts/terms.ts";
import { decidedRecord } from "./decided.ts";

export type Needs = { readonly owners: number; readonly of: readonly string[] };

/** For each owner the active persons who are it, or are in the team of that name; sorted. */
export type Signers = readonly { readonly owner: string; readonly persons: string[] }[];

/** By the ledger, and by what the gate knew of people when it decided on the change. */
export async function signersOf(
  { book, identity, now }: Pick<RolloutsTerms, "book" | "identity" | "now">,
  db: Database,
  { change, of }: { readonly change: string; readonly of: readonly string[] },
): Promise<Signers> {
  const roster = await book.at(db);
  const own = peopleFacts(roster, identity, now());
  const given = await peopleWhenDecided(db, change);
  const joined = given === null ? own : joinPeople(given, own, ownTeams(identity));
  const graph = personGraph(isUnknown(joined) ? own : joined);
  const active = [...roster.persons.values()].filter((person) => person.active);
  const named = active.map(({ id }) => {
    const found = graph.resolve(accountOf(id));
    const teams = found.kind === "person" && found.active ? found.teams : [];
    return { id, names: new Set([id, ...teams]) };
  });
  return of.map((owner) => ({
    owner,
    persons: named
      .filter(({ names }) => names.has(owner))
      .map(({ id }) => id)
      .sort(),
  }));
}

async function peopleWhenDecided(db: Database, id: string) {
  const people = (await decidedRecord(db, id))?.facts?.people;
  return people === undefined || isUnknown(people) ? null : people;
}

/** Whether some persons are enough: so many owners, and one at least for each config set's. */
export function areEnough({ owners }: Needs, signers: Signers, by: readonly string[]): boolean {
  const signed = new Set(by);
  const counted = new Set(
    signers.flatMap(({ persons }) => persons.filter((one) => signed.has(one))),
  );
  return (
    signers.length > 0 &&
    counted.size >= owners &&
    signers.every(({ persons }) => persons.some((one) => signed.has(one)))
  );
}

/** Who is missing, for people. */
export function missing({ owners }: Needs, signers: Signers): string {
  const each = signers.map(({ owner, persons }) =>
    persons.length === 0
      ? `\`${owner}\`, of whom nobody here is known: name a person or a known team as owner in the description of the control plane`
      : `\`${owner}\` (${persons.slice(0, 10).join(", ")})`,
  );
  const many = owners === 1 ? "an owner" : "two owners";
  return `two people with their passkeys, ${many} among them: ${each.join("; ")}`;
}
