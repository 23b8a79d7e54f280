// SPDX-License-Identifier: Apache-2.0
/** Threads that judge stretches of a history. Each opens the repository for itself. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { FAILURES, type FailureCode, GateError } from "@interlock/core";
import type { HistoryPart, Stretch } from "./run.ts";

export type WorkerMessage =
  | { readonly kind: "judged"; readonly parts: readonly HistoryPart[] }
  /** Its repository is closed: nothing of it is left on disk. */
  | { readonly kind: "done" }
  | {
      readonly kind: "failed";
      readonly code: string;
      readonly message: string;
      readonly help: string;
    };

/** Sent to a thread: end after the commit in hand. */
export const STOP = "stop";

export type Threads = {
  readonly count: number;
  readonly judge: (
    stretch: Stretch,
    onJudged: (parts: readonly HistoryPart[]) => void,
  ) => Promise<void>;
  readonly stop: () => void;
  readonly close: () => Promise<void>;
};

// Trees of large files die young; a larger nursery halves the time spent on collecting them.
const YOUNG_MB = 128;
/** A thread that was told to stop and does not is ended; its commit in hand can be a huge one. */
const STOP_PATIENCE_MS = 5_000;

export function startThreads(count: number): Threads {
  // One directory above those of all threads: one that dies cannot remove its own.
  const dir = mkdtempSync(join(tmpdir(), "interlock-backtest-"));
  const running = new Set<Worker>();
  const removed = () => {
    // A thread that still ran would make its folders again under our hands.
    for (const worker of running) void worker.terminate();
    rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
  };
  process.once("exit", removed);
  let stopping: NodeJS.Timeout | undefined;
  const judge: Threads["judge"] = (stretch, onJudged) =>
    new Promise((done, fail) => {
      const worker = new Worker(new URL("./worker.js", import.meta.url), {
        workerData: stretch,
        env: { ...process.env, TMPDIR: dir, TEMP: dir, TMP: dir },
        resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
      });
      running.add(worker);
      const ended = (settle: () => void) => {
        running.delete(worker);
        settle();
        void worker.terminate();
      };
      worker.on("message", (message: WorkerMessage) => {
        if (message.kind === "judged") onJudged(message.parts);
        else if (message.kind === "done") ended(done);
        else ended(() => fail(failureOf(message)));
      });
      worker.on("error", (error) => ended(() => fail(died(error.message))));
      // After `done` or an error this changes nothing; a thread that was ended by us is no failure.
      worker.on("exit", (code) =>
        ended(() => (stopping === undefined ? fail(died(`exit code ${code}`)) : done())),
      );
    });
  return {
    count,
    judge,
    stop: () => {
      stopping ??= setTimeout(() => {
        for (const worker of running) void worker.terminate();
      }, STOP_PATIENCE_MS).unref();
      for (const worker of running) worker.postMessage(STOP);
    },
    close: async () => {
      clearTimeout(stopping);
      await Promise.all([...running].map((worker) => worker.terminate()));
      process.off("exit", removed);
      removed();
    },
  };
}

const died = (why: string): GateError =>
  new GateError(
    "JUDGING_STOPPED",
    `a judging thread ended early: ${why}`,
    "run again with fewer threads (`--jobs 1`), or with more memory (`NODE_OPTIONS=--max-old-space-size=4096`)",
  );

function failureOf(message: Extract<WorkerMessage, { kind: "failed" }>): GateError {
  const code = (Object.keys(FAILURES) as FailureCode[]).find((c) => c === message.code); // the keys of exactly that record
  return new GateError(code ?? "JUDGING_STOPPED", message.message, message.help);
}
