// SPDX-License-Identifier: Apache-2.0
import { type Database, read, type Store, type Transaction, transaction } from "@interlock/store";
import type { Answer, Refusal } from "../http/bind.ts";
import type { IdentitySettings } from "../identity/settings.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { PeopleBook } from "./book.ts";

/** Something that a person has to look at; nothing was allowed. */
export type Alert =
  /** A device-bound key may have been copied. */
  | { readonly kind: "counter-went-back"; readonly credential: string }
  /** An entry that nobody signed who had to: somebody wrote to the database. It counts for nothing. */
  | { readonly kind: "entry-unproven"; readonly index: number; readonly says: string }
  /** An issuer could not be asked; why may name hosts within, and stands here only. */
  | { readonly kind: "issuer-away"; readonly asked: string; readonly because: string }
  /** A target, a signal or a rollout does not work; `null`: it does again. */
  | { readonly kind: "control-plane"; readonly part: string; readonly says: string | null };

export type PeopleTerms = {
  readonly store: Store;
  readonly ledger: Pick<Ledger, "append">;
  readonly book: PeopleBook;
  /** Origin line of the log. */
  readonly ledgerName: string;
  /** Where people sign in, such as `https://interlock.example.com`. */
  readonly origin: string;
  /** How long a key enrolled after the founding cannot vouch or approve; fixed by the founding. */
  readonly cooldownMs: number;
  /** Models of authenticators that are not trusted (any more), 32 hexadecimal digits each. */
  readonly refusedAaguids: readonly string[];
  /** Which identity from outside counts. */
  readonly identity: IdentitySettings;
  /** With which identity providers are asked. */
  readonly fetch: typeof fetch;
  readonly now: () => number;
  readonly onAlert: (alert: Alert) => void;
};

/** What to fix at a founding when the settings say nothing: 24 hours. */
export const COOLDOWN_MS = 24 * 3_600_000;

/** Terms with what follows from the origin. */
export type SiteTerms = PeopleTerms & { readonly rpId: string };

/** What work inside a transaction answers; `keeps`: refused, and what was written stays. */
export type Worked<T> = Answer<T> | (Answer<T> & { readonly ok: false; readonly keeps: true });

export type Work = {
  readonly tx: Transaction;
  readonly now: number;
  readonly alert: (alert: Alert) => void;
};

/** Runs work in a transaction and gives whatever came of it as an answer; alerts go out at the end. */
export async function inTransaction<T>(
  terms: PeopleTerms,
  work: (within: Work) => Promise<Worked<T>>,
): Promise<Answer<T>> {
  let alerts: Alert[] = [];
  const outcome = await transaction<Answer<T>, Refusal>(terms.store, async (tx) => {
    alerts = [];
    const alert = (one: Alert) => {
      alerts.push(one);
    };
    const worked = await work({ tx, now: terms.now(), alert });
    if (worked.ok) return { ok: true, value: worked };
    const { failure } = worked;
    return "keeps" in worked ? { ok: true, value: { ok: false, failure } } : { ok: false, failure };
  });
  for (const alert of alerts) terms.onAlert(alert);
  return outcome.kind === "committed" ? outcome.value : { ok: false, failure: outcome.failure };
}

/** Reads, with a database that is away as an answer. */
export async function looked<T>(
  { store, now }: PeopleTerms,
  work: (db: Database, now: number) => Promise<Answer<T>>,
): Promise<Answer<T>> {
  const result = await read(store, (db) => work(db, now()));
  return result.ok ? result.value : { ok: false, failure: result.failure };
}

export const done = <T>(value: T): { readonly ok: true; readonly value: T } => ({
  ok: true,
  value,
});

export function refused(
  code: Refusal["code"],
  message: string,
  help: string,
): { readonly ok: false; readonly failure: Refusal } {
  return { ok: false, failure: { code, message, help } };
}

/** Refuses, and keeps what was written: a nonce that was shown is used up. */
export const refusedForGood = (
  failure: Refusal,
): { readonly ok: false; readonly failure: Refusal; readonly keeps: true } => ({
  ok: false,
  failure,
  keeps: true,
});
