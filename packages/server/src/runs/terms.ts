// SPDX-License-Identifier: Apache-2.0
import type { Database, Store, Transaction } from "@interlock/store";
import { transaction } from "@interlock/store";
import type { Hearing } from "../gate/hearing.ts";
import type { Actor } from "../http/actor.ts";
import type { Answer, Refusal } from "../http/bind.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Prepared } from "../ledger/record.ts";
import type { PeopleBook } from "../people/book.ts";
import type { Roster } from "../people/roster.ts";
import { refused } from "../people/terms.ts";

export type RunTerms = {
  readonly store: Store;
  readonly ledger: Pick<Ledger, "append">;
  readonly book: PeopleBook;
  readonly hearing: Hearing;
  readonly now: () => number;
};

/** Runs work in a transaction and gives whatever came of it as an answer. */
export async function within<T>(
  { store }: Pick<RunTerms, "store">,
  work: (tx: Transaction) => Promise<Answer<T>>,
): Promise<Answer<T>> {
  const outcome = await transaction<T, Refusal>(store, async (tx) => {
    const answer = await work(tx);
    return answer.ok ? { ok: true, value: answer.value } : answer;
  });
  return outcome.kind === "committed"
    ? { ok: true, value: outcome.value }
    : { ok: false, failure: outcome.failure };
}

/** Appends one entry and gives its index. */
export async function appendOne(
  { ledger }: RunTerms,
  tx: Transaction,
  entry: Prepared,
): Promise<Answer<number>> {
  const appended = await ledger.append(tx, [entry]);
  if (!appended.ok) return appended;
  const [index] = appended.value;
  if (index === undefined) throw new Error("invariant broken: one entry has one index");
  return { ok: true, value: index };
}

/** Somebody who is active now; a session may be older than that. */
export async function activePerson(
  { book }: Pick<RunTerms, "book">,
  db: Database,
  person: string,
): Promise<Answer<Roster>> {
  const roster = await book.at(db);
  return roster.persons.get(person)?.active === true
    ? { ok: true, value: roster }
    : refused("NOT_ALLOWED", `\`${person}\` is no active person here`, "ask somebody who is");
}

export const unread = (says: string) =>
  refused("LEDGER_DAMAGED", says, "tell whoever keeps the server; nothing was recorded");

/** The access of these endpoints has let nobody else through. */
export function personOf(actor: Actor): string {
  if (actor.kind === "person" || actor.kind === "terminal") return actor.person;
  throw new Error("invariant broken: a person's endpoint without one");
}
