// SPDX-License-Identifier: Apache-2.0
import { type Database, plain } from "./driver.ts";
import type { StoreFailure } from "./failure.ts";
import { newerThan } from "./migrations.ts";
import { failureOf } from "./sqlstate.ts";

/** Whether this program may still use its database, which a newer one may have changed beneath it. */
export type Version = {
  /** Why it may not any more, as far as was looked; `null` while it may. Never `null` again after that. */
  readonly superseded: () => StoreFailure | null;
  /** Takes note of the version that the database asks for at least. */
  readonly asks: (minSafeVersion: number) => StoreFailure | null;
  /** Looks now. A database that does not answer says nothing of its version. */
  readonly look: () => Promise<StoreFailure | null>;
  readonly stop: () => void;
};

/** Looks every so often; `known`: how many migrations this program has. */
export function watchVersion(db: Database, known: number, everyMs: number): Version {
  let failure: StoreFailure | null = null;
  const asks = (minSafeVersion: number): StoreFailure | null => {
    if (minSafeVersion > known) failure ??= newerThan(known, "a newer program");
    return failure;
  };
  const look = async (): Promise<StoreFailure | null> => {
    try {
      const { rows } = await db.executeQuery<{ readonly asked: number | null }>(plain(MIN_SAFE));
      return asks(rows[0]?.asked ?? 0);
    } catch (error) {
      if (failureOf(error) === null) throw error;
      return failure;
    }
  };
  // What went wrong otherwise, such as a store that closes, meets whoever asks it next.
  const timer = setInterval(() => void look().catch(() => undefined), everyMs);
  timer.unref();
  return { superseded: () => failure, asks, look, stop: () => clearInterval(timer) };
}

const MIN_SAFE = "select max(min_safe_version) as asked from schema_migration";
