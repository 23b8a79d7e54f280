// SPDX-License-Identifier: Apache-2.0
import type { Bodies } from "@interlock/core";
import { toBase64url } from "@interlock/receipt";
import { insertKey, type ProposedKey, type Transaction } from "@interlock/store";
import { type Prepared, prepare } from "../ledger/record.ts";
import type { PeopleTerms } from "./terms.ts";

/** A key that is to become a person's, with the entry that says so. */
export type Enrolling = {
  readonly key: ProposedKey;
  readonly person: string;
  readonly entry: Prepared;
};

export function enrolling(
  key: ProposedKey,
  owner: { readonly person: string; readonly userHandle: Uint8Array },
  by: Pick<Bodies["enrolment"], "basis" | "endorsedBy" | "usableFrom" | "agreed"> & {
    readonly at: number;
  },
): Enrolling {
  const { credential, aaguid, backupEligible, backedUp, signCount, format, trust } = key;
  const { person } = owner;
  const { at, ...rest } = by;
  const body = {
    person,
    credential,
    key: toBase64url(key.key),
    userHandle: toBase64url(owner.userHandle),
    backupEligible,
    backedUp,
    signCount,
    aaguid,
    attestation: { format, trust },
    ...rest,
  };
  return { key, person, entry: prepare({ kind: "enrolment", at, subject: null, body }) };
}

/**
 * Appends entries and then the enrolments, whose rows need their indexes; the indexes of all.
 *
 * INVARIANT (enrolment-first): a row of a key is written in the transaction of its enrolment and
 * names it, so there is no key without an entry.
 */
export async function appendWithKeys(
  { ledger }: PeopleTerms,
  tx: Transaction,
  given: { readonly entries: readonly Prepared[]; readonly keys: readonly Enrolling[] },
) {
  const { entries, keys } = given;
  const appended = await ledger.append(tx, [...entries, ...keys.map(({ entry }) => entry)]);
  if (!appended.ok) return appended;
  for (const [at, { key, person }] of keys.entries()) {
    const enrolment = appended.value[entries.length + at];
    if (enrolment === undefined) throw new Error("invariant broken: an entry has no index");
    const { credential, aaguid, signCount } = key;
    await insertKey(tx, { credential, person, enrolment, aaguid, signCount });
  }
  return appended;
}
