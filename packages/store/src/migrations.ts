// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { failed, type Result, type StoreFailure, succeeded, textOf } from "./failure.ts";

/** One file of `sql/`. Versions begin at 1 and have no gap. */
export type Migration = {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  /** Of the file's bytes, lower-case hexadecimal. */
  readonly sha256: string;
  /** Programs that know only migrations below this one must not use the database after it. */
  readonly minSafeVersion: number;
};

/** What the database says about a migration that ran. */
export type MigrationRecord = Omit<Migration, "sql">;

/** The migrations of this program. */
export const MIGRATIONS_FOLDER: URL = new URL("../sql/", import.meta.url);

const FILE = /^([0-9]{6})_([a-z0-9_]{1,60})\.sql$/;
const MIN_SAFE = /^-- min-safe-version: ([0-9]{1,6})$/m;

/** Reads the migrations of a folder in their order. */
export function readMigrations(folder: URL): Result<readonly Migration[]> {
  const migrations: Migration[] = [];
  try {
    for (const file of readdirSync(folder).sort()) {
      const [, digits, name] = FILE.exec(file) ?? [];
      if (digits === undefined || name === undefined)
        return broken(`\`${file}\` is not named \`NNNNNN_name.sql\``);
      const bytes = readFileSync(new URL(file, folder));
      const sql = bytes.toString("utf8");
      const minSafe = MIN_SAFE.exec(sql)?.[1];
      if (minSafe === undefined)
        return broken(`\`${file}\` has no line \`-- min-safe-version: N\``);
      migrations.push({
        version: Number(digits),
        name,
        sql,
        sha256: createHash("sha256").update(bytes).digest("hex"),
        minSafeVersion: Number(minSafe),
      });
    }
  } catch (error) {
    return broken(textOf(error));
  }
  const gap = migrations.find(({ version }, index) => version !== index + 1);
  if (gap !== undefined) return broken(`the one before \`${nameOf(gap)}\` is missing`);
  const ahead = migrations.find(({ version, minSafeVersion }) => minSafeVersion > version);
  if (ahead !== undefined)
    return broken(`\`${nameOf(ahead)}\` asks for a program newer than itself`);
  return succeeded(migrations);
}

function broken(because: string): Result<never> {
  return failed(
    "STORE_MIGRATIONS",
    `the migrations of this program are damaged: ${because}`,
    "install Interlock again",
  );
}

/** What is still to run on a database with these records, or why this program must not touch it. */
export function pendingMigrations(
  known: readonly Migration[],
  records: readonly MigrationRecord[],
): Result<readonly Migration[]> {
  const ran = [...records].sort((a, b) => a.version - b.version);
  const newest = known.length;
  for (const [index, record] of ran.entries()) {
    if (record.version !== index + 1)
      return failed(
        "STORE_MIGRATIONS",
        `the database says that \`${nameOf(record)}\` ran, but not the one before it`,
        "restore the database from a backup",
      );
    if (record.minSafeVersion > newest)
      return { ok: false, failure: newerThan(newest, `\`${nameOf(record)}\``) };
    const migration = known[index];
    if (migration === undefined) continue;
    if (migration.sha256 !== record.sha256 || migration.name !== record.name)
      return failed(
        "STORE_MIGRATIONS",
        `\`${nameOf(record)}\` ran with SHA-256 ${record.sha256}, here it is \`${nameOf(migration)}\` with ${migration.sha256}`,
        "install the version of Interlock that this database was used with",
      );
  }
  return succeeded(known.slice(ran.length));
}

/** Why a program that knows so many migrations must not use a database any more. */
export const newerThan = (known: number, changedBy: string): StoreFailure =>
  failed(
    "STORE_NEWER",
    `the database was changed by ${changedBy}, which this program (${known}) does not know and must not work beside`,
    "install the version of Interlock that made the change, or a newer one",
  ).failure;

function nameOf({ version, name }: Pick<Migration, "version" | "name">): string {
  return `${String(version).padStart(6, "0")}_${name}`;
}
