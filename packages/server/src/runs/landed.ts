// SPDX-License-Identifier: Apache-2.0
/** Whether a document is the one that an allowed decision was about, by the ledger. */
import {
  type Bodies,
  type DecisionRecord,
  FACTS_TAG,
  isUnknown,
  saltedDigest,
} from "@interlock/core";
import { type Digest, isDigest, type Json } from "@interlock/digest";
import { changeById, type Database, decisionAt, readEntry } from "@interlock/store";
import type { Hearing } from "../gate/hearing.ts";
import type { Answer } from "../http/bind.ts";
import { bodyIn } from "../ledger/stored.ts";
import type { Roster } from "../people/roster.ts";
import { done, refused } from "../people/terms.ts";

export type Landed = {
  readonly change: string;
  readonly digest: Digest;
  /** Id of the decision's entry. */
  readonly decision: string;
  readonly body: Bodies["decision"];
};

export type AllowedChange = Landed & {
  readonly repository: string;
  readonly target: string;
  readonly facts: NonNullable<DecisionRecord["facts"]>;
};

/**
 * A change whose newest decision allows it. Facts and decision are read by their digests, so that other
 * tables cannot put others there.
 */
export async function allowedChange(db: Database, id: string): Promise<Answer<AllowedChange>> {
  const change = await changeById(db, id);
  const stored = change === null ? null : await readEntry(db, change.decisionIndex);
  const read = stored === null ? null : bodyIn("decision", stored);
  if (change === null || stored === null || read === null || read.body.change !== change.id)
    return refused(
      "NOT_FOUND",
      "there is no such change, or not for you",
      "see the list of changes",
    );
  if (read.body.effective !== "allow")
    return refused(
      "NOT_ALLOWED",
      `the newest decision about this change is \`${read.body.effective}\``,
      "bring what it lacks, and let it be judged again",
    );
  const record = await decisionAt(db, change.decisionIndex);
  const facts = record === null ? null : factsOf(record.record, read.body);
  const digest = facts?.change.digest ?? "";
  if (facts === null || isUnknown(digest) || !isDigest(digest))
    return refused(
      "OUT_OF_ORDER",
      "the facts of the newest decision were erased, or are not those that were judged",
      "let it be judged again",
    );
  const { repository, target } = read.body;
  const decision = Buffer.from(stored.leafHash).toString("hex");
  return done({ change: change.id, digest, decision, body: read.body, repository, target, facts });
}

/** An allowed change whose facts name the document. */
export async function landedDocument(
  db: Database,
  given: { readonly change: string; readonly document: string },
): Promise<Answer<Landed>> {
  const allowed = await allowedChange(db, given.change);
  if (!allowed.ok) return allowed;
  const { change, digest, decision, body, facts } = allowed.value;
  const { documents } = facts.evidence;
  const named =
    !isUnknown(documents) &&
    documents.some((d) => d.digest === given.document && d.change === digest);
  return named
    ? done({ change, digest, decision, body })
    : refused(
        "NOT_ALLOWED",
        "the change that was allowed has no such document",
        "take the text that was approved, word for word",
      );
}

function factsOf(
  stored: { readonly text: string; readonly factsSalt: Uint8Array } | null,
  body: Bodies["decision"],
): DecisionRecord["facts"] {
  if (stored === null) return null;
  const { facts } = JSON.parse(stored.text) as DecisionRecord; // written by this server; its digest follows
  if (facts === null) return null;
  const salt = new Uint8Array(stored.factsSalt);
  const content = facts as unknown as Json; // plain data by its schema
  return saltedDigest(FACTS_TAG, salt, content) === body.facts ? facts : null;
}

type Approved = {
  /** The change digest. */
  readonly digest: Digest;
  readonly document: string;
  /** Ids of the approvals' entries. */
  readonly counted: readonly string[];
};

/**
 * Which of some approvals verify and name this document, and who gave them, both sorted. Withdrawn or
 * expired ones were good when the decision was made.
 *
 * INVARIANT (signed-remedy): what one person may run alone is a text whose digest two people signed.
 */
export async function approvalsOf(
  db: Database,
  { digest, document, counted }: Approved,
  { hearing, roster }: { readonly hearing: Hearing; readonly roster: Roster },
): Promise<{ readonly approvals: readonly string[]; readonly approvedBy: readonly string[] }> {
  const { said } = await hearing(db, digest, roster);
  const good = said.filter(
    ({ kind, entry, statement }) =>
      kind === "approval" && counted.includes(entry) && statement.document === document,
  );
  return {
    approvals: good.map(({ entry }) => entry).sort(),
    approvedBy: [...new Set(good.map(({ person }) => person))].sort(),
  };
}
