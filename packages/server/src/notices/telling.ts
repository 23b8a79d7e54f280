// SPDX-License-Identifier: Apache-2.0
/** Tells receivers of what the ledger says, in its order, each entry until it was taken. */
import { randomBytes } from "node:crypto";
import { type EntryKind, isEntryKind } from "@interlock/core";
import {
  advanceCursor,
  type ClaimedCursor,
  claimCursor,
  entriesOfKinds,
  ledgerSize,
  read,
  releaseCursor,
  type Store,
  type StoredEntry,
  transaction,
} from "@interlock/store";
import { bodyIn } from "../ledger/stored.ts";
import { deliver, type Notice } from "./deliver.ts";
import { type Said, saying, TOLD_KINDS } from "./sentence.ts";
import type { Receiver } from "./settings.ts";

export type TellingTerms = {
  readonly store: Store;
  readonly receivers: readonly Receiver[];
  readonly origin: string;
  readonly now: () => number;
  readonly fetch: typeof fetch;
  readonly periodMs: number;
  /** Told when a receiver does not take a notice, and when the ledger cannot be read. */
  readonly onTrouble: (message: string) => void;
};

/** Entries looked at in one statement. */
const SPAN = 5_000;
/** Longer than one delivery may take; it begins again with each. */
const LEASE_MS = 60_000;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 900_000;

/**
 * Starts telling. A receiver is told at least once of each entry, in the ledger's order and by one
 * server at a time; one that takes nothing is tried again for ever and misses nothing. The ledger is
 * the source, so that a notice can be lost by no crash between an act and its telling.
 */
export function openTelling(terms: TellingTerms): { readonly close: () => Promise<void> } {
  const { receivers, periodMs, onTrouble } = terms;
  const waking = new Set<() => void>();
  let closed = false;
  const rounds = async (receiver: Receiver): Promise<void> => {
    while (!closed) {
      const why = await whyWaiting(terms, receiver, () => closed);
      if (why !== null) onTrouble(`notices to \`${receiver.name}\` wait: ${why}`);
      if (!closed) await paused(periodMs, waking);
    }
  };
  const running = receivers.map(rounds);
  return {
    close: async () => {
      closed = true;
      for (const wake of waking) wake();
      await Promise.all(running);
    },
  };
}

/** What a round throws is a bug, and no reason for a server that judges to end; it is told and tried again. */
async function whyWaiting(
  terms: TellingTerms,
  receiver: Receiver,
  closed: () => boolean,
): Promise<string | null> {
  try {
    const told = await read(terms.store, () => round(terms, receiver, closed));
    return told.ok ? null : told.failure.message;
  } catch (error) {
    const because = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `something failed that should not: ${because}`;
  }
}

function paused(ms: number, waking: Set<() => void>): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      waking.delete(end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    timer.unref();
    waking.add(end);
  });
}

/** One turn of one receiver, until it knows all there is or does not take something. */
async function round(
  terms: TellingTerms,
  receiver: Receiver,
  closed: () => boolean,
): Promise<void> {
  const cursor = await claimed(terms, receiver);
  if (cursor === null) return;
  const { store, now } = terms;
  const size = await ledgerSize(store.db);
  let { next, attempts } = cursor;
  while (next < size && !closed()) {
    const before = Math.min(size, next + SPAN);
    const given = { kinds: TOLD_KINDS, from: next, before };
    for (const entry of await entriesOfKinds(store.db, given)) {
      const why = await told(terms, receiver, entry);
      if (why !== null) return await postponed(terms, { ...cursor, attempts }, why);
      attempts = 0;
      if (!(await advanceCursor(store.db, cursor, until(entry.index + 1, now())))) return;
    }
    next = before;
    if (!(await advanceCursor(store.db, cursor, until(next, now())))) return;
  }
  await releaseCursor(store.db, cursor, { dueAt: now(), attempts: 0 });
}

const until = (next: number, now: number) => ({ next, until: now + LEASE_MS });

async function claimed(
  { store, now }: TellingTerms,
  { name }: Receiver,
): Promise<ClaimedCursor | null> {
  const lease = randomBytes(16).toString("hex");
  const size = await ledgerSize(store.db);
  const outcome = await transaction<ClaimedCursor | null>(
    store,
    async (tx) => ({
      ok: true,
      value: await claimCursor(tx, { name, lease, now: now(), leaseMs: LEASE_MS, size }),
    }),
    { isolation: "read committed" },
  );
  // Of an uncertain claim the lease ends by itself.
  return outcome.kind === "committed" ? outcome.value : null;
}

async function postponed(
  { store, now, onTrouble }: TellingTerms,
  cursor: ClaimedCursor,
  why: string,
): Promise<void> {
  // Said once, and not again with every attempt.
  if (cursor.attempts === 0)
    onTrouble(
      `\`${cursor.name}\` does not take notices: ${why}; it is tried again, nothing is lost`,
    );
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(cursor.attempts, 20));
  await releaseCursor(store.db, cursor, {
    dueAt: now() + pause,
    attempts: cursor.attempts + 1,
  });
}

/** `null` when it was taken, is about nothing that the receiver wants, or was erased. */
async function told(
  { origin, now, fetch }: TellingTerms,
  receiver: Receiver,
  entry: StoredEntry,
): Promise<string | null> {
  const said = saidOf(entry);
  if (said === null || !receiver.about.has(said.topic)) return null;
  const notice: Notice = {
    ...said,
    ...{ index: entry.index, kind: entry.kind, at: entry.at },
    entry: Buffer.from(entry.leafHash).toString("hex"),
  };
  return await deliver(receiver, notice, { origin, now: now(), fetch });
}

function saidOf(entry: StoredEntry): Said | null {
  return isEntryKind(entry.kind) ? saidAs(entry.kind, entry) : null;
}

function saidAs<K extends EntryKind>(kind: K, entry: StoredEntry): Said | null {
  const read = bodyIn(kind, entry);
  return read === null ? null : saying(kind, read.body);
}
