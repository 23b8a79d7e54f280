// SPDX-License-Identifier: Apache-2.0
import {
  type Appended,
  append as appendEntries,
  committer,
  failureOf,
  latestCheckpoint,
  type Result,
  type StoredCheckpoint,
  type Transaction,
} from "@interlock/store";
import { formatTlogProof, proveInclusion } from "@interlock/tlog";
import type { LedgerFailure, LedgerResult } from "./failure.ts";
import { type PublisherTerms, publisher } from "./publisher.ts";
import type { Prepared } from "./record.ts";
import { treeAround } from "./tree.ts";
import { cosigner, type WitnessAt } from "./witnesses.ts";

export type LedgerTerms = PublisherTerms & {
  readonly witnesses: readonly WitnessAt[];
  /** Between two checkpoints while entries come in, in milliseconds. */
  readonly periodMs: number;
  readonly fetch: typeof fetch;
  /** Told of everything that keeps the ledger from publishing; once for each change of the reason. */
  readonly onFailure: (failure: LedgerFailure) => void;
};

/**
 * The ledger of a server: durable entries, published checkpoints, proofs.
 *
 * INVARIANT (entry-first): `append` and `appendSoon` give an index only for what is in the database
 * together with its cause; no effect starts before that.
 */
export type Ledger = {
  /** Appends at the end of the caller's transaction, so that cause and entry are durable together. */
  readonly append: (
    tx: Transaction,
    entries: readonly Prepared[],
  ) => Promise<Result<readonly number[]>>;
  /** Appends entries that stand alone, in a transaction shared with whoever comes at the same time. */
  readonly appendSoon: (entries: readonly Prepared[]) => Promise<Appended>;
  /** Resolves with the first checkpoint over the entry, or with why none can be had in time. */
  readonly published: (index: number, withinMs: number) => Promise<LedgerResult<StoredCheckpoint>>;
  /** The `.tlog-proof` of an entry under the newest checkpoint. */
  readonly proof: (index: number) => Promise<LedgerResult<Uint8Array>>;
  /** Why nothing is published at the moment, or `null`. */
  readonly failure: () => LedgerFailure | null;
  /** Names of the witnesses that gave no cosignature when they were asked last. */
  readonly witnessesAway: () => readonly string[];
  /** Publishes what is there and stops. */
  readonly close: () => Promise<void>;
};

type Waiter = { readonly index: number; readonly done: (checkpoint: StoredCheckpoint) => void };

export function openLedger(terms: LedgerTerms): Ledger {
  const commits = committer(terms.store);
  const steps = publisher(terms);
  const witnesses = cosigner(terms);
  const waiters = new Set<Waiter>();
  let failure: LedgerFailure | null = null;

  const publish = async (): Promise<void> => {
    const outcome = await steps.step();
    const said = failure?.message;
    failure = outcome.ok ? null : outcome.failure;
    if (failure !== null && failure.message !== said) terms.onFailure(failure);
    if (!outcome.ok) return;
    for (const waiter of [...waiters].filter(({ index }) => index < outcome.value.size)) {
      waiters.delete(waiter);
      waiter.done(outcome.value);
    }
    await witnesses.cosign(outcome.value);
  };
  const publishOrSay = (): Promise<void> =>
    publish().catch((error: unknown) => {
      const said = failure?.message;
      failure = failureOf(error) ?? unforeseen(error);
      if (failure.message !== said) terms.onFailure(failure);
    });
  const rounds = inTurn(publishOrSay, terms.periodMs);

  return {
    append: (tx, entries) =>
      appendEntries(
        tx,
        entries.map(({ entry }) => entry),
      ),
    appendSoon: (entries) => commits.appendSoon(entries.map(({ entry }) => entry)),
    published: (index, withinMs) =>
      new Promise((resolve) => {
        const waiter: Waiter = {
          index,
          done: (value) => {
            clearTimeout(limit);
            resolve({ ok: true, value });
          },
        };
        const limit = setTimeout(() => {
          waiters.delete(waiter);
          resolve({ ok: false, failure: failure ?? LATE });
        }, withinMs);
        waiters.add(waiter);
      }),
    proof: (index) => proofOf(terms, index),
    failure: () => failure,
    witnessesAway: witnesses.away,
    close: async () => {
      await rounds.stop();
      await commits.close();
      await publishOrSay();
    },
  };
}

/**
 * Each round waits for the one before: where one takes longer than a period they would queue up, and
 * whoever stops them would have to wait for every one.
 */
function inTurn(
  round: () => Promise<void>,
  periodMs: number,
): { readonly stop: () => Promise<void> } {
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  const next = (): void => {
    const begun = performance.now();
    running = round().finally(() => {
      if (stopped) return;
      timer = setTimeout(next, Math.max(0, begun + periodMs - performance.now()));
      timer.unref();
    });
  };
  next();
  return {
    stop: async () => {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      await running;
    },
  };
}

const LATE: LedgerFailure = {
  code: "LEDGER_STALE",
  message: "no checkpoint over the entry was published in time",
  help: "ask again: the entry itself is durable",
};

const unforeseen = (error: unknown): LedgerFailure => ({
  code: "LEDGER_DAMAGED",
  message: `a checkpoint could not be made: ${error instanceof Error ? error.message : String(error)}`,
  help: "see the server's log; entries stay durable and are published when it works again",
});

async function proofOf({ store }: LedgerTerms, index: number): Promise<LedgerResult<Uint8Array>> {
  const checkpoint = await latestCheckpoint(store.db);
  if (checkpoint === null || index >= checkpoint.size) return { ok: false, failure: LATE };
  const hashes = await proveInclusion(
    index,
    checkpoint.size,
    treeAround(store.db, { head: checkpoint, index }).hashes,
  );
  if (!hashes.ok)
    return {
      ok: false,
      failure: {
        code: "LEDGER_DAMAGED",
        message: hashes.failure.message,
        help: "restore the tiles from a backup or from the entries",
      },
    };
  const note = new TextEncoder().encode(checkpoint.note);
  const proof = { untrustedExtra: null, index, hashes: hashes.value, checkpoint: note };
  return { ok: true, value: formatTlogProof(proof) };
}
