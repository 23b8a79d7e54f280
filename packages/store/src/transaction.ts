// SPDX-License-Identifier: Apache-2.0
import type { ControlledTransaction, Transaction as KyselyTransaction } from "kysely";
import { CommitUnknown, type Database } from "./driver.ts";
import { failed, type Result, type StoreFailure, succeeded } from "./failure.ts";
import { failureOf, isConflict } from "./sqlstate.ts";
import type { Tables } from "./tables.ts";

export type Transaction = KyselyTransaction<Tables>;

/** What became of a transaction. There are four answers, and a caller has to look at all of them. */
export type Outcome<T, F = never> =
  | { readonly kind: "committed"; readonly value: T }
  /** The work itself said no; everything was rolled back. */
  | { readonly kind: "refused"; readonly failure: F }
  /** The world said no; nothing was written. */
  | { readonly kind: "failed"; readonly failure: StoreFailure }
  /**
   * INVARIANT (commit-unknown): a COMMIT whose answer was lost is neither success nor failure. Find
   * out by something that the transaction wrote, such as `settle` of a ledger entry.
   */
  | { readonly kind: "unknown"; readonly failure: StoreFailure };

/** What the work of a transaction answers: `false` rolls back. */
export type Work<T, F> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: F };

/** Where waiting and chance come from. */
export type Chance = {
  readonly pause: (ms: number) => Promise<void>;
  /** At least 0, below 1. */
  readonly random: () => number;
};

export type TransactionTerms = {
  /**
   * `serializable` (the default) is right without locks and retried on conflicts. `read committed`
   * is for work that locks the rows which it decides upon.
   */
  readonly isolation?: "serializable" | "read committed";
  readonly attempts?: number;
};

const ATTEMPTS = 10;
const FIRST_WAIT_MS = 5;
const LONGEST_WAIT_MS = 500;

type Over = { readonly db: Database; readonly chance: Chance };

/**
 * Runs `work` in a transaction, again on conflicts with others; `work` may therefore run several times
 * and must do nothing but speak to the database. It uses `tx` alone: another connection inside of it
 * waits for ever on an engine with one session. What it throws besides failures of the database is
 * rolled back and thrown on.
 */
export async function transaction<T, F = never>(
  { db, chance }: Over,
  work: (tx: Transaction) => Promise<Work<T, F>>,
  terms: TransactionTerms = {},
): Promise<Outcome<T, F>> {
  const attempts = terms.attempts ?? ATTEMPTS;
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(db, work, terms);
    } catch (error) {
      if (error instanceof CommitUnknown) return uncertain(error);
      if (!isConflict(error) || attempt >= attempts) {
        const failure = failureOf(error);
        if (failure === null) throw error;
        return { kind: "failed", failure };
      }
      await chance.pause(waitBefore(attempt, chance.random()));
    }
  }
}

async function once<T, F>(
  db: Database,
  work: (tx: Transaction) => Promise<Work<T, F>>,
  terms: TransactionTerms,
): Promise<Outcome<T, F>> {
  const tx = await db
    .startTransaction()
    .setIsolationLevel(terms.isolation ?? "serializable")
    .execute();
  let answer: Work<T, F>;
  try {
    answer = await work(tx);
  } catch (error) {
    await rollBack(tx);
    throw error;
  }
  if (!answer.ok) {
    await rollBack(tx);
    return { kind: "refused", failure: answer.failure };
  }
  try {
    await tx.commit().execute();
  } catch (error) {
    // Nothing is left to roll back, but only this gives the session back to the pool.
    await rollBack(tx);
    throw error;
  }
  return { kind: "committed", value: answer.value };
}

/** A session that was lost needs no rollback: the server does that by itself. */
async function rollBack(tx: ControlledTransaction<Tables>): Promise<void> {
  try {
    await tx.rollback().execute();
  } catch (error) {
    if (failureOf(error) === null) throw error;
  }
}

function uncertain(error: Error): { readonly kind: "unknown"; readonly failure: StoreFailure } {
  const because = error.cause instanceof Error ? `: ${error.cause.message}` : "";
  const { failure } = failed(
    "STORE_UNCERTAIN",
    `${error.message}${because}; it may or may not have happened`,
    "look for what was to be written before doing it again",
  );
  return { kind: "unknown", failure };
}

/** Doubles with every attempt; half of it is chance, so that two that met do not meet again. */
export function waitBefore(attempt: number, chance: number): number {
  const full = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1));
  return full / 2 + (full / 2) * chance;
}

/** Runs reads outside of a transaction: each statement sees what is committed when it begins. */
export async function read<T>(
  { db }: Pick<Over, "db">,
  work: (db: Database) => Promise<T>,
): Promise<Result<T>> {
  try {
    return succeeded(await work(db));
  } catch (error) {
    const failure = failureOf(error);
    if (failure === null) throw error;
    return { ok: false, failure };
  }
}
