// SPDX-License-Identifier: Apache-2.0
import type { Database } from "./driver.ts";
import type { Transaction } from "./transaction.ts";

/** The table of `sql/000015_notices.sql`. */
export type NoticeCursorRow = {
  readonly name: string;
  readonly next: number;
  readonly attempts: number;
  readonly due_at: number;
  readonly lease: string | null;
  readonly leased_until: number;
};

/** Whose turn it is to tell a receiver, and from which entry on. */
export type ClaimedCursor = {
  readonly name: string;
  readonly lease: string;
  /** Index of the first entry that it was not told of. */
  readonly next: number;
  /** How often it could not be told since it last could. */
  readonly attempts: number;
};

/**
 * Takes a receiver's turn for this long; `null` when it is another server's, or not due. A receiver
 * that is new begins with what comes from `size` on.
 */
export async function claimCursor(
  tx: Transaction,
  given: {
    readonly name: string;
    readonly lease: string;
    readonly now: number;
    readonly leaseMs: number;
    readonly size: number;
  },
): Promise<ClaimedCursor | null> {
  const { name, lease, now, leaseMs, size } = given;
  await tx
    .insertInto("notice_cursor")
    .values({ name, next: size, attempts: 0, due_at: now, lease: null, leased_until: 0 })
    .onConflict((same) => same.doNothing())
    .execute();
  const row = await tx
    .updateTable("notice_cursor")
    .set({ lease, leased_until: now + leaseMs })
    .where("name", "=", name)
    .where("due_at", "<=", now)
    .where("leased_until", "<=", now)
    .returning(["next", "attempts"])
    .executeTakeFirst();
  return row === undefined ? null : { name, lease, ...row };
}

/** Notes how far a receiver was told and keeps its turn; `false` when it is another server's by now. */
export async function advanceCursor(
  db: Database,
  { name, lease }: ClaimedCursor,
  told: { readonly next: number; readonly until: number },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("notice_cursor")
    .set({ next: told.next, attempts: 0, leased_until: told.until })
    .where("name", "=", name)
    .where("lease", "=", lease)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Gives a turn back, for the next one at `dueAt`. */
export async function releaseCursor(
  db: Database,
  { name, lease }: ClaimedCursor,
  next: { readonly dueAt: number; readonly attempts: number },
): Promise<void> {
  await db
    .updateTable("notice_cursor")
    .set({ due_at: next.dueAt, attempts: next.attempts, lease: null, leased_until: 0 })
    .where("name", "=", name)
    .where("lease", "=", lease)
    .execute();
}
