// SPDX-License-Identifier: Apache-2.0
import type { Digest } from "@interlock/digest";
import {
  grouped,
  LOOK_UP_PAGE,
  type LookedUp,
  lookUp,
  type Sighting,
  type Store,
} from "@interlock/store";
import type { ExceptionsBook } from "../exceptions/book.ts";
import type { Exceptions } from "../exceptions/story.ts";
import { type JudgedBefore, judgedBefore } from "../landings/landed.ts";
import { bodyIn } from "../ledger/stored.ts";
import type { PeopleBook } from "../people/book.ts";
import type { Roster } from "../people/roster.ts";
import { HEARING_LIMIT, type Heard, type Hearing, NOTHING_HEARD } from "./hearing.ts";

/** A content on its way to one place; `null` where nobody could read the whole change. */
export type LookingAt = {
  readonly digest: Digest | null;
  readonly change: string;
  /** The ref that it is to land on, as the enforcement point saw it; `null`: nobody did. */
  readonly seen: Sighting | null;
};

/** What the ledger says of a change and of everybody, at one moment. */
export type Looked = {
  /** Index of the last entry there was. */
  readonly upTo: number;
  readonly roster: Roster;
  readonly exceptions: Exceptions;
  readonly heard: Heard;
  /** Time of the first decision about the change; `null` when there is none. */
  readonly firstSeenAt: number | null;
  /** Contents that the ref shows to have landed, which the ledger does not say yet. */
  readonly landings: readonly JudgedBefore[];
};

type Terms = {
  readonly store: Pick<Store, "db">;
  readonly book: PeopleBook;
  readonly exceptions: ExceptionsBook;
  readonly hearing: Hearing;
};

/** `null`: the ledger is shorter than it was, and stays no ledger to decide by until the server starts again. */
export type Look = (about: LookingAt) => Promise<Looked | null>;

/**
 * Looks at the ledger for many questions in one statement.
 *
 * INVARIANT (nothing-stale): what is remembered is only what entries up to an index say, and entries
 * never change; every look asks for all that came after it. A ledger that has become shorter is
 * another one: going on would miss what it says anew, and starting over would forget what was taken
 * out, such as a revocation.
 */
export function openLooking(terms: Terms): Look {
  const { store, book, exceptions } = terms;
  let seen = 0;
  let shorter = false;
  const look = async (about: readonly LookingAt[]): Promise<readonly (Looked | null)[]> => {
    const before = { roster: book.known(), exceptions: exceptions.known() };
    const found = await lookUp(store.db, {
      peopleFrom: before.roster.upTo + 1,
      exceptionsFrom: before.exceptions.upTo + 1,
      about: about.map(({ digest, ...rest }) => ({ digest: digest ?? "", ...rest })),
      signedLimit: HEARING_LIMIT,
    });
    shorter ||= found.size < seen;
    if (shorter) return about.map(() => null);
    seen = found.size;
    const now = await everybody(terms, before, found);
    return await Promise.all(about.map((each, i) => looked(terms, now, each, found.about[i])));
  };
  return grouped(look);
}

type Everybody = Pick<Looked, "upTo" | "roster" | "exceptions">;

/** People, incidents and debts; read on where one page did not hold what is new. */
async function everybody(
  { store: { db }, book, exceptions: ofLedger }: Terms,
  before: Pick<Looked, "roster" | "exceptions">,
  { size, people, exceptions: entries }: LookedUp,
): Promise<Everybody> {
  const upTo = size - 1;
  const read = await book.after(before.roster, people);
  const roster = people.length < LOOK_UP_PAGE ? read : await book.at(db);
  const exceptions =
    entries.length < LOOK_UP_PAGE
      ? await ofLedger.after(before.exceptions, { entries, upTo, roster })
      : await ofLedger.upTo(db, upTo, roster);
  return { upTo, roster, exceptions };
}

async function looked(
  { hearing }: Terms,
  now: Everybody,
  { digest, change, seen }: LookingAt,
  found: LookedUp["about"][number] | undefined,
): Promise<Looked> {
  const { signed = [], first = null, landings = [] } = found ?? {};
  const heard = digest === null ? NOTHING_HEARD : await hearing.of(signed, digest, now.roster);
  return {
    ...{ ...now, heard },
    firstSeenAt: digest === null ? null : firstSeen(first, digest, change),
    landings: seen === null ? [] : judgedBefore(landings, seen),
  };
}

/** By the leaf, which the row and its body have to fit: what does not has not been seen. */
function firstSeen(
  first: LookedUp["about"][number]["first"],
  digest: Digest,
  change: string,
): number | null {
  const read = first === null ? null : bodyIn("decision", first);
  return read?.entry.subject === digest && read.body.change === change ? read.entry.at : null;
}
