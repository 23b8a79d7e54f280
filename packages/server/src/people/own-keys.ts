// SPDX-License-Identifier: Apache-2.0
import type { PersonShown } from "@interlock/protocol";
import { readKey, readKeys, revokeKey } from "@interlock/store";
import type { Actor } from "../http/actor.ts";
import type { Answer } from "../http/bind.ts";
import { prepare } from "../ledger/record.ts";
import { standingEmergencyKey } from "./emergency.ts";
import { freshSession, personOfActor } from "./fresh.ts";
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
    const emergency = await standingEmergencyKey(terms, tx, credential);
    const own =
      emergency?.person === person ||
      (key?.person === person && (await revokeKey(tx, credential, now)));
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

/** Everybody with accounts and keys, as the ledger has them. */
export async function shownPeople(
  terms: SiteTerms,
): Promise<Answer<{ readonly people: PersonShown[] }>> {
  return await looked(terms, async (db) => {
    const roster = await terms.book.at(db);
    const rows = new Map((await readKeys(db, null)).map((row) => [row.credential, row]));
    const keys = new Map<string, PersonShown["keys"]>();
    for (const { person, credential, enrolment, usableFrom, revokedAt } of roster.keys.values()) {
      const { entry, index, body } = enrolment;
      const key = {
        ...{ credential, enrolledAt: entry.at, index, usableFrom },
        revokedAt: revokedAt ?? rows.get(credential)?.revokedAt ?? null,
        synchronised: body.backupEligible,
      };
      keys.set(person, [...(keys.get(person) ?? []), key]);
    }
    const persons = [...roster.persons.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    return done({
      people: persons.map(({ id, name, active, accounts }) => ({
        ...{ person: id, name, active, accounts: [...accounts] },
        keys: keys.get(id) ?? [],
        emergencyKeys: [...roster.emergencyKeys.values()]
          .filter(({ person }) => person === id)
          .map(({ credential, enrolledAt, usableFrom, revokedAt }) => ({
            ...{ credential, enrolledAt, usableFrom, revokedAt },
          })),
      })),
    });
  });
}
