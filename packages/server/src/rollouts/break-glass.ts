// SPDX-License-Identifier: Apache-2.0
/** Whether the break-glass that let a change pass the gate still stands: an emergency rollout has no other authority. */
import { type DebtBody, type Facts, isUrgent, waiversFrom } from "@interlock/core";
import { type Digest, isDigest } from "@interlock/digest";
import { changeById, type Database } from "@interlock/store";
import type { ExceptionsBook } from "../exceptions/book.ts";
import { type Exceptions, incidentSubject } from "../exceptions/story.ts";
import { applicable, type SignedStatement } from "../gate/evidence.ts";
import type { Hearing } from "../gate/hearing.ts";
import { rulesOf } from "../gate/judge.ts";
import type { Answer } from "../http/bind.ts";
import type { PeopleBook } from "../people/book.ts";
import { done, refused } from "../people/terms.ts";
import { decidedRecord } from "../unwinds/decided.ts";

/** Two people's word, in an open incident, that a change goes out in an emergency. */
export type BreakGlass = {
  /** The entry of the debt that it left: whoever reads that knows who broke the glass, and why. */
  readonly entry: Digest;
  /** Sorted. */
  readonly persons: readonly string[];
  /** When it ends at the latest, in milliseconds since 1970 UTC. */
  readonly until: number;
};

/** What is looked for: of one change, for one system. */
export type GlassSought = {
  /** Id of the change. */
  readonly change: string;
  readonly system: string;
  /** The entry that a rollout names; `null`: whichever ends last. */
  readonly entry: string | null;
};

export type BreakGlasses = {
  /** The one that stands as the ledger has it now, or why none does. */
  readonly standing: (db: Database, sought: GlassSought) => Promise<Answer<BreakGlass>>;
  /** What a debt's entry says of the break-glass that left it; `null`: it was erased, or is none. */
  readonly named: (db: Database, entry: string) => Promise<DebtBody | null>;
};

type Around = {
  readonly hearing: Hearing;
  readonly exceptions: ExceptionsBook;
  readonly book: PeopleBook;
  readonly now: () => number;
};

/**
 * INVARIANT (one-authority): a rollout goes out in the emergency lane only by a break-glass by which the
 * gate allowed that very change, which is owed a review, and which the gate would count now: two people
 * who had no part in the change, by keys that work, not over, nothing taken back, in an open incident
 * that is not of other systems alone. What cannot be known stands for nothing. by (fail-closed)
 */
export function breakGlasses({ hearing, exceptions: book, book: people, now }: Around) {
  const standing: BreakGlasses["standing"] = async (db, sought) => {
    const exceptions = await book.latest(db);
    const owed = owedFor(exceptions, sought);
    const [newest] = owed;
    if (newest === undefined) return NONE;
    const change = await changeById(db, sought.change);
    const record = await decidedRecord(db, sought.change);
    if (change?.digest == null || !isDigest(change.digest) || record?.facts == null)
      return over("the facts of its decision were erased");
    const { facts } = record;
    const roster = await people.at(db);
    const heard = await hearing(db, change.digest, roster);
    if (heard.doubt !== null) return over(heard.doubt);
    const at = now();
    const good = applicable(heard, facts, roster, {
      ...{ change: change.id, target: change.target, environment: change.environment },
      ...{ now: at, landed: true, rules: rulesOf(record.decision) },
    });
    const found = owed.flatMap((one) =>
      glassOf(good, one, { facts, exceptions, system: sought.system, now: at }),
    );
    const [last] = found.toSorted((a, b) => b.until - a.until);
    return last === undefined
      ? over(whyOver(heard.said, newest.body, { exceptions, system: sought.system, now: at }))
      : done(last);
  };
  return {
    standing,
    named: async (db, entry) => (await book.latest(db)).debts.get(entry)?.body ?? null,
  } satisfies BreakGlasses;
}

type Left = { readonly entry: string; readonly body: DebtBody };

/** What break-glass of the change has left, the newest first. What landed while the server was away is none. */
function owedFor({ debts }: Exceptions, { change, entry }: GlassSought): readonly Left[] {
  return [...debts.values()]
    .flatMap(({ entry: own, body, index }) =>
      body?.change === change && body.cause === undefined && (entry === null || own === entry)
        ? [{ entry: own, body, index }]
        : [],
    )
    .toSorted((a, b) => b.index - a.index);
}

type Then = { readonly exceptions: Exceptions; readonly system: string; readonly now: number };

function glassOf(
  good: readonly SignedStatement[],
  { entry, body }: Left,
  { facts, ...then }: Then & { readonly facts: Facts },
): readonly BreakGlass[] {
  const own = good.filter(({ kind, entry: id, statement }) => {
    const incident = statement.waives?.incident;
    const counts = kind === "override" && statement.waives?.breakGlass === true;
    return counts && body.overrides.includes(id) && isOf(then, incident);
  });
  return waiversFrom(own).flatMap(({ waiver, from }) => {
    // The gate's own count of people: whoever is two accounts is one, and who had a part is none.
    const counted = { ...facts, now: then.now, evidence: { ...facts.evidence, waivers: [waiver] } };
    if (!isUrgent(counted) || !isDigest(entry)) return [];
    const persons = [...new Set(from.map(({ person }) => person))].sort();
    return [{ entry, persons, until: waiver.expiresAt }];
  });
}

/** Whether an incident is open, and says of the system that it is in it, or of none yet. */
function isOf({ exceptions, system }: Then, id: string | undefined): boolean {
  const incident = id === undefined ? undefined : exceptions.incidents.get(incidentSubject(id));
  if (incident === undefined || incident.closed !== null) return false;
  return incident.systems.length === 0 || incident.systems.includes(system);
}

function whyOver(
  said: readonly SignedStatement[],
  { overrides, incidents }: DebtBody,
  { exceptions, system, now }: Then,
): string {
  const of = incidents.map((id) => ({ id, of: exceptions.incidents.get(incidentSubject(id)) }));
  const closed = of.find((one) => one.of === undefined || one.of.closed !== null);
  if (closed !== undefined) return `incident \`${closed.id}\` is closed`;
  const other = of.find((one) => one.of?.systems.length !== 0 && !one.of?.systems.includes(system));
  if (other !== undefined) return `incident \`${other.id}\` is of other systems than \`${system}\``;
  const own = said.filter(({ entry }) => overrides.includes(entry));
  const ended = own.find(({ statement }) => statement.expiresAt <= now);
  return ended === undefined
    ? "two people do not stand by it any more"
    : `it ended at ${new Date(ended.statement.expiresAt).toISOString()}`;
}

const WITHOUT = "begin without `--emergency`, as any change goes out";

export const NONE = refused(
  "ROLLOUT_NO_BREAK_GLASS",
  "the gate did not let this change pass by break-glass, which alone opens the emergency lane",
  `let two people sign \`interlock waive CHANGE --rule RULE --break-glass --incident INCIDENT\` and push again, or ${WITHOUT}`,
);

const over = (why: string) =>
  refused(
    "ROLLOUT_NO_BREAK_GLASS",
    `the break-glass of this change is over: ${why}`,
    `see \`interlock incident list\`; in a new emergency break the glass anew, or ${WITHOUT}`,
  );
