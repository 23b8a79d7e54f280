// SPDX-License-Identifier: Apache-2.0
import type { Database } from "../driver.ts";
import type { Transaction } from "../transaction.ts";

/** Remembers that a browser went to an issuer to sign in; those that have expired go. */
export async function insertIssuerFlow(
  tx: Transaction,
  given: {
    readonly hash: Uint8Array;
    readonly issuer: string;
    readonly now: number;
    readonly expiresAt: number;
  },
): Promise<void> {
  const { hash, issuer, now, expiresAt } = given;
  await tx.deleteFrom("issuer_flow").where("expires_at", "<=", now).execute();
  await tx
    .insertInto("issuer_flow")
    .values({ secret_hash: Buffer.from(hash), issuer, expires_at: expiresAt })
    .execute();
}

/**
 * The issuer to which a browser went, or `null` when its secret is unknown, used or expired.
 *
 * INVARIANT (flow-once): the row goes before anything is asked of the issuer, so that an answer that
 * comes twice is served once, whatever it is worth.
 */
export async function takeIssuerFlow(
  tx: Transaction,
  hash: Uint8Array,
  now: number,
): Promise<string | null> {
  const row = await tx
    .deleteFrom("issuer_flow")
    .where("secret_hash", "=", Buffer.from(hash))
    .returning(["issuer", "expires_at"])
    .executeTakeFirst();
  return row === undefined || row.expires_at <= now ? null : row.issuer;
}

export type ExchangedToken = {
  /** Public id; the secret is stored nowhere. */
  readonly id: string;
  readonly repository: string;
  /** Sorted. */
  readonly verbs: readonly string[];
  readonly issuer: string;
  readonly expiresAt: number;
};

/** Keeps a token that was given for an assertion; those that have expired go. */
export async function insertExchangedToken(
  tx: Transaction,
  token: ExchangedToken & { readonly hash: Uint8Array; readonly now: number },
): Promise<void> {
  const { id, hash, repository, verbs, issuer, expiresAt, now } = token;
  await tx.deleteFrom("exchanged_token").where("expires_at", "<=", now).execute();
  await tx
    .insertInto("exchanged_token")
    .values({
      ...{ id, secret_hash: Buffer.from(hash), repository, verbs: [...verbs], issuer },
      expires_at: expiresAt,
    })
    .execute();
}

/** The token of a secret, unless it has expired. */
export async function findExchangedToken(
  db: Database,
  hash: Uint8Array,
  now: number,
): Promise<ExchangedToken | null> {
  const found = await db
    .selectFrom("exchanged_token")
    .select(["id", "repository", "verbs", "issuer", "expires_at as expiresAt"])
    .where("secret_hash", "=", Buffer.from(hash))
    .where("expires_at", ">", now)
    .executeTakeFirst();
  return found ?? null;
}

/** Uses an assertion up; `false` when it was used before. `expiresAt`: nobody accepts it then. */
export async function useAssertion(
  tx: Transaction,
  given: { readonly hash: Uint8Array; readonly now: number; readonly expiresAt: number },
): Promise<boolean> {
  const { hash, now, expiresAt } = given;
  await tx.deleteFrom("used_assertion").where("expires_at", "<=", now).execute();
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto("used_assertion")
    .values({ hash: Buffer.from(hash), expires_at: expiresAt })
    .onConflict((conflict) => conflict.column("hash").doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}
