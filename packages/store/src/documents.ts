// SPDX-License-Identifier: Apache-2.0
import type { Database } from "./driver.ts";
import type { Transaction } from "./transaction.ts";

/** Keeps a text under its digest, which the caller has computed; one that is there stays. */
export async function saveDocument(
  tx: Transaction,
  { digest, text, now }: { readonly digest: string; readonly text: string; readonly now: number },
): Promise<void> {
  await tx
    .insertInto("document")
    .values({ digest, text, added_at: now })
    .onConflict((conflict) => conflict.column("digest").doNothing())
    .execute();
}

/** The text under a digest, or `null`. Whoever reads it computes the digest again. */
export async function documentText(db: Database, digest: string): Promise<string | null> {
  const row = await db
    .selectFrom("document")
    .select("text")
    .where("digest", "=", digest)
    .executeTakeFirst();
  return row?.text ?? null;
}
