// SPDX-License-Identifier: Apache-2.0
import { setTimeout as pause } from "node:timers/promises";
import { type CommitPoint, type Database, databaseOver, plain } from "./driver.ts";
import { type Engine, openEmbedded } from "./embedded/embedded.ts";
import { type Result, type StoreFailure, succeeded } from "./failure.ts";
import { migrate } from "./migrate.ts";
import { MIGRATIONS_FOLDER, readMigrations } from "./migrations.ts";
import { ANSWER_MS, openPostgres } from "./postgres.ts";
import { failureOf } from "./sqlstate.ts";
import type { Chance } from "./transaction.ts";
import { type Version, watchVersion } from "./version.ts";

/** Where the data lives: a directory of our own, or a Postgres server. */
export type Place = { readonly directory: string } | { readonly url: string };

/** A moment between two steps, for tests that kill the process there. */
export type StorePoint = CommitPoint | "append.before" | "append.after" | "answer.before";

/** An open, migrated store. */
export type Store = {
  readonly engine: "embedded" | "postgres";
  readonly db: Database;
  readonly chance: Chance;
  readonly onPoint: (point: StorePoint) => void;
  /** Why the engine stopped for good, or `null`; a server ends itself then. */
  readonly lost: () => string | null;
  /** Whether a newer program has changed the database so that this one may not use it. */
  readonly version: Version;
  /** What a server's own background does for itself; to be called about once an hour. */
  readonly upkeep: () => Promise<StoreFailure | null>;
  readonly close: () => Promise<void>;
};

/** What a store takes from outside; each has a real default. */
export type StoreTerms = {
  readonly now?: () => number;
  readonly chance?: Chance;
  readonly onPoint?: (point: StorePoint) => void;
  /** Clients of the pool on Postgres. */
  readonly clients?: number;
  /** How long an answer of a Postgres server is waited for. */
  readonly answerMs?: number;
  readonly migrations?: URL;
  readonly beatMs?: number;
  readonly worker?: URL;
  /** Between two looks at the version that the database asks for, in milliseconds. */
  readonly versionMs?: number;
};

const VERSION_MS = 2_000;

/** Opens and migrates the store. */
export async function openStore(place: Place, terms: StoreTerms = {}): Promise<Result<Store>> {
  const now = terms.now ?? Date.now;
  const chance = terms.chance ?? { pause: (ms) => pause(ms), random: Math.random };
  const known = readMigrations(terms.migrations ?? MIGRATIONS_FOLDER);
  if (!known.ok) return known;
  const opened =
    "url" in place
      ? await openPostgres(place.url, terms.clients)
      : await openEmbedded(place.directory, {
          now,
          pause: chance.pause,
          ...(terms.beatMs === undefined ? {} : { beatMs: terms.beatMs }),
          ...(terms.worker === undefined ? {} : { worker: terms.worker }),
        });
  if (!opened.ok) return opened;
  const engine = opened.value;
  const onPoint = terms.onPoint ?? (() => undefined);
  const patient = databaseOver(engine.pool, { onPoint, answerMs: 0, sessions: false });
  const migrated = await migrate({ db: patient, chance, now }, known.value);
  if (!migrated.ok) {
    await engine.close();
    return migrated;
  }
  const kind = "url" in place ? "postgres" : "embedded";
  const close = once(engine);
  const answerMs = terms.answerMs ?? ANSWER_MS;
  const limited = () => databaseOver(engine.pool, { onPoint, answerMs, sessions: true });
  const db = kind === "postgres" ? limited() : patient;
  const version = watchVersion(db, known.value.length, terms.versionMs ?? VERSION_MS);
  return succeeded({
    engine: kind,
    db,
    chance,
    onPoint,
    version,
    lost: engine.lost,
    upkeep: () => (kind === "embedded" ? vacuum(db) : Promise.resolve(null)),
    close: () => {
      version.stop();
      return close();
    },
  });
}

/** The embedded engine has no autovacuum: without this, tables grow and erased bodies stay on disk. */
async function vacuum(db: Database): Promise<StoreFailure | null> {
  try {
    await db.executeQuery(plain("vacuum (analyze)"));
    return null;
  } catch (error) {
    const failure = failureOf(error);
    if (failure === null) throw error;
    return failure;
  }
}

function once(engine: Engine): () => Promise<void> {
  let closing: Promise<void> | null = null;
  return () => {
    closing ??= engine.close();
    return closing;
  };
}
