// SPDX-License-Identifier: Apache-2.0
import type { Digest } from "@interlock/digest";
import type { OverrideShown } from "@interlock/protocol";
import { changeTitles, type Database, overriddenContents } from "@interlock/store";
import type { SignedStatement } from "../gate/evidence.ts";
import { type Roster, workingKey } from "../people/roster.ts";
import type { ExceptionTerms } from "./routes.ts";
import { type Exceptions, openIncident } from "./story.ts";

/** Contents whose overrides are looked at; older ones are in the ledger. */
const CONTENTS_MAX = 300;

type Around = {
  readonly roster: Roster;
  readonly exceptions: Exceptions;
  readonly now: number;
};

/**
 * The newest overrides with what became of each. A table only says where to look: what was signed is
 * verified from the ledger. by (heard-from-ledger)
 */
export async function shownOverrides(
  { hearing, book, exceptions, now }: ExceptionTerms,
  db: Database,
): Promise<readonly OverrideShown[]> {
  const roster = await book.at(db);
  const around = { roster, exceptions: await exceptions.latest(db), now: now() };
  const said: SignedStatement[] = [];
  for (const digest of await overriddenContents(db, CONTENTS_MAX))
    said.push(...(await hearing(db, digest as Digest, roster)).said); // as the gate wrote it
  const overrides = said.filter(({ kind }) => kind === "override");
  const subjects = await changeTitles(db, [...new Set(overrides.map(changeOf))]);
  return overrides
    .toSorted((a, b) => b.index - a.index)
    .map((one) => shown(one, overrides, around, subjects.get(changeOf(one)) ?? ""));
}

const changeOf = ({ statement }: SignedStatement): string => statement.change;

function shown(
  one: SignedStatement,
  all: readonly SignedStatement[],
  around: Around,
  subject: string,
): OverrideShown {
  const { index, entry, person, at, statement, reason = null } = one;
  const waives = waivesOf(one);
  const state = stateOf(one, around);
  const others = all.filter((other) => other !== one && isSame(other, one));
  const together = others.filter((other) => stateOf(other, around) === "counts");
  const by = [...new Set(together.map((other) => other.person))].filter((who) => who !== person);
  return {
    ...{ entry, index, person, at, reason, subject, waives },
    ...{ change: statement.change, repository: statement.repository, target: statement.target },
    expiresAt: statement.expiresAt,
    state: state === "counts" && by.length === 0 ? "alone" : state,
    with: by.sort(),
  };
}

function waivesOf({ statement }: SignedStatement) {
  if (statement.waives === undefined)
    throw new Error("invariant broken: an override names its rule");
  return statement.waives;
}

/** Whether two overrides are one exception once different people signed them. */
function isSame(one: SignedStatement, other: SignedStatement): boolean {
  const [a, b] = [waivesOf(one), waivesOf(other)];
  return (
    changeOf(one) === changeOf(other) &&
    a.rule === b.rule &&
    a.breakGlass === b.breakGlass &&
    a.incident === b.incident
  );
}

function stateOf(
  { ended, statement }: SignedStatement,
  { roster, exceptions, now }: Around,
): OverrideShown["state"] {
  if (ended !== null) return "withdrawn";
  if (statement.expiresAt <= now) return "over";
  const incident = statement.waives?.incident;
  if (incident !== undefined && openIncident(exceptions, incident) === null)
    return "incident-closed";
  return workingKey(roster, statement.credential) === null ? "key-ended" : "counts";
}
