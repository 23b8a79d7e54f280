// SPDX-License-Identifier: Apache-2.0
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

/** The token of a secret, unless it is revoked or expired. */
export async function findToken(
  db: Database,
  hash: Uint8Array,
  now: number,
): Promise<StoredToken | null> {
  const found = await workingTokens(db, now)
    .where("secret_hash", "=", Buffer.from(hash))
    .executeTakeFirst();
  return found ?? null;
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
