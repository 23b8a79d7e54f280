// SPDX-License-Identifier: Apache-2.0
import type { Database } from "./driver.ts";

/** A request that came with a key of its own. */
export type OnceRow = {
  readonly id: string;
  /** 32 bytes, by which the same request is known again. */
  readonly request: Uint8Array;
  /** Sealed; `null` while it is being done. */
  readonly answer: Uint8Array | null;
};

/**
 * Takes a request as its first; else gives what stands there. INVARIANT (done-once): the row is there
 * before anything is done, and of two that come together one finds that of the other.
 */
export async function beginOnce(
  db: Database,
  {
    id,
    request,
    at,
    forget,
  }: Omit<OnceRow, "answer"> & { readonly at: number; readonly forget: number },
): Promise<OnceRow | null> {
  await db.deleteFrom("once").where("at", "<=", forget).execute();
  const taken = await db
    .insertInto("once")
    .values({ id, request: Buffer.from(request), answer: null, at })
    .onConflict((same) => same.column("id").doNothing())
    .executeTakeFirst();
  if (taken.numInsertedOrUpdatedRows === 1n) return null;
  const row = await db
    .selectFrom("once")
    .select(["id", "request", "answer"])
    .where("id", "=", id)
    .executeTakeFirst();
  // It failed in between and went: whoever asked for it comes again.
  return row ?? { id, request, answer: null };
}

export async function endOnce(db: Database, id: string, answer: Uint8Array): Promise<void> {
  await db
    .updateTable("once")
    .set({ answer: Buffer.from(answer) })
    .where("id", "=", id)
    .execute();
}

/** Nothing was done: the key may be used again. */
export async function dropOnce(db: Database, id: string): Promise<void> {
  await db.deleteFrom("once").where("id", "=", id).execute();
}
