// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { Answer, Request } from "./serve.ts";

/** A running engine. `run` takes whole messages of Postgres' frontend protocol, one call after the other. */
export type EngineThread = {
  readonly run: (bytes: Uint8Array) => Promise<Uint8Array>;
  readonly close: () => Promise<void>;
  /** Why the engine is gone, or `null` while it runs. */
  readonly lost: () => string | null;
  /** Ends the thread at once, as a crash would; what was not committed is gone. */
  readonly abandon: (because: string) => void;
};

/** The engine stopped under a request: whether that request took effect is unknown. */
export class EngineLost extends Error {
  override readonly name = "EngineLost";
}

type Waiting = {
  readonly settle: (bytes: Uint8Array) => void;
  readonly fail: (error: Error) => void;
};

const CLOSED = "it was closed";

/** Node 20 runs no TypeScript: from the sources (in tests) the built worker is started. */
function workerFile(): URL {
  const beside = new URL("./worker.js", import.meta.url);
  return existsSync(beside) ? beside : new URL("../../dist/embedded/worker.js", import.meta.url);
}

/** Starts the engine on a directory; rejects with `EngineLost` when it cannot start. */
export async function startThread(
  directory: string,
  entry: URL = workerFile(),
): Promise<EngineThread> {
  const worker = new Worker(entry, { workerData: { directory } });
  const waiting = new Map<number, Waiting>();
  let lost: string | null = null;
  let asked = 0;
  const ended = new Promise<void>((done) => worker.once("exit", () => done()));
  let settleReady: Waiting = { settle: () => undefined, fail: () => undefined };
  const ready = new Promise<Uint8Array>((settle, fail) => {
    settleReady = { settle, fail };
  });
  const lose = (because: string): void => {
    lost ??= because;
    const error = new EngineLost(`the embedded database stopped: ${lost}`);
    for (const { fail } of waiting.values()) fail(error);
    waiting.clear();
    settleReady.fail(error);
    void worker.terminate();
  };
  worker.on("message", (answer: Answer) => {
    if (answer.kind === "ran") {
      waiting.get(answer.id)?.settle(answer.bytes);
      waiting.delete(answer.id);
    } else if (answer.kind === "ready") settleReady.settle(new Uint8Array());
    else lose(answer.kind === "lost" ? answer.because : CLOSED);
  });
  worker.on("error", (error) => lose(error.message));
  worker.on("exit", () => lose(CLOSED));
  const send = (request: Request): void => worker.postMessage(request);
  await ready;
  return {
    run: (bytes) =>
      new Promise((settle, fail) => {
        if (lost !== null) {
          fail(new EngineLost(`the embedded database stopped: ${lost}`));
          return;
        }
        asked += 1;
        waiting.set(asked, { settle, fail });
        send({ kind: "run", id: asked, bytes });
      }),
    close: async () => {
      if (lost === null) send({ kind: "close" });
      await ended;
    },
    lost: () => lost,
    abandon: lose,
  };
}
