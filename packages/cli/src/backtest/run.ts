// SPDX-License-Identifier: Apache-2.0
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { GateError } from "@interlock/core";
import { type HistoryFile, historyIndex, measure, observe, openRepository } from "@interlock/facts";
import { riskOf } from "../judge/risk.ts";
import type { BacktestLine } from "./line.ts";

export type BacktestOptions = {
  readonly repo: string;
  readonly range?: string;
  /** Only commits at most so old, in milliseconds before the newest. */
  readonly lastMs?: number;
  readonly policy?: string;
  readonly jobs?: number;
  readonly onProgress?: (done: number, total: number) => void;
};

/** A part of the history for one thread; commits newest first, as git lists them. */
export type Stretch = {
  readonly repo: string;
  readonly head: string;
  readonly identity: string;
  readonly target: string;
  readonly policy: string | undefined;
  readonly commits: readonly string[];
};

export type HistoryPart = {
  readonly line: Omit<BacktestLine, "risk">;
  readonly authorKey: string;
  readonly files: readonly HistoryFile[];
  readonly filesCut: boolean;
};

export type WorkerMessage =
  | { readonly kind: "judged"; readonly parts: readonly HistoryPart[] }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly message: string; readonly help: string };

/** Small enough that all threads end together, large enough that starting git costs nothing. */
const STRETCH = 250;
const STRETCH_MIN = 40;
const YOUNG_MB = 128;

/** Judges a history on all cores and yields nothing until all is known, oldest commit first. */
export async function backtest(options: BacktestOptions): Promise<readonly BacktestLine[]> {
  const { commits, base, complete } = await plan(options);
  const stretches: Stretch[] = [];
  const jobs = options.jobs ?? availableParallelism();
  const size = Math.min(STRETCH, Math.max(STRETCH_MIN, Math.ceil(commits.length / (2 * jobs))));
  for (let i = 0; i < commits.length; i += size)
    stretches.push({ ...base, commits: commits.slice(i, i + size) });
  const parts: HistoryPart[][] = stretches.map(() => []);
  let next = 0;
  let done = 0;
  const lane = async (): Promise<void> => {
    for (let i = next++; i < stretches.length; i = next++) {
      const stretch = stretches[i];
      if (stretch === undefined) return;
      await judgeStretch(stretch, (judged) => {
        parts[i]?.push(...judged);
        done += judged.length;
        options.onProgress?.(done, commits.length);
      });
    }
  };
  const lanes = Math.min(jobs, Math.max(1, stretches.length));
  await Promise.all(Array.from({ length: lanes }, lane));
  return withRisk(parts.flat().reverse(), complete);
}

async function plan(options: BacktestOptions): Promise<{
  readonly commits: readonly string[];
  readonly base: Omit<Stretch, "commits">;
  /** The history is read from its first commit. */
  readonly complete: boolean;
}> {
  const repository = await openRepository(options.repo);
  try {
    const dots = /^(.*?)\.\.(.*)$/.exec(options.range ?? "");
    const head = await repository.resolve(
      dots === null ? (options.range ?? "HEAD") : dots[2] === "" ? "HEAD" : (dots[2] ?? "HEAD"),
    );
    const not =
      dots === null || dots[1] === "" ? undefined : await repository.resolve(dots[1] ?? "");
    const newest = await repository.commit(head);
    const since =
      options.lastMs === undefined || newest === null
        ? undefined
        : newest.committer.at - options.lastMs;
    const commits = await repository.history({
      to: head,
      ...(not === undefined ? {} : { not }),
      ...(since === undefined ? {} : { since }),
    });
    // The oldest commit of a shallow clone lost its parent: it would be judged as if it added everything.
    const judged = repository.isShallow ? commits.slice(0, -1) : commits;
    return {
      commits: judged,
      complete: not === undefined && since === undefined && !repository.isShallow,
      base: {
        repo: options.repo,
        head,
        identity: await repository.identity(),
        target: await repository.branch(),
        policy: options.policy,
      },
    };
  } finally {
    repository.close();
  }
}

function judgeStretch(
  stretch: Stretch,
  onJudged: (parts: readonly HistoryPart[]) => void,
): Promise<void> {
  return new Promise((done, fail) => {
    const worker = new Worker(new URL("./worker.js", import.meta.url), {
      workerData: stretch,
      // Trees of large files die young; a larger nursery halves the time spent on collecting them.
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    let ended = false;
    worker.on("message", (message: WorkerMessage) => {
      if (message.kind === "judged") onJudged(message.parts);
      else {
        ended = true;
        void worker.terminate();
        if (message.kind === "done") done();
        else fail(new GateError("GIT_UNUSABLE", message.message, message.help));
      }
    });
    worker.on("error", fail);
    worker.on("exit", (code) => {
      if (!ended)
        fail(
          new GateError(
            "GIT_UNUSABLE",
            `a judging thread ended early with code ${code}`,
            "run again with `--jobs 1`",
          ),
        );
    });
  });
}

/** The score needs the past of every commit, so it is measured in order, after the threads. */
function withRisk(parts: readonly HistoryPart[], complete: boolean): readonly BacktestLine[] {
  const index = historyIndex({ complete });
  return parts.map(({ line, authorKey, files, filesCut }) => {
    const commit = { authorKey, timeMs: line.at, subject: line.subject, files, filesCut };
    const measured = measure(index, commit);
    observe(index, commit);
    return { ...line, risk: riskOf(measured) };
  });
}
