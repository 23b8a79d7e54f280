// SPDX-License-Identifier: Apache-2.0
import type { PersonShown } from "@interlock/protocol";
import { readEntry, readKey, readKeys, readPersons, revokeKey } from "@interlock/store";
import type { Actor } from "../http/actor.ts";
import type { Answer } from "../http/bind.ts";
import { prepare } from "../ledger/record.ts";
import { freshSession, personOfActor } from "./fresh.ts";
import { enrolmentIn } from "./keys.ts";
import { noSuch } from "./proposing.ts";
import { done, inTransaction, looked, type SiteTerms } from "./terms.ts";

/** Revokes a key of whoever asks, alone and at once; its sessions end with it. */
export async function revokeOwnKey(
  terms: SiteTerms,
  actor: Actor,
  { credential, reason }: { readonly credential: string; readonly reason: string },
): Promise<Answer<{ readonly index: number }>> {
  const { person } = personOfActor(actor);
  return await inTransaction(terms, async (within) => {
    const fresh = await freshSession(terms, within, actor);
    if (!fresh.ok) return fresh;
    const { tx, now } = within;
    const key = await readKey(tx, credential);
    const own = key?.person === person && (await revokeKey(tx, credential, now));
    if (!own) return noSuch("key of yours that works");
    const body = { person, credential, reason, by: [person] };
    const entry = prepare({ kind: "revocation", at: now, subject: null, body });
    const appended = await terms.ledger.append(tx, [entry]);
    if (!appended.ok) return appended;
    const [index] = appended.value;
    if (index === undefined) throw new Error("invariant broken: an entry has no index");
    return done({ index });
  });
}

/** Everybody with accounts and keys; a key whose entry does not fit its row is not shown. */
export async function shownPeople(
  terms: SiteTerms,
): Promise<Answer<{ readonly people: PersonShown[] }>> {
  return await looked(terms, async (db) => {
    const persons = await readPersons(db);
    const keys = new Map<string, PersonShown["keys"]>();
    for (const { credential, person, enrolment: index, revokedAt } of await readKeys(db, null)) {
      const entry = await readEntry(db, index);
      const body = entry === null ? null : enrolmentIn(entry);
      if (entry === null || body === null || body.credential !== credential) continue;
      const key = {
        ...{ credential, enrolledAt: entry.at, index, usableFrom: body.usableFrom, revokedAt },
        synchronised: body.backupEligible,
      };
      keys.set(person, [...(keys.get(person) ?? []), key]);
    }
    return done({
      people: persons.map(({ id, name, active, accounts }) => ({
        ...{ person: id, name, active, accounts: [...accounts] },
        keys: keys.get(id) ?? [],
      })),
    });
  });
}
