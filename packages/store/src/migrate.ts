// SPDX-License-Identifier: Apache-2.0
import { type Database, plain } from "./driver.ts";
import type { StoreFailure } from "./failure.ts";
import { failed, type Result, succeeded, textOf } from "./failure.ts";
import { type Migration, type MigrationRecord, pendingMigrations } from "./migrations.ts";
import { sqlState } from "./sqlstate.ts";
import { type Chance, type Transaction, transaction, type Work } from "./transaction.ts";

/** Any number that no other program on the same database takes: "intlkmig" as bytes, cut to 63 bits. */
const LOCK = "7596551590214462823";
/** A migration of a large table can take minutes; one that waits longer than this hangs. */
const LOCK_TIMEOUT = "10min";

const RECORDS = `
  create table schema_migration (
    version integer primary key,
    name text collate "C" not null,
    sha256 text collate "C" not null,
    min_safe_version integer not null,
    applied_at bigint not null
  )`;

type Over = { readonly db: Database; readonly chance: Chance; readonly now: () => number };

/**
 * Brings a database to the newest migration, one transaction each, and returns the names of those that
 * ran. Of several programs that start at once one migrates and the others wait for it.
 */
export async function migrate(
  over: Over,
  known: readonly Migration[],
): Promise<Result<readonly string[]>> {
  const applied: string[] = [];
  for (;;) {
    const outcome = await transaction(over, (tx) => applyNext(tx, known, over.now()), {
      isolation: "read committed",
    });
    if (outcome.kind === "unknown") continue;
    if (outcome.kind !== "committed") return { ok: false, failure: outcome.failure };
    if (outcome.value === null) return succeeded(applied);
    applied.push(outcome.value);
  }
}

/** Applies the first migration that is due and returns its name, or `null` when none is. */
async function applyNext(
  tx: Transaction,
  known: readonly Migration[],
  now: number,
): Promise<Work<string | null, StoreFailure>> {
  await tx.executeQuery(plain("set local statement_timeout = 0"));
  await tx.executeQuery(plain(`set local lock_timeout = '${LOCK_TIMEOUT}'`));
  await tx.executeQuery(plain(`select pg_advisory_xact_lock(${LOCK})`));
  const records = await readRecords(tx);
  if (records === null) await tx.executeQuery(plain(RECORDS));
  const pending = pendingMigrations(known, records ?? []);
  if (!pending.ok) return pending;
  const [next] = pending.value;
  if (next === undefined) return succeeded(null);
  try {
    await tx.executeQuery(plain(next.sql));
  } catch (error) {
    if (sqlState(error) === null) throw error;
    return failed(
      "STORE_MIGRATIONS",
      `the migration \`${next.name}\` failed: ${textOf(error)}`,
      "mend what the message names (rights of the user, a table of another program) and start again",
    );
  }
  const { version, name, sha256, minSafeVersion: min_safe_version } = next;
  await tx
    .insertInto("schema_migration")
    .values({ version, name, sha256, min_safe_version, applied_at: now })
    .execute();
  return succeeded(name);
}

async function readRecords(tx: Transaction): Promise<readonly MigrationRecord[] | null> {
  const { rows } = await tx.executeQuery<{ readonly there: boolean }>(
    plain("select to_regclass('schema_migration') is not null as there"),
  );
  if (rows[0]?.there !== true) return null;
  return await tx
    .selectFrom("schema_migration")
    .select(["version", "name", "sha256", "min_safe_version as minSafeVersion"])
    .orderBy("version")
    .execute();
}
