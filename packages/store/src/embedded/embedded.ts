// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { keepQuiet, TYPES } from "../driver.ts";
import { failed, type Result, succeeded, textOf } from "../failure.ts";
import { unwritable } from "../sqlstate.ts";
import { fsyncDirectory } from "./disk.ts";
import { type DirectoryLock, type LockTerms, lockDirectory } from "./lock.ts";
import { EmbeddedSession } from "./session.ts";
import { fsyncTree, unpackDirectory } from "./template.ts";
import { type EngineThread, startThread } from "./thread.ts";

/** A pool of one client over an engine of our own. */
export type Engine = {
  readonly pool: pg.Pool;
  /** Why the engine is gone for good, or `null`. */
  readonly lost: () => string | null;
  readonly close: () => Promise<void>;
};

export type EmbeddedTerms = Omit<LockTerms, "onTaken"> & {
  /** Another body of the thread; only fault injection in tests has one. */
  readonly worker?: URL;
};

/** Postgres' major version inside of PGlite; a data directory belongs to one. */
const MAJOR = "18";
/** Made by `build-template.ts`. Without it a first start takes the seconds of initdb. */
export const TEMPLATE: URL = new URL("../../dist/template.bin.gz", import.meta.url);
/** A transaction that waits this long for the one session has most likely been begun inside another. */
const SESSION_WAIT_MS = 60_000;

/** Opens the data directory below `directory`, makes it on a first start, and holds it alone. */
export async function openEmbedded(
  directory: string,
  terms: EmbeddedTerms,
): Promise<Result<Engine>> {
  let thread: EngineThread | null = null;
  let taken = false;
  const onTaken = (): void => {
    taken = true;
    thread?.abandon(`another process took \`${directory}\` while this one was frozen`);
  };
  const lock = await lockDirectory(directory, { ...terms, onTaken });
  if (!lock.ok) return lock;
  try {
    const data = join(directory, "data");
    const misfit = await makeData(data, terms.worker);
    if (misfit !== null) {
      lock.value.release();
      return misfit;
    }
    thread = await startThread(data, terms.worker);
  } catch (error) {
    lock.value.release();
    return { ok: false, failure: unwritable(textOf(error)) };
  }
  if (taken) thread.abandon("its directory was taken while it started");
  return succeeded(engineOver(thread, lock.value));
}

function engineOver(thread: EngineThread, lock: DirectoryLock): Engine {
  const pool = new pg.Pool({
    max: 1,
    types: TYPES,
    connectionTimeoutMillis: SESSION_WAIT_MS,
    stream: () => new EmbeddedSession(thread),
  });
  keepQuiet(pool);
  return {
    pool,
    lost: thread.lost,
    close: async () => {
      await pool.end();
      await thread.close();
      lock.release();
    },
  };
}

/**
 * Makes `data` when it is not there. It is made beside and renamed once all of it is durable: if we
 * die here, the next start begins anew.
 */
async function makeData(data: string, worker: URL | undefined): Promise<Result<never> | null> {
  if (existsSync(data)) {
    const major = readFileSync(join(data, "PG_VERSION"), "utf8").trim();
    if (major === MAJOR) return null;
    return failed(
      "STORE_UNFIT",
      `\`${data}\` was made by Postgres ${major}, this program has ${MAJOR}`,
      "open it with the version of Interlock that made it, dump it and load the dump",
    );
  }
  const made = `${data}.new`;
  rmSync(made, { recursive: true, force: true });
  if (existsSync(TEMPLATE)) await unpackDirectory(readFileSync(TEMPLATE), made);
  else {
    mkdirSync(made, { mode: 0o700 });
    await (await startThread(made, worker)).close();
    fsyncTree(made);
  }
  renameSync(made, data);
  fsyncDirectory(join(data, ".."));
  return null;
}
