// SPDX-License-Identifier: Apache-2.0
/**
 * What all rollouts that a server drives ask of the database goes there together: what comes while a
 * statement is under way waits for the next one, so that a thousand rollouts cost as many commits as
 * the database has time for.
 */
import { type Database, type DriverStep, failureOf, saveSteps } from "@interlock/store";
import { recordSteps, type Stepped, type ToRecord } from "./stepping.ts";
import type { Append, DriverTerms, Notify } from "./terms.ts";

/** Saves a step; `false`: it was made from another state, or the lease is another's. */
export type Saver = (step: DriverStep) => Promise<boolean>;

/** Writes the entry that an effect asks for, with the step that follows from it. */
export type Recorder = (
  mine: Pick<ToRecord, "id" | "lease">,
  effect: Append | Notify,
) => Promise<Stepped>;

const STEPS_MAX = 200;
/** Their rows are locked, and nobody else appends, until all of them are written. */
const ENTRIES_MAX = 25;
/** Characters of the states in one statement. */
const CHARS_MAX = 4_000_000;

export function saverOf(db: Database): Saver {
  const saveAll = async (steps: readonly DriverStep[]): Promise<readonly boolean[]> => {
    const ids = await saveSteps(db, steps);
    return steps.map(({ id }) => ids.has(id));
  };
  return together(saveAll, { most: STEPS_MAX, size: ({ state }) => state.length });
}

export function recorderOf(terms: Pick<DriverTerms, "store" | "ledger" | "now">): Recorder {
  const record = together((asked: readonly ToRecord[]) => recordSteps(terms, asked), {
    ...{ most: ENTRIES_MAX, size: () => 0 },
  });
  return (mine, effect) => record({ ...mine, effect });
}

type Waiting<T, R> = {
  readonly one: T;
  readonly answer: (result: R) => void;
  readonly fail: (error: unknown) => void;
};

function together<T, R>(
  work: (all: readonly T[]) => Promise<readonly R[]>,
  limits: { readonly most: number; readonly size: (one: T) => number },
): (one: T) => Promise<R> {
  const waiting: Waiting<T, R>[] = [];
  let busy = false;
  const flush = async (): Promise<void> => {
    busy = true;
    while (waiting.length > 0) await settle(work, waiting.splice(0, countOf(waiting, limits)));
    busy = false;
  };
  return (one) =>
    new Promise((answer, fail) => {
      waiting.push({ one, answer, fail });
      if (!busy) void flush();
    });
}

function countOf<T, R>(
  waiting: readonly Waiting<T, R>[],
  { most, size }: { readonly most: number; readonly size: (one: T) => number },
): number {
  let chars = 0;
  const full = waiting.slice(0, most).findIndex(({ one }) => {
    chars += size(one);
    return chars > CHARS_MAX;
  });
  return full < 0 ? most : Math.max(1, full);
}

async function settle<T, R>(
  work: (all: readonly T[]) => Promise<readonly R[]>,
  batch: readonly Waiting<T, R>[],
): Promise<void> {
  try {
    const results = await work(batch.map(({ one }) => one));
    for (const [at, { answer, fail }] of batch.entries()) {
      const result = results[at];
      if (result === undefined) fail(new Error("invariant broken: one answer for each"));
      else answer(result);
    }
  } catch (error) {
    // What the database says of itself holds for all of them; anything else is the fault of one.
    if (batch.length > 1 && failureOf(error) === null)
      for (const one of batch) await settle(work, [one]);
    else for (const { fail } of batch) fail(error);
  }
}
