// SPDX-License-Identifier: Apache-2.0
import { availableParallelism } from "node:os";
import { type HistoryFile, historyIndex, measure, observe } from "@interlock/facts";
import { riskOf } from "../judge/risk.ts";
import type { BacktestLine } from "./line.ts";
import { type Plan, planOf } from "./plan.ts";
import { startThreads } from "./threads.ts";

export type BacktestOptions = {
  readonly repo: string;
  readonly range?: string;
  /** Only commits at most so old, in milliseconds before the newest. */
  readonly lastMs?: number;
  readonly policy?: string;
  /** Only these rules, alone: nothing else judges, and nothing is covered. */
  readonly only?: readonly string[];
  readonly jobs?: number;
  readonly onProgress?: (done: number, total: number) => void;
  /** Oldest commit first, as soon as everything before it is judged. */
  readonly onLine: (line: BacktestLine) => void;
  /** Resolves when the reader of the lines can take more; awaited between two stretches. */
  readonly room?: () => Promise<void>;
  /** Ends the run early: what was judged until then is still given to `onLine`. */
  readonly stop?: AbortSignal;
};

export type BacktestResult = {
  readonly judged: number;
  readonly total: number;
  /** Where the policy came from, for people. */
  readonly origin: string;
};

/** A part of the history for one thread, oldest commit first. */
export type Stretch = Plan["base"] & { readonly commits: readonly string[] };

export type HistoryPart = {
  readonly line: Omit<BacktestLine, "risk">;
  readonly authorKey: string;
  readonly files: readonly HistoryFile[];
  readonly filesCut: boolean;
};

/** Small enough that all threads end together, large enough that starting git costs nothing. */
const STRETCH = 250;
const STRETCH_MIN = 40;
/** Stretches judged ahead of the one whose turn it is: a slow one must not fill memory with others. */
const AHEAD = 16;

/** Judges a history on all cores. Only what still waits for its turn is held in memory. */
export async function backtest(options: BacktestOptions): Promise<BacktestResult> {
  const { commits, base, complete, origin } = await planOf(options);
  const jobs = options.jobs ?? availableParallelism();
  const stretches = inStretches(commits, base, jobs);
  const inOrder = orderly(stretches.length, complete, options.onLine);
  const threads = startThreads(Math.min(jobs, Math.max(1, stretches.length)));
  const isStopped = () => options.stop?.aborted === true;
  const stopped = new Promise<void>((done) =>
    options.stop?.addEventListener("abort", () => done(), { once: true }),
  );
  let next = 0;
  let judged = 0;
  const lane = async (): Promise<void> => {
    for (let i = next++; i < stretches.length; i = next++) {
      const stretch = stretches[i];
      await Promise.race([inOrder.near(i), stopped]);
      await Promise.race([options.room?.(), stopped]);
      if (stretch === undefined || isStopped()) return;
      await threads.judge(stretch, (parts) => {
        inOrder.add(i, parts);
        judged += parts.length;
        options.onProgress?.(judged, commits.length);
      });
      if (!isStopped()) inOrder.ended(i);
    }
  };
  options.stop?.addEventListener("abort", threads.stop, { once: true });
  try {
    await Promise.all(Array.from({ length: threads.count }, lane));
    inOrder.flush();
  } finally {
    options.stop?.removeEventListener("abort", threads.stop);
    await threads.close();
  }
  return { judged, total: commits.length, origin };
}

function inStretches(
  commits: readonly string[],
  base: Plan["base"],
  jobs: number,
): readonly Stretch[] {
  const size = Math.min(STRETCH, Math.max(STRETCH_MIN, Math.ceil(commits.length / (2 * jobs))));
  const stretches: Stretch[] = [];
  for (let i = 0; i < commits.length; i += size)
    stretches.push({ ...base, commits: commits.slice(i, i + size) });
  return stretches;
}

/** The score needs the past of every commit, so it is measured in order, whoever judged it when. */
function orderly(count: number, complete: boolean, onLine: (line: BacktestLine) => void) {
  const waiting = new Map<number, HistoryPart[]>();
  const over = new Set<number>();
  const asleep = new Set<() => void>();
  const index = historyIndex({ complete });
  let turn = 0;
  const give = (parts: readonly HistoryPart[]) => {
    for (const { line, authorKey, files, filesCut } of parts) {
      const commit = { authorKey, timeMs: line.at, subject: line.subject, files, filesCut };
      const measured = measure(index, commit);
      observe(index, commit);
      onLine({ ...line, risk: riskOf(measured.values) });
    }
  };
  const taken = (stretch: number): readonly HistoryPart[] => {
    const parts = waiting.get(stretch) ?? [];
    waiting.delete(stretch);
    return parts;
  };
  return {
    add: (stretch: number, parts: readonly HistoryPart[]) => {
      if (stretch === turn) give(parts);
      else waiting.set(stretch, [...(waiting.get(stretch) ?? []), ...parts]);
    },
    ended: (stretch: number) => {
      over.add(stretch);
      while (over.delete(turn)) give(taken(++turn));
      for (const wake of asleep) wake();
      asleep.clear();
    },
    near: async (stretch: number): Promise<void> => {
      while (stretch - turn > AHEAD) await new Promise<void>((wake) => asleep.add(wake));
    },
    /** After an early end: what lies behind a gap is given too, without the score it has no past for. */
    flush: () => {
      while (++turn < count) for (const { line } of taken(turn)) onLine({ ...line, risk: null });
    },
  };
}
