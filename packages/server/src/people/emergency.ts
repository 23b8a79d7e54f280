// SPDX-License-Identifier: Apache-2.0
import { emergencyKeyId, fromBase64url, toBase64url } from "@interlock/receipt";
import {
  type Database,
  insertProposal,
  insertProposedKey,
  openProposals,
  type StoredProposal,
} from "@interlock/store";
import { isWeakKey } from "@interlock/tlog";
import type { Actor } from "../http/actor.ts";
import type { Answer } from "../http/bind.ts";
import { type Prepared, prepare } from "../ledger/record.ts";
import { recentSession } from "./fresh.ts";
import type { Whole } from "./proposal.ts";
import { MOST_OPEN, PROPOSAL_MS } from "./proposing.ts";
import type { EmergencyKey, Roster } from "./roster.ts";
import { newId } from "./secrets.ts";
import { done, inTransaction, refused, type SiteTerms } from "./terms.ts";

const KEY_BYTES = 32;
/** One is needed; more are of other machines. */
const MOST_EMERGENCY_KEYS = 5;

/**
 * Proposes a key of whoever asks. A terminal may: it takes the passkeys of its person and of another,
 * who read on the page what they sign, before the key is anybody's.
 */
export async function proposeEmergencyKey(
  terms: SiteTerms,
  actor: Actor,
  { key: written, reason }: { readonly key: string; readonly reason: string },
): Promise<Answer<{ readonly proposal: string; readonly url: string }>> {
  if (actor.kind !== "person" && actor.kind !== "terminal")
    throw new Error("invariant broken: `bind` lets only persons in");
  const { person } = actor;
  const key = fromBase64url(written);
  if (key?.length !== KEY_BYTES || isWeakKey(key))
    return refused(
      "INPUT_INVALID",
      "this is no Ed25519 public key that only one could sign with",
      "run `interlock emergency enrol`",
    );
  return await inTransaction(terms, async ({ tx, now }) => {
    if (actor.kind === "person") {
      const recent = await recentSession({ tx, now }, actor);
      if (!recent.ok) return recent;
    }
    const roster = await terms.book.at(tx);
    const barred = barredFrom(roster, person, await openProposals(tx, "others", now));
    if (barred !== null) return barred;
    const proposal = proposalOf({ person, reason, now });
    await insertProposal(tx, proposal, null);
    const credential = emergencyKeyId(key);
    const kept = await insertProposedKey(tx, {
      ...{ credential, proposal: proposal.id, key, registeredAt: now },
      ...{ aaguid: "0".repeat(32), backupEligible: false, backedUp: false, signCount: 0 },
      ...{ format: "emergency", trust: "none" },
    });
    if (!kept || roster.emergencyKeys.has(credential))
      return refused("OUT_OF_ORDER", "this key was proposed before", "make another one");
    return done({ proposal: proposal.id, url: `${terms.origin}/proposals/${proposal.id}` });
  });
}

function barredFrom(roster: Roster, person: string, open: readonly StoredProposal[]) {
  if (roster.persons.get(person)?.active !== true)
    return refused("NOT_ALLOWED", "nobody active is signed in", "ask somebody who is active");
  if (open.length >= MOST_OPEN)
    return refused(
      "OUT_OF_ORDER",
      `${MOST_OPEN} proposals are open already`,
      "endorse or withdraw some of them first",
    );
  const own = [...roster.emergencyKeys.values()].filter(
    (one) => one.person === person && one.revokedAt === null,
  );
  return own.length < MOST_EMERGENCY_KEYS
    ? null
    : refused(
        "OUT_OF_ORDER",
        `you have ${own.length} emergency keys already`,
        "revoke one that you no longer have",
      );
}

const proposalOf = ({
  person,
  reason,
  now,
}: {
  readonly person: string;
  readonly reason: string;
  readonly now: number;
}): StoredProposal => ({
  ...{ id: newId(), kind: "emergency", person, reason, by: person, at: now },
  ...{ name: null, active: null, accounts: null, credential: null, userHandle: null },
  ...{ expiresAt: now + PROPOSAL_MS, state: "open" },
});

/** The entries that make the keys of an agreement somebody's. */
export function emergencyEntries(
  { proposal, keys }: Whole,
  {
    at,
    agreed,
    by,
    cooldownMs,
  }: {
    readonly at: number;
    readonly agreed: string;
    readonly by: readonly string[];
    readonly cooldownMs: number;
  },
): readonly Prepared[] {
  return keys.map(({ credential, key }) => {
    const usableFrom = at + cooldownMs;
    const { person } = proposal;
    const body = { person, credential, key: toBase64url(key), usableFrom, by: [...by], agreed };
    return prepare({ kind: "emergency-key", at, subject: null, body });
  });
}

/** An emergency key that is not revoked, or `null`. */
export async function standingEmergencyKey(
  { book }: Pick<SiteTerms, "book">,
  db: Database,
  credential: string,
): Promise<EmergencyKey | null> {
  const key = (await book.at(db)).emergencyKeys.get(credential);
  return key === undefined || key.revokedAt !== null ? null : key;
}
