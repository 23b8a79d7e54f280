// SPDX-License-Identifier: Apache-2.0
import type { Database } from "../driver.ts";
import type { Transaction } from "../transaction.ts";

/** Where a key stands; what it is and whose is said by the enrolment in the ledger. */
export type StoredKey = {
  /** Credential id in base64url. */
  readonly credential: string;
  readonly person: string;
  /** Index of the enrolment in the ledger. */
  readonly enrolment: number;
  /** 32 hexadecimal digits. */
  readonly aaguid: string;
  /** The highest counter seen. */
  readonly signCount: number;
  readonly revokedAt: number | null;
};

const keyQuery = (db: Database) =>
  db
    .selectFrom("credential")
    .select(["id as credential", "person", "enrolment", "aaguid"])
    .select(["sign_count as signCount", "revoked_at as revokedAt"]);

export async function readKey(db: Database, credential: string): Promise<StoredKey | null> {
  return (await keyQuery(db).where("id", "=", credential).executeTakeFirst()) ?? null;
}

/** Of one person, or of everybody; oldest first. */
export async function readKeys(db: Database, person: string | null): Promise<readonly StoredKey[]> {
  return await keyQuery(db)
    .$if(person !== null, (query) => query.where("person", "=", person ?? ""))
    .orderBy("enrolment")
    .execute();
}

export async function insertKey(
  tx: Transaction,
  { credential: id, person, enrolment, aaguid, signCount }: Omit<StoredKey, "revokedAt">,
): Promise<void> {
  const values = { id, person, enrolment, aaguid, sign_count: signCount, revoked_at: null };
  await tx.insertInto("credential").values(values).execute();
}

/** Remembers a counter; one that went back is not remembered. */
export async function raiseSignCount(
  tx: Transaction,
  credential: string,
  signCount: number,
): Promise<void> {
  await tx
    .updateTable("credential")
    .set({ sign_count: signCount })
    .where("id", "=", credential)
    .where("sign_count", "<", signCount)
    .execute();
}

/** Revokes a key and ends its sessions; `false` when it was revoked before or is not there. */
export async function revokeKey(tx: Transaction, credential: string, at: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("credential")
    .set({ revoked_at: at })
    .where("id", "=", credential)
    .where("revoked_at", "is", null)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) return false;
  await tx
    .updateTable("session")
    .set({ ended_at: at })
    .where("credential", "=", credential)
    .where("ended_at", "is", null)
    .execute();
  return true;
}
