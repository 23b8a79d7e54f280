// SPDX-License-Identifier: Apache-2.0
import type { Database } from "./driver.ts";
import type { Transaction } from "./transaction.ts";

/** The index of the entry that a record got when it was imported, or `null`. */
export async function importedAs(db: Database, record: Uint8Array): Promise<number | null> {
  const row = await db
    .selectFrom("imported")
    .select("index")
    .where("record", "=", Buffer.from(record))
    .executeTakeFirst();
  return row?.index ?? null;
}

/** Remembers an import; `false` when another brought the same record meanwhile, and this is undone. */
export async function rememberImport(
  tx: Transaction,
  record: Uint8Array,
  index: number,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto("imported")
    .values({ record: Buffer.from(record), index })
    .onConflict((same) => same.column("record").doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}
