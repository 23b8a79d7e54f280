// SPDX-License-Identifier: Apache-2.0
/** Does what is wanted, one subject at a time, on as many servers as there are. */
import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import {
  type ClaimedJob,
  claimJob,
  finishJob,
  postponeJob,
  read,
  renewJob,
  type Store,
  type Transaction,
  transaction,
} from "@interlock/store";
import type { ForgeFailure } from "./failure.ts";

/** `again`: when to look again by itself, or `null`. `save` is written together with the job's end. */
export type JobDone =
  | {
      readonly kind: "done";
      readonly again: number | null;
      readonly save?: (tx: Transaction) => Promise<void>;
    }
  | { readonly kind: "later"; readonly says: string; readonly at: number | null };

/** What a forge did not let us do is tried again, when it says or a little later each time. */
export const later = ({ says, until }: ForgeFailure): JobDone => ({
  kind: "later",
  ...{ says, at: until },
});

export const DATABASE_AWAY: JobDone = { kind: "later", says: "the database is away", at: null };

export type RunnerTerms = {
  readonly store: Store;
  readonly forge: string;
  readonly now: () => number;
  readonly work: (job: ClaimedJob) => Promise<JobDone>;
  readonly onTrouble: (message: string) => void;
  readonly pollMs: number;
};

export type Runner = {
  /** Something is to do now. */
  readonly poke: () => void;
  /** Lets what is under way end. */
  readonly close: () => Promise<void>;
};

/** The work of one job waits for the forge and for git; two at once leave the processors to the gate. */
const AT_ONCE = 2;
const LEASE_MS = 120_000;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 900_000;

/** Starts working. What a job throws is a bug; it is told, and the job is tried again later. */
export function openRunner(terms: RunnerTerms): Runner {
  const stopping = new AbortController();
  let wake: (() => void) | null = null;
  const poke = () => wake?.();
  const idle = async (): Promise<void> => {
    const awake = new AbortController();
    wake = () => awake.abort();
    const ended = () => awake.abort();
    stopping.signal.addEventListener("abort", ended);
    // Ends early when somebody pokes; that is no error.
    await pause(terms.pollMs, undefined, { signal: awake.signal, ref: false }).catch(
      () => undefined,
    );
    stopping.signal.removeEventListener("abort", ended);
  };
  const worker = async (): Promise<void> => {
    while (!stopping.signal.aborted) if (!(await runOne(terms))) await idle();
  };
  const workers = Array.from({ length: AT_ONCE }, worker);
  return {
    poke,
    close: async () => {
      stopping.abort();
      await Promise.all(workers);
    },
  };
}

/** `false` when nothing was due, or the database is away. */
async function runOne(terms: RunnerTerms): Promise<boolean> {
  const { store, forge, now } = terms;
  const lease = randomBytes(16).toString("hex");
  const claimed = await transaction<ClaimedJob | null>(
    store,
    async (tx) => ({
      ok: true,
      value: await claimJob(tx, { forge, now: now(), leaseMs: LEASE_MS, lease }),
    }),
    { isolation: "read committed" },
  );
  // Of an uncertain claim the lease ends by itself.
  if (claimed.kind !== "committed" || claimed.value === null) return false;
  const job = claimed.value;
  const held = setInterval(() => void renew(terms, job), LEASE_MS / 3);
  try {
    await settle(terms, job, await attempt(terms, job));
  } finally {
    clearInterval(held);
  }
  return true;
}

/** A renewal that fails lets the lease end: another server then does the work again, which is harmless. */
async function renew({ store, now }: RunnerTerms, job: ClaimedJob): Promise<void> {
  await read(store, (db) => renewJob(db, job, now() + LEASE_MS));
}

async function attempt({ work }: RunnerTerms, job: ClaimedJob): Promise<JobDone> {
  try {
    return await work(job);
  } catch (error) {
    const because = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { kind: "later", says: `something failed that should not: ${because}`, at: null };
  }
}

async function settle(terms: RunnerTerms, job: ClaimedJob, done: JobDone): Promise<void> {
  const { store, now, onTrouble } = terms;
  if (done.kind === "later") {
    onTrouble(`${job.forge} ${job.repository} ${job.subject}: ${done.says}`);
    const dueAt = done.at ?? now() + pauseAfter(job.attempts);
    await read(store, (db) => postponeJob(db, job, dueAt));
    return;
  }
  const ended = await transaction(
    store,
    async (tx) => {
      await done.save?.(tx);
      await finishJob(tx, job, done.again);
      return { ok: true, value: null };
    },
    { isolation: "read committed" },
  );
  // What was not written is done again when the lease ends.
  if (ended.kind !== "committed")
    onTrouble(
      `${job.subject}: ${ended.kind === "refused" ? "it was refused" : ended.failure.message}`,
    );
}

const pauseAfter = (attempts: number): number =>
  Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempts, 20));
