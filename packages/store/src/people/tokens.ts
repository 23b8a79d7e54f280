// SPDX-License-Identifier: Apache-2.0
import { sql } from "kysely";
import type { Database } from "../driver.ts";
import type { Transaction } from "../transaction.ts";

export type StoredToken = {
  /** Public id; the secret is stored nowhere. */
  readonly id: string;
  readonly name: string;
  readonly repository: string;
  /** Sorted. */
  readonly verbs: readonly string[];
  readonly madeBy: string;
  readonly madeAt: number;
  readonly expiresAt: number;
};

export async function insertToken(
  tx: Transaction,
  token: StoredToken & { readonly hash: Uint8Array },
): Promise<void> {
  const { id, hash, name, repository, verbs, madeBy, madeAt, expiresAt } = token;
  const times = { made_at: madeAt, expires_at: expiresAt, revoked_at: null };
  await tx
    .insertInto("token")
    .values({
      id,
      secret_hash: Buffer.from(hash),
      name,
      repository,
      verbs: [...verbs],
      made_by: madeBy,
      ...times,
    })
    .execute();
}

const workingTokens = (db: Database, now: number) =>
  db
    .selectFrom("token")
    .select(["id", "name", "repository", "verbs"])
    .select(["made_by as madeBy", "made_at as madeAt", "expires_at as expiresAt"])
    .where("revoked_at", "is", null)
    .where("expires_at", ">", now);

export type TokenAsked = { readonly hash: Uint8Array; readonly now: number };

/** The token of each secret, unless it is revoked or expired. */
export async function findTokens(
  db: Database,
  asked: readonly TokenAsked[],
): Promise<readonly (StoredToken | null)[]> {
  const hashes = asked.map(({ hash }) => Buffer.from(hash));
  const rows = await workingTokens(db, Math.min(...asked.map(({ now }) => now)))
    .select("secret_hash as hash")
    .where(sql<boolean>`secret_hash = any(${hashes}::bytea[])`)
    .execute();
  const found = new Map(rows.map(({ hash, ...token }) => [hash.toString("hex"), token]));
  return asked.map(({ now }, i) => {
    const token = found.get(hashes[i]?.toString("hex") ?? "");
    return token !== undefined && token.expiresAt > now ? token : null;
  });
}

/** Those that work, of one maker or of all; oldest first. */
export async function workingTokensOf(
  db: Database,
  maker: string | null,
  now: number,
): Promise<readonly StoredToken[]> {
  return await workingTokens(db, now)
    .$if(maker !== null, (query) => query.where("made_by", "=", maker ?? ""))
    .orderBy("made_at")
    .orderBy("id")
    .execute();
}

/** `false` when it does not work any more, or is not there. */
export async function revokeStoredToken(tx: Transaction, id: string, at: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("token")
    .set({ revoked_at: at })
    .where("id", "=", id)
    .where("revoked_at", "is", null)
    .where("expires_at", ">", at)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}
