// SPDX-License-Identifier: Apache-2.0
import type { Rejection } from "@interlock/core";
import type { Digest } from "@interlock/digest";
import {
  type Database,
  entriesOfKindsAbout,
  HEARD_KINDS,
  type StoredEntry,
} from "@interlock/store";
import { ends } from "../approvals/ends.ts";
import { landedIn } from "../landings/landed.ts";
import type { Roster } from "../people/roster.ts";
import type { SignedStatement } from "./evidence.ts";
import { isSignedKind, type Verified, verifyStored } from "./verified.ts";

/** What people said about a content, as the ledger proves it. */
export type Heard = {
  /** Verified statements in the order of the ledger, those that were ended too. */
  readonly said: readonly SignedStatement[];
  /** Rejections that stand in the ledger and cannot be read: they hold all the same. */
  readonly unread: readonly Rejection[];
  /** Why it is not known which approvals still stand, or `null`. */
  readonly doubt: string | null;
  /** Index of the entry that the content landed last; `null`: the ledger knows of no landing. */
  readonly landed: number | null;
};

/** About a content that nobody could read nobody says anything. */
export const NOTHING_HEARD: Heard = { said: [], unread: [], doubt: null, landed: null };

/** Told of a signed entry that does not verify; somebody wrote to the database. */
export type Unverified = (entry: { readonly index: number; readonly says: string }) => void;

/** About one content: nobody needs so many, and each is verified once. */
const MOST = 512;
const REMEMBERED = 10_000;

/** So many signed entries about a content are read: with all of them there are too many. */
export const HEARING_LIMIT: number = MOST + 1;

export type Hearing = {
  (db: Database, digest: Digest, roster: Roster): Promise<Heard>;
  /** The same from entries that were read already: the first signed ones about the content, at most `HEARING_LIMIT`. */
  readonly of: (stored: readonly StoredEntry[], digest: Digest, roster: Roster) => Promise<Heard>;
};

/**
 * Hears what was signed about a content.
 *
 * INVARIANT (heard-from-ledger): an approval counts only if its entry in the ledger carries an
 * assertion that verifies with a key of the roster; what other tables say is never asked (IN5). What
 * is in the ledger and cannot be verified gives nothing and closes nothing.
 */
export function openHearing(onUnverified: Unverified): Hearing {
  const verified = new Map<string, Verified>();
  const told = new Set<number>();
  const verify = async (stored: StoredEntry, roster: Roster): Promise<Verified> => {
    // All that is taken from the row besides its body: another row is verified for itself.
    const id = `${stored.index} ${stored.kind} ${stored.at} ${stored.subject} ${hex(stored.leafHash)}`;
    const known = verified.get(id);
    if (known !== undefined) return known;
    const verdict = await verifyStored(stored, roster);
    if (!verdict.ok) {
      // Not remembered: the enrolment of its key may have come after the roster was read.
      if (told.size < REMEMBERED && !told.has(stored.index))
        onUnverified({ index: stored.index, says: verdict.says });
      told.add(stored.index);
      return verdict;
    }
    // That it verifies never changes: entry, enrolment and site are in the ledger before it.
    const [oldest] = verified.keys();
    if (verified.size >= REMEMBERED && oldest !== undefined) verified.delete(oldest);
    verified.set(id, verdict);
    return verdict;
  };
  const of: Hearing["of"] = async (stored, digest, roster) => {
    if (stored.length > MOST) return tooMany(digest);
    const said: SignedStatement[] = [];
    const unread: Rejection[] = [];
    let doubt: string | null = null;
    for (const entry of stored) {
      if (entry.kind === "landed") continue;
      const result = await verify(entry, roster);
      if (result.ok) said.push(statementOf(entry, result));
      else if (entry.kind === "rejection") unread.push(rejectionThatHolds(digest, entry));
      else if (entry.kind === "withdrawal")
        doubt = `entry ${entry.index} of the ledger takes something back and cannot be read: ${result.says}`;
    }
    return { said: withEnds(said), unread, doubt, landed: landedIn(stored) };
  };
  const hear = async (db: Database, subject: Digest, roster: Roster): Promise<Heard> => {
    const asked = { subject, kinds: HEARD_KINDS, limit: HEARING_LIMIT };
    return await of(await entriesOfKindsAbout(db, asked), subject, roster);
  };
  return Object.assign(hear, { of });
}

function tooMany(digest: Digest): Heard {
  const doubt = `the ledger has more than ${MOST} signatures about this content`;
  const rejection = { by: "unknown", digest, at: 0, reason: doubt, closed: false };
  return { said: [], unread: [rejection], doubt, landed: null };
}

const rejectionThatHolds = (digest: Digest, { index, at }: StoredEntry): Rejection => ({
  ...{ by: "unknown", digest, at, closed: false },
  reason: `entry ${index} of the ledger is a rejection that cannot be read any more`,
});

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function statementOf(
  { index, leafHash, kind, at }: StoredEntry,
  { signed, backupEligible }: Extract<Verified, { readonly ok: true }>,
): SignedStatement {
  if (!isSignedKind(kind)) throw new Error("invariant broken: a signed entry of another kind");
  const { statement, reason } = signed;
  const { person } = statement;
  const entry = hex(leafHash);
  return { index, entry, kind, person, at, statement, reason, backupEligible, ended: null };
}

/** What a later statement of the same person about the same change took back or replaced. */
function withEnds(said: readonly SignedStatement[]): readonly SignedStatement[] {
  return said.map((one) => {
    const later = said.find(
      ({ index, person, statement }) =>
        index > one.index &&
        person === one.person &&
        statement.change === one.statement.change &&
        ends(statement, one.kind, one.statement),
    );
    return later === undefined ? one : { ...one, ended: later.index };
  });
}
