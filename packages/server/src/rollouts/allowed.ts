// SPDX-License-Identifier: Apache-2.0
import type { DecisionRecord } from "@interlock/core";
import { type ChangeEntry, type ChangeInput, type Digest, isDigest } from "@interlock/digest";
import {
  changeById,
  contentsOf,
  type Database,
  entriesOfKindsAbout,
  readEntry,
  type StoredChange,
  signedAbout,
} from "@interlock/store";
import { NO_CHANGE, recordOf } from "../approvals/ask.ts";
import { barredPersons } from "../gate/evidence.ts";
import { verifyStored } from "../gate/verified.ts";
import type { Answer } from "../http/bind.ts";
import { bodyIn } from "../ledger/stored.ts";
import { workingKey } from "../people/roster.ts";
import { done, refused } from "../people/terms.ts";
import { isAllowedLast } from "../refs/report.ts";
import { agreementOn } from "../unwinds/agreeing.ts";
import { planOfChange } from "../unwinds/terms.ts";
import { keptPlan } from "../unwinds/text.ts";
import type { RolloutsTerms } from "./terms.ts";

/** The decision that lets a change go out, and who stands behind it. */
export type Allowed = {
  readonly decision: { readonly entry: Digest; readonly index: number };
  readonly record: DecisionRecord;
  /**
   * The operator and the approvers that counted. Not the authors: whom Git names is whatever somebody
   * wrote there, and would make one person two.
   */
  readonly persons: readonly string[];
};

export type AllowedChange = {
  readonly change: StoredChange;
  readonly allowed: Allowed;
  /** By path. */
  readonly entries: ReadonlyMap<string, ChangeEntry>;
};

/** A change that was decided last to be allowed, with what it is made of; or why it may not go out. */
export async function allowedChange(
  terms: RolloutsTerms,
  person: string,
  id: string,
): Promise<Answer<AllowedChange>> {
  const { db } = terms.store;
  const change = await changeById(db, id);
  if (change === null) return { ok: false, failure: NO_CHANGE };
  const { digest, repository, target } = change;
  if (digest === null) return NOT_ALLOWED;
  if (!(await isAllowedLast(db, { repository, ref: target, digest }))) return NOT_ALLOWED;
  const stored = await readEntry(db, change.decisionIndex);
  const decided = stored === null ? null : bodyIn("decision", stored);
  const record = await recordOf(terms.store, change);
  const entry = stored === null ? "" : Buffer.from(stored.leafHash).toString("hex");
  if (decided?.body.effective !== "allow" || decided.entry.subject !== digest || !isDigest(entry))
    return NOT_ALLOWED;
  if (record === null)
    return refused("ROLLOUT_NOT_NOW", "the facts of its decision were erased", "push it again");
  const counted = new Set(decided.body.counted);
  const approvers = (await signedAbout(db, digest)).filter((one) => counted.has(one.entry));
  const persons = [...new Set([person, ...approvers.map((one) => one.person)])].sort();
  const entries = await entriesOf(db, digest);
  return entries === null
    ? refused(
        "NOT_FOUND",
        "what the change is made of is not kept here",
        "push it again: its contents are sent then",
      )
    : done({
        ...{ change, entries },
        allowed: { decision: { entry, index: change.decisionIndex }, record, persons },
      });
}

const NOT_ALLOWED = refused(
  "NOT_ALLOWED",
  "what was decided last of this change does not allow it",
  "see what is missing: `interlock change show`",
);

/** What a change is made of, by path; `null`: that is not kept. */
export async function entriesOf(db: Database, digest: string) {
  const contents = await contentsOf(db, digest);
  if (contents === null) return null;
  const input = JSON.parse(contents.input) as Pick<ChangeInput, "entries">; // checked when it was kept
  return new Map(input.entries.map((entry) => [entry.path, entry]));
}

/** An approval that may carry a rollout on: by whom, and where the newest of them stands in the ledger. */
export type Approvals = {
  readonly persons: readonly string[];
  readonly entry: Digest;
  readonly index: number;
};

/**
 * Approvals of a change by passkey after a place in the ledger, by people who had no part in it, each
 * verified out of its entry; `null` where there is none. by (halt-wins)
 */
export async function approvalsAfter(
  terms: RolloutsTerms,
  id: string,
  after: number,
): Promise<Approvals | null> {
  const plan = planOfChange(id);
  return plan === null
    ? await approvedAfter(terms, id, after)
    : await agreedAfter(terms, plan, after);
}

/** The same of a change that is no unwind of a rollout. */
export async function approvedAfter(
  terms: Pick<RolloutsTerms, "store" | "book" | "now">,
  id: string,
  after: number,
): Promise<Approvals | null> {
  const { db } = terms.store;
  const change = await changeById(db, id);
  if (change === null || change.digest === null) return null;
  const record = await recordOf(terms.store, change);
  if (record?.facts == null) return null;
  const barred = barredPersons(record.facts);
  const roster = await terms.book.at(db);
  const ended = new Set(
    (await signedAbout(db, change.digest))
      .filter(({ endedIndex }) => endedIndex !== null)
      .map(({ index }) => index),
  );
  const asked = { subject: change.digest, kinds: ["approval"], limit: APPROVALS_MAX };
  const good: { readonly person: string; readonly index: number; readonly entry: Digest }[] = [];
  for (const stored of await entriesOfKindsAbout(db, asked)) {
    if (stored.index <= after || ended.has(stored.index)) continue;
    const verified = await verifyStored(stored, roster);
    if (!verified.ok) continue;
    const { person, change: of, expiresAt } = verified.signed.statement;
    const entry = Buffer.from(stored.leafHash).toString("hex");
    if (of !== change.id || expiresAt <= terms.now() || barred(person) || !isDigest(entry))
      continue;
    if (workingKey(roster, verified.signed.statement.credential) === null) continue;
    if (roster.persons.get(person)?.active === true)
      good.push({ person, index: stored.index, entry });
  }
  const newest = good.at(-1);
  if (newest === undefined) return null;
  const persons = [...new Set(good.map(({ person }) => person))].sort();
  return { persons, entry: newest.entry, index: newest.index };
}

/** An unwind goes on by a newer agreement upon its plan, of owners as before. */
async function agreedAfter(
  terms: RolloutsTerms,
  plan: string,
  after: number,
): Promise<Approvals | null> {
  const { db } = terms.store;
  const kept = await keptPlan(db, plan);
  const agreed = kept.ok ? await agreementOn(terms, db, { plan, ...kept.value.plan }) : kept;
  if (!agreed.ok || agreed.value.index <= after) return null;
  const { by: persons, entry, index } = agreed.value;
  return isDigest(entry) ? { persons, entry, index } : null;
}

/** Of one content. */
const APPROVALS_MAX = 500;
