// SPDX-License-Identifier: Apache-2.0
import type { MessagePort } from "node:worker_threads";
import { PGlite } from "@electric-sql/pglite";
import { textOf } from "../failure.ts";
import { type DiskWatch, DurableDirectory, START_PARAMETERS } from "./disk.ts";

/** What the thread is asked; `bytes` are messages of Postgres' frontend protocol. */
export type Request =
  | { readonly kind: "run"; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: "close" };

/** What the thread answers; after `lost` it answers nothing more. */
export type Answer =
  | { readonly kind: "ready" }
  | { readonly kind: "ran"; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: "closed" }
  | { readonly kind: "lost"; readonly because: string };

/** PGlite leaves `PostgresMainLoopOnce` with this status where Postgres jumps to its error handler. */
const LONG_JUMP = 100;

/**
 * Serves one data directory over a port. The thread holds Postgres' single session; bytes go through
 * unparsed, so that errors keep their SQLSTATE, and are run strictly one request after the other.
 */
export async function serveDirectory(
  port: MessagePort,
  directory: string,
  amend?: DiskWatch["amend"],
): Promise<void> {
  const tell = (answer: Answer): void => port.postMessage(answer);
  const onLost = (because: string): void => tell({ kind: "lost", because });
  const engine = await PGlite.create({
    fs: new DurableDirectory(directory, amend === undefined ? { onLost } : { onLost, amend }),
    startParams: [...START_PARAMETERS],
  });
  watchForPanic(engine, onLost);
  port.on("message", (request: Request) => {
    if (request.kind === "run") {
      const bytes = engine.execProtocolRawSync(request.bytes);
      tell({ kind: "ran", id: request.id, bytes });
      return;
    }
    void engine.close().then(
      () => {
        tell({ kind: "closed" });
        port.close();
      },
      (error: unknown) => onLost(textOf(error)),
    );
  });
  tell({ kind: "ready" });
}

/**
 * PGlite goes on after whatever ends a statement, even where Postgres panicked and its memory can no
 * longer be trusted. Only the jump of an ordinary SQL error may go on.
 */
function watchForPanic(engine: PGlite, onLost: (because: string) => void): void {
  // Emscripten's module object: the exported function is a plain property of it.
  const module = engine.Module as unknown as { _PostgresMainLoopOnce: () => void };
  const once = module._PostgresMainLoopOnce;
  module._PostgresMainLoopOnce = () => {
    try {
      once();
    } catch (error) {
      if (!isLongJump(error)) {
        onLost(`Postgres panicked: ${textOf(error)}`);
        // The loop around us swallows errors and would spin; this thread has nothing left to do.
        process.exit(1);
      }
      throw error;
    }
  };
}

function isLongJump(error: unknown): boolean {
  return (
    typeof error === "object" && error !== null && "status" in error && error.status === LONG_JUMP
  );
}
