// SPDX-License-Identifier: Apache-2.0
import { DECISION_OF, type Signed } from "@interlock/core";
import { type Site, verifySignedEntry } from "@interlock/receipt";
import type { StoredEntry } from "@interlock/store";
import { bodyIn } from "../ledger/stored.ts";
import type { Roster } from "../people/roster.ts";

/** A signed entry as the ledger proves it, or why it does not. */
export type Verified =
  | { readonly ok: true; readonly signed: Signed; readonly backupEligible: boolean }
  | { readonly ok: false; readonly says: string };

/**
 * Whether a signed entry is whole, about its subject, and carries an assertion that verifies with a key
 * of the roster which had cooled down. That the key works still is asked elsewhere.
 */
export async function verifyStored(stored: StoredEntry, roster: Roster): Promise<Verified> {
  const read = isSignedKind(stored.kind) ? bodyIn(stored.kind, stored)?.body : undefined;
  if (read === undefined) return { ok: false, says: "its content was erased or is not its leaf's" };
  const site = siteOf(roster);
  const key = roster.keys.get(read.statement.credential);
  if (site === null || key === undefined)
    return { ok: false, says: "its key is not enrolled in the ledger" };
  const { at, index } = stored;
  if (key.usableFrom > at) return { ok: false, says: "its key was in its cool-down" };
  const { enrolment } = key;
  const verdict = await verifySignedEntry({ signed: read, place: { at, index }, enrolment, site });
  if (!verdict.ok) return { ok: false, says: verdict.refusal.says };
  if (verdict.value.kind === "refused") return { ok: false, says: verdict.value.refusal.says };
  if (verdict.value.kind === "held") return { ok: false, says: verdict.value.alert.says };
  return read.statement.digest === stored.subject
    ? { ok: true, signed: read, backupEligible: enrolment.body.backupEligible }
    : { ok: false, says: "it is about another content" };
}

export const isSignedKind = (kind: string): kind is keyof typeof DECISION_OF =>
  Object.hasOwn(DECISION_OF, kind);

/** The one site of an organisation, as its founding fixed it; `null` before. */
export function siteOf({ founding }: Roster): Site | null {
  if (founding === null) return null;
  const { ledger, tenant, product, rpId, origins } = founding.body;
  return { ledger, tenant, product, rpId, origins };
}
