// SPDX-License-Identifier: Apache-2.0
import {
  type Database,
  exceptionEntries,
  ledgerSize,
  type Store,
  type StoredEntry,
} from "@interlock/store";
import type { PeopleBook, Unproven } from "../people/book.ts";
import type { Roster } from "../people/roster.ts";
import { type Exceptions, NO_EXCEPTIONS, tell } from "./story.ts";

/** Incidents and debts, as the ledger has them. */
export type ExceptionsBook = {
  /** After every entry up to an index at least; the roster is at least as new. */
  readonly upTo: (db: Database, index: number, roster: Roster) => Promise<Exceptions>;
  /** After every entry that there is. */
  readonly latest: (db: Database) => Promise<Exceptions>;
  /** The newest that are remembered, as old as they may be. */
  readonly known: () => Exceptions;
  /** Exceptions after the entries that come next, up to an index; they are committed, and none is left out. */
  readonly after: (exceptions: Exceptions, next: NextEntries) => Promise<Exceptions>;
};

type NextEntries = {
  readonly entries: readonly StoredEntry[];
  readonly upTo: number;
  readonly roster: Roster;
};

const PAGE = 256;

/** Reads them from the ledger and keeps them: entries never change, so only new ones are read. */
export function exceptionsBook(
  store: Pick<Store, "db">,
  people: PeopleBook,
  onUnproven: Unproven,
): ExceptionsBook {
  let known = NO_EXCEPTIONS;
  let told = -1;
  const read = async (
    before: Exceptions,
    entries: readonly StoredEntry[],
    roster: Roster,
  ): Promise<Exceptions> => {
    let exceptions = before;
    for (const stored of entries) {
      const next = await tell(exceptions, stored, roster);
      exceptions = next.exceptions;
      if (next.refused === null || stored.index <= told) continue;
      told = stored.index;
      onUnproven({ index: stored.index, says: next.refused });
    }
    return exceptions;
  };
  // Of two who read at once the one that saw more stays.
  const keep = (exceptions: Exceptions): Exceptions => {
    if (exceptions.upTo > known.upTo) known = exceptions;
    return exceptions;
  };
  const upTo: ExceptionsBook["upTo"] = async (db, index, roster) => {
    let exceptions = known;
    while (exceptions.upTo < index) {
      const from = exceptions.upTo + 1;
      const page = await exceptionEntries(db, { from, to: index, limit: PAGE });
      exceptions = await read(exceptions, page, roster);
      if (page.length < PAGE) exceptions = { ...exceptions, upTo: index };
    }
    // What a transaction has appended and not committed is not remembered.
    return db === store.db ? keep(exceptions) : exceptions;
  };
  return {
    upTo,
    latest: async (db) => {
      const index = (await ledgerSize(db)) - 1;
      return await upTo(db, index, await people.at(db));
    },
    known: () => known,
    after: async (exceptions, { entries, upTo: index, roster }) => {
      const read_ = await read(exceptions, entries, roster);
      return keep({ ...read_, upTo: Math.max(read_.upTo, index) });
    },
  };
}
