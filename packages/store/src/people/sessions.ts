// SPDX-License-Identifier: Apache-2.0
import type { Database } from "../driver.ts";
import type { Transaction } from "../transaction.ts";
import type { ChallengePurpose } from "./tables.ts";

/** What a nonce was given out for. */
export type Challenge = {
  readonly purpose: ChallengePurpose;
  /** Id of the proposal. */
  readonly about: string | null;
  readonly person: string | null;
};

/** Stores a nonce and clears away those that have expired. */
export async function insertChallenge(
  tx: Transaction,
  given: Challenge & {
    readonly hash: Uint8Array;
    readonly now: number;
    readonly expiresAt: number;
  },
): Promise<void> {
  const { hash, now, expiresAt, purpose, about, person } = given;
  await tx.deleteFrom("challenge").where("expires_at", "<=", now).execute();
  await tx
    .insertInto("challenge")
    .values({ nonce_hash: Buffer.from(hash), purpose, about, person, expires_at: expiresAt })
    .execute();
}

/**
 * Uses a nonce up and says what it was for; `null` when it is unknown, used or expired.
 *
 * INVARIANT (once): the row goes in the transaction that acts on it, so that of two that come with
 * one nonce a single one is served, and it is gone whatever the assertion is worth.
 */
export async function takeChallenge(
  tx: Transaction,
  hash: Uint8Array,
  now: number,
): Promise<Challenge | null> {
  const row = await tx
    .deleteFrom("challenge")
    .where("nonce_hash", "=", Buffer.from(hash))
    .returning(["purpose", "about", "person", "expires_at"])
    .executeTakeFirst();
  if (row === undefined || row.expires_at <= now) return null;
  const { purpose, about, person } = row;
  return { purpose, about, person };
}

export type StoredSession = {
  /** Public id; the secret is stored nowhere. */
  readonly id: string;
  readonly person: string;
  /** The passkey, or `null` when an identity provider says who it is. */
  readonly credential: string | null;
  /** The identity provider, or `null` of a passkey. */
  readonly issuer: string | null;
  readonly signedInAt: number;
  readonly expiresAt: number;
};

export async function insertSession(
  tx: Transaction,
  session: StoredSession & { readonly hash: Uint8Array },
): Promise<void> {
  const { id, hash, person, credential, issuer, signedInAt, expiresAt } = session;
  const times = { signed_in_at: signedInAt, expires_at: expiresAt, ended_at: null };
  await tx
    .insertInto("session")
    .values({ id, secret_hash: Buffer.from(hash), person, credential, issuer, ...times })
    .execute();
}

const openSessions = (db: Database, now: number) =>
  db
    .selectFrom("session")
    .innerJoin("person", "person.id", "session.person")
    .leftJoin("credential", "credential.id", "session.credential")
    .select(["session.id as id", "session.person as person", "session.credential as credential"])
    .select(["signed_in_at as signedInAt", "expires_at as expiresAt", "credential.aaguid"])
    .select("issuer")
    .where("ended_at", "is", null)
    .where("expires_at", ">", now)
    .where("person.active", "=", true)
    .where("credential.revoked_at", "is", null);

/** `aaguid`: of the passkey. */
export type OpenSession = StoredSession & { readonly aaguid: string | null };

/** The session of a secret: open, of an active person, by no key that is revoked. */
export async function findSession(
  db: Database,
  hash: Uint8Array,
  now: number,
): Promise<OpenSession | null> {
  const found = await openSessions(db, now)
    .where("session.secret_hash", "=", Buffer.from(hash))
    .executeTakeFirst();
  return found ?? null;
}

/** The same by its public id. */
export async function readSession(
  db: Database,
  id: string,
  now: number,
): Promise<OpenSession | null> {
  const found = await openSessions(db, now).where("session.id", "=", id).executeTakeFirst();
  return found ?? null;
}

export async function sessionsOf(
  db: Database,
  person: string,
  now: number,
): Promise<readonly StoredSession[]> {
  return await openSessions(db, now)
    .where("session.person", "=", person)
    .orderBy("signed_in_at")
    .orderBy("session.id")
    .execute();
}

/** Ends one session of a person, or all of them, or those by issuers; how many were open. */
export async function endSessions(
  tx: Transaction,
  given: {
    readonly person: string;
    readonly id: string | null;
    readonly at: number;
    readonly only?: "by-issuers";
  },
): Promise<number> {
  const { person, id, at, only } = given;
  const { numUpdatedRows } = await tx
    .updateTable("session")
    .set({ ended_at: at })
    .where("person", "=", person)
    .$if(id !== null, (query) => query.where("id", "=", id ?? ""))
    .$if(only === "by-issuers", (query) => query.where("issuer", "is not", null))
    .where("ended_at", "is", null)
    .where("expires_at", ">", at)
    .executeTakeFirst();
  return Number(numUpdatedRows);
}
