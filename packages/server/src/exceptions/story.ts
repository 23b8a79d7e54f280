// SPDX-License-Identifier: Apache-2.0
import { type Bodies, type Debt, type DebtBody, entryId, type Signed } from "@interlock/core";
import { type Digest, digestOf } from "@interlock/digest";
import type { StoredEntry } from "@interlock/store";
import { verifyStored } from "../gate/verified.ts";
import { bodyIn } from "../ledger/stored.ts";
import type { Roster } from "../people/roster.ts";

export type Incident = {
  readonly id: string;
  readonly title: string;
  readonly systems: readonly string[];
  readonly by: string;
  readonly at: number;
  readonly closed: { readonly by: string; readonly at: number; readonly reason: string } | null;
};

export type Review = { readonly person: string; readonly at: number; readonly reason: string };

/** What a break-glass left behind. */
export type Owed = {
  /** Id of its entry. */
  readonly entry: string;
  readonly index: number;
  readonly at: number;
  /** `null`: erased, or not what its leaf was made of; then it holds everybody. */
  readonly body: DebtBody | null;
  readonly reviews: readonly Review[];
};

/**
 * Incidents and debts as the entries of the ledger up to an index have them. No table says anything
 * of either.
 */
export type Exceptions = {
  /** Index of the last entry that was looked for, or -1. */
  readonly upTo: number;
  /** By the subject of their entries. */
  readonly incidents: ReadonlyMap<string, Incident>;
  /** By their entry. */
  readonly debts: ReadonlyMap<string, Owed>;
};

export const NO_EXCEPTIONS: Exceptions = { upTo: -1, incidents: new Map(), debts: new Map() };

/** The exceptions after an entry; `refused` says why the entry changed nothing. */
export type Told = { readonly exceptions: Exceptions; readonly refused: string | null };

const REVIEWERS = 2;

/** The subject of an incident's entries: who closes it is known by it when the content was erased. */
export const incidentSubject = (incident: string): Digest =>
  digestOf("interlock/incident/v1", { incident });

/** An incident that break-glass may name, or `null`. */
export function openIncident({ incidents }: Exceptions, id: string): Incident | null {
  const found = incidents.get(incidentSubject(id));
  return found?.closed === null ? found : null;
}

/** Reviewed by two people who did not sign what left it. */
export const isReviewed = ({ reviews }: Owed): boolean => reviews.length >= REVIEWERS;

/** More than that is no list but a state: then one stands for all and holds everybody. */
const DEBTS_MAX = 200;

/** Open debts as `decide` reads them. */
export function openDebts({ debts }: Exceptions): readonly Debt[] {
  const open = [...debts.values()].filter((one) => !isReviewed(one));
  const facts = open.map(({ entry, at, body }) => ({ entry, at, teams: body?.teams ?? [] }));
  const [first] = facts;
  return facts.length <= DEBTS_MAX || first === undefined ? facts : [{ ...first, teams: [] }];
}

/** Reads one entry into the exceptions; those of other kinds change nothing. */
export async function tell(
  exceptions: Exceptions,
  stored: StoredEntry,
  roster: Roster,
): Promise<Told> {
  const next = { ...exceptions, upTo: stored.index };
  switch (stored.kind) {
    case "incident":
      return opened(next, stored, roster);
    case "incident-closed":
      return closed(next, stored);
    case "debt":
      return left(next, stored);
    case "debt-review":
      return await reviewed(next, stored, roster);
    default:
      return kept(next);
  }
}

const kept = (exceptions: Exceptions): Told => ({ exceptions, refused: null });
const refused = (exceptions: Exceptions, why: string): Told => ({ exceptions, refused: why });

function opened(next: Exceptions, stored: StoredEntry, { persons }: Roster): Told {
  const body = bodyIn("incident", stored)?.body;
  if (body === undefined) return refused(next, "an incident that cannot be read is none");
  const subject = incidentSubject(body.incident);
  if (subject !== stored.subject) return refused(next, "an incident under another's subject");
  if (!persons.has(body.by)) return refused(next, `nobody knows \`${body.by}\`, who opened it`);
  if (next.incidents.has(subject)) return refused(next, "the incident was opened before");
  return kept({ ...next, incidents: new Map(next.incidents).set(subject, incident(body, stored)) });
}

const incident = (body: Bodies["incident"], { at }: StoredEntry): Incident => ({
  ...{ id: body.incident, title: body.title, systems: body.systems, by: body.by, at },
  closed: null,
});

/** What cannot be read closes all the same: its leaf says which. by (fail-closed) */
function closed(next: Exceptions, stored: StoredEntry): Told {
  const known = stored.subject === null ? undefined : next.incidents.get(stored.subject);
  if (known === undefined || stored.subject === null || known.closed !== null) return kept(next);
  const { by = "", reason = "" } = bodyIn("incident-closed", stored)?.body ?? {};
  const ended = { ...known, closed: { by, reason, at: stored.at } };
  return kept({ ...next, incidents: new Map(next.incidents).set(stored.subject, ended) });
}

/** Two decisions at once may both record it: one set of overrides for one change is one debt. */
function left(next: Exceptions, stored: StoredEntry): Told {
  const read = bodyIn("debt", stored);
  const { index, at, leafHash } = stored;
  const entry = read === null ? hex(leafHash) : entryId(read.entry);
  const body = read?.body ?? null;
  if (body !== null && isRecorded(next, body.change, body.overrides)) return kept(next);
  const debt = { entry, index, at, body, reviews: [] };
  return kept({ ...next, debts: new Map(next.debts).set(entry, debt) });
}

/** Whether the overrides of a change are in one of its debts already, reviewed or not. */
export const isRecorded = (
  { debts }: Exceptions,
  change: string,
  overrides: readonly string[],
): boolean =>
  [...debts.values()].some(
    ({ body }) =>
      body?.change === change && overrides.every((entry) => body.overrides.includes(entry)),
  );

async function reviewed(next: Exceptions, stored: StoredEntry, roster: Roster): Promise<Told> {
  const verified = await verifyStored(stored, roster);
  if (!verified.ok) return refused(next, verified.says);
  const { statement, reason = "" } = verified.signed;
  const debt = next.debts.get(statement.settles ?? "");
  if (debt === undefined) return refused(next, "a review of no debt");
  const why = whyNoReview(debt, verified.signed, { roster, at: stored.at });
  if (why !== null) return refused(next, why);
  const review = { person: statement.person, at: stored.at, reason };
  const reviews = [...debt.reviews, review];
  return kept({ ...next, debts: new Map(next.debts).set(debt.entry, { ...debt, reviews }) });
}

function whyNoReview(
  { body, reviews }: Owed,
  { statement }: Signed,
  { roster, at }: { readonly roster: Roster; readonly at: number },
): string | null {
  const { person, change, credential } = statement;
  const revokedAt = roster.keys.get(credential)?.revokedAt ?? null;
  if (revokedAt !== null && revokedAt <= at) return "its key was revoked before";
  if (body !== null && body.change !== change) return "a review of another change";
  if (body?.by.includes(person) === true) return "whoever signed an override reviews it";
  return reviews.some((one) => one.person === person) ? "one person reviews it twice" : null;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
