// SPDX-License-Identifier: Apache-2.0
import { type Database, peopleEntries, type Store, type StoredEntry } from "@interlock/store";
import { bodyIn } from "../ledger/stored.ts";
import { fold, NOBODY_YET, type PeopleEntry, type Roster } from "./roster.ts";

/** Who people are and which keys are theirs, as the ledger has it. */
export type PeopleBook = {
  /**
   * The roster after every entry that a database or a transaction sees. What a transaction has
   * appended and not committed is not remembered.
   */
  readonly at: (db: Database) => Promise<Roster>;
  /** The newest roster that is remembered, as old as it may be. */
  readonly known: () => Roster;
  /** A roster after the entries about people that come next; they are committed, and none between is left out. */
  readonly after: (roster: Roster, entries: readonly StoredEntry[]) => Promise<Roster>;
};

/** Told of an entry that gives nobody anything; once for each. */
export type Unproven = (entry: { readonly index: number; readonly says: string }) => void;

const PAGE = 256;

/**
 * Reads the roster from the ledger and keeps it. Entries are never changed, so only new ones are
 * read; one small look at an index, when there is none.
 */
export function peopleBook(store: Pick<Store, "db">, onUnproven: Unproven): PeopleBook {
  let known = NOBODY_YET;
  let told = -1;
  const read = async (before: Roster, entries: readonly StoredEntry[]): Promise<Roster> => {
    let roster = before;
    for (const stored of entries) {
      const item = peopleEntryIn(stored);
      const folded =
        item === null
          ? {
              roster: { ...roster, upTo: stored.index },
              refused: "its body is not its leaf's, or was erased",
            }
          : await fold(roster, item);
      roster = folded.roster;
      if (folded.refused !== null && stored.index > told) {
        told = stored.index;
        onUnproven({ index: stored.index, says: folded.refused });
      }
    }
    return roster;
  };
  // Two may read at once; the one that saw more stays.
  const keep = (roster: Roster): Roster => {
    if (roster.upTo > known.upTo) known = roster;
    return roster;
  };
  const at = async (db: Database): Promise<Roster> => {
    let roster = known;
    for (;;) {
      const page = await peopleEntries(db, { from: roster.upTo + 1, limit: PAGE });
      roster = await read(roster, page);
      if (page.length < PAGE) break;
    }
    return db === store.db ? keep(roster) : roster;
  };
  return {
    at,
    known: () => known,
    after: async (roster, entries) => keep(await read(roster, entries)),
  };
}

const KINDS = [
  ...(["founding", "agreement", "person", "enrolment", "revocation"] as const),
  ...(["provisioned", "members", "teams-claimed", "emergency-key"] as const),
] as const;

/** An entry about people, with its body; `null`: it is none, was erased, or is not its leaf's. */
export function peopleEntryIn(
  stored: Pick<StoredEntry, "index" | "kind" | "leaf" | "body">,
): PeopleEntry | null {
  const kind = KINDS.find((one) => one === stored.kind);
  const read = kind === undefined ? null : bodyIn(kind, stored);
  // `bodyIn` gives the body of the kind that was asked for, which the compiler cannot tell of a union.
  return read === null ? null : ({ kind, index: stored.index, ...read } as PeopleEntry);
}
