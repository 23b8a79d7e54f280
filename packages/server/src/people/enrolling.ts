// SPDX-License-Identifier: Apache-2.0
import type { Bodies } from "@interlock/core";
import { toBase64url } from "@interlock/receipt";
import { insertKey, type ProposedKey, type Transaction } from "@interlock/store";
import { type Prepared, prepare } from "../ledger/record.ts";
import type { PeopleTerms } from "./terms.ts";

/** A key that is to become a person's, with all that its enrolment has to say. */
export type Enrolling = {
  readonly key: ProposedKey;
  readonly body: Bodies["enrolment"];
};

export function enrolling(
  key: ProposedKey,
  owner: { readonly person: string; readonly userHandle: Uint8Array },
  by: Pick<Bodies["enrolment"], "basis" | "endorsedBy" | "usableFrom">,
): Enrolling {
  const { credential, aaguid, backupEligible, backedUp, signCount, format, trust } = key;
  const body = {
    person: owner.person,
    credential,
    key: toBase64url(key.key),
    userHandle: toBase64url(owner.userHandle),
    backupEligible,
    backedUp,
    signCount,
    aaguid,
    attestation: { format, trust },
    ...by,
  };
  return { key, body };
}

/**
 * Appends entries and then the enrolments, whose rows need their indexes; the indexes of all.
 *
 * INVARIANT (enrolment-first): a row of a key is written in the transaction of its enrolment and
 * names it, so there is no key without an entry.
 */
export async function appendWithKeys(
  { ledger }: PeopleTerms,
  { tx, now }: { readonly tx: Transaction; readonly now: number },
  given: { readonly entries: readonly Prepared[]; readonly keys: readonly Enrolling[] },
) {
  const { entries, keys } = given;
  const enrolments = keys.map(({ body }) =>
    prepare({ kind: "enrolment", at: now, subject: null, body }),
  );
  const appended = await ledger.append(tx, [...entries, ...enrolments]);
  if (!appended.ok) return appended;
  for (const [at, { key, body }] of keys.entries()) {
    const enrolment = appended.value[entries.length + at];
    if (enrolment === undefined) throw new Error("invariant broken: an entry has no index");
    const { credential, aaguid, signCount } = key;
    await insertKey(tx, { credential, person: body.person, enrolment, aaguid, signCount });
  }
  return appended;
}
