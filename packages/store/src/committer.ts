// SPDX-License-Identifier: Apache-2.0
import { failed, type StoreFailure } from "./failure.ts";
import { append, checkEntries, type NewEntry, settle } from "./ledger.ts";
import { isDuplicate, unreachable } from "./sqlstate.ts";
import type { Store } from "./store.ts";
import { type Outcome, transaction, waitBefore } from "./transaction.ts";

export type CommitterLimits = {
  /** Of one transaction; a caller's entries stay together. */
  readonly entries: number;
  readonly bytes: number;
  /** Of everything that waits; beyond it callers are refused at once. */
  readonly waitingBytes: number;
};

const LIMITS: CommitterLimits = { entries: 2_000, bytes: 4 << 20, waitingBytes: 64 << 20 };
/** Rows and indexes cost about this much besides what an entry carries. */
const ENTRY_BYTES = 200;
/** About four seconds, in which a server that failed over or restarted comes back. */
const SETTLE_ATTEMPTS = 10;
const SETTLE_PATIENCE = 6;

/** What became of one caller's entries. `unknown` is as in `Outcome`. */
export type Appended = Outcome<readonly number[], StoreFailure>;

/** Appends entries of many callers in few transactions. */
export type Committer = {
  /** Resolves once the entries are durable, with their indexes, or with why they are not there. */
  readonly appendSoon: (entries: readonly NewEntry[]) => Promise<Appended>;
  /** Refuses new callers and waits for those that are there. */
  readonly close: () => Promise<void>;
};

type Caller = {
  readonly entries: readonly NewEntry[];
  readonly bytes: number;
  readonly answer: (appended: Appended) => void;
  readonly fail: (error: unknown) => void;
};

/**
 * Group commit: whoever comes while a transaction is under way shares the next one, which begins as
 * soon as that has ended; there is no fixed delay.
 */
export function committer(store: Store, limits: CommitterLimits = LIMITS): Committer {
  const queue: Caller[] = [];
  let waitingBytes = 0;
  let running: Promise<void> | null = null;
  let closed = false;

  const run = async (): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue.splice(0, fitting(queue, limits));
      try {
        await commitBatch(store, batch);
      } catch (error) {
        // A caller that was answered already is not touched by this.
        for (const { fail } of batch) fail(error);
      }
      for (const { bytes } of batch) waitingBytes -= bytes;
    }
    running = null;
  };

  return {
    appendSoon: (entries) => {
      const checked = checkEntries(entries);
      if (!checked.ok) return Promise.resolve({ kind: "refused", failure: checked.failure });
      if (closed) return Promise.resolve({ kind: "refused", failure: CLOSED.failure });
      const bytes = entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
      if (waitingBytes + bytes > limits.waitingBytes && waitingBytes > 0)
        return Promise.resolve({ kind: "refused", failure: BUSY.failure });
      waitingBytes += bytes;
      return new Promise((answer, fail) => {
        queue.push({ entries, bytes, answer, fail });
        running ??= Promise.resolve().then(run);
      });
    },
    close: async () => {
      closed = true;
      await running;
    },
  };
}

const CLOSED = failed("STORE_BUSY", "the ledger is closing", "try again when the server is back");
const BUSY = failed(
  "STORE_BUSY",
  "more entries wait for the ledger than may",
  "try again a little later",
);

function sizeOf({ leaf, body }: NewEntry): number {
  return ENTRY_BYTES + leaf.length + (body === null ? 0 : body.text.length);
}

/** How many callers from the front share a transaction; one at least. */
function fitting(queue: readonly Caller[], limits: CommitterLimits): number {
  let entries = 0;
  let bytes = 0;
  for (const [at, caller] of queue.entries()) {
    entries += caller.entries.length;
    bytes += caller.bytes;
    if (at > 0 && (entries > limits.entries || bytes > limits.bytes)) return at;
  }
  return queue.length;
}

/** Answers every caller of a batch. What the database refuses of many is tried one by one. */
async function commitBatch(store: Store, batch: readonly Caller[]): Promise<void> {
  let outcome: Appended;
  try {
    outcome = await commitOnce(store, batch);
  } catch (error) {
    if (batch.length > 1) await eachAlone(store, batch);
    else await answerRefused(store, batch, error);
    return;
  }
  if (outcome.kind === "refused" && batch.length > 1) {
    await eachAlone(store, batch);
    return;
  }
  if (outcome.kind === "unknown") outcome = (await settleBatch(store, batch)) ?? outcome;
  store.onPoint("answer.before");
  let first = 0;
  for (const { entries, answer } of batch) {
    const end = first + entries.length;
    answer(
      outcome.kind === "committed"
        ? { kind: "committed", value: outcome.value.slice(first, end) }
        : outcome,
    );
    first = end;
  }
}

async function eachAlone(store: Store, batch: readonly Caller[]): Promise<void> {
  for (const caller of batch) await commitBatch(store, [caller]);
}

function commitOnce(store: Store, batch: readonly Caller[]): Promise<Appended> {
  return transaction(
    store,
    async (tx) => {
      store.onPoint("append.before");
      const appended = await append(
        tx,
        batch.flatMap(({ entries }) => entries),
      );
      store.onPoint("append.after");
      return appended;
    },
    { isolation: "read committed" },
  );
}

/** Entries that are there already were sent again: that is what their sender wanted to know. */
async function answerRefused(
  store: Store,
  batch: readonly Caller[],
  error: unknown,
): Promise<void> {
  const [caller] = batch;
  if (caller === undefined) return;
  if (!isDuplicate(error)) {
    caller.fail(error);
    return;
  }
  caller.answer(
    (await settleBatch(store, batch)) ?? {
      kind: "refused",
      failure: failed(
        "LEDGER_INVALID",
        "some of the entries are in the ledger already, others are not",
        "send only those that are not",
      ).failure,
    },
  );
}

/**
 * What became of a batch by looking: it is there as a whole, or not at all and can no longer come.
 * `null` when the database does not answer, or has a part.
 */
async function settleBatch(store: Store, batch: readonly Caller[]): Promise<Appended | null> {
  const hashes = batch.flatMap(({ entries }) => entries.map(({ leafHash }) => leafHash));
  for (let attempt = 1; attempt <= SETTLE_ATTEMPTS; attempt++) {
    const outcome = await transaction(
      store,
      async (tx) => ({ ok: true, value: await settle(tx, hashes) }),
      { isolation: "read committed" },
    );
    if (outcome.kind === "committed") return asWhole(outcome.value);
    await store.chance.pause(waitBefore(attempt + SETTLE_PATIENCE, store.chance.random()));
  }
  return null;
}

function asWhole(indexes: readonly (number | null)[]): Appended | null {
  const there = indexes.filter((index) => index !== null);
  if (there.length === indexes.length) return { kind: "committed", value: there };
  if (there.length > 0) return null;
  return {
    kind: "failed",
    failure: unreachable("the connection was lost before the entries were written"),
  };
}
