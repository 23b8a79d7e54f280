// SPDX-License-Identifier: Apache-2.0
/** A forge, wired: what comes in, what is done about it, and what keeps both going. */
import { setTimeout as pause } from "node:timers/promises";
import { type ClaimedJob, forgetDeliveries, read, wantJobs } from "@interlock/store";
import type { FastifyInstance } from "fastify";
import { intakeRoute, type ReadDelivery, type Wanted } from "./intake.ts";
import { listenOnce } from "./listening.ts";
import { type JobDone, openRunner } from "./runner.ts";
import type { ForgeTerms } from "./terms.ts";

export type Forge = {
  readonly routes: (app: FastifyInstance) => void;
  readonly close: () => Promise<void>;
};

export type ForgeWork = {
  /** Such as `github`. */
  readonly forge: string;
  /** Where its webhooks come in. */
  readonly path: string;
  readonly read: ReadDelivery;
  /** The forge's ids of those that this server judges. */
  readonly repositories: readonly string[];
  /** What else is looked at first. */
  readonly besides?: readonly Omit<Wanted, "hint">[];
  readonly work: (job: ClaimedJob) => Promise<JobDone>;
};

const POLL_MS = 1_000;
/** No forge sends a delivery again after so long: GitHub keeps one for three days. */
const REMEMBER_MS = 30 * 86_400_000;
const FORGET_EVERY_MS = 3_600_000;

/** Starts working; `stopping` ends what `terms.stop` tells of. Every repository is compared first. */
export async function runForge(
  terms: ForgeTerms,
  stopping: AbortController,
  { forge, path, read: reading, repositories, besides = [], work }: ForgeWork,
): Promise<Forge> {
  const { store, now, onTrouble } = terms;
  const pollMs = terms.pollMs ?? POLL_MS;
  const runner = openRunner({ store, forge, now, work, onTrouble, pollMs });
  const dueAt = now();
  await wantJobs(
    store.db,
    [...repositories.map((repository) => ({ repository, subject: "reconcile" })), ...besides].map(
      (wanted) => ({ ...wanted, forge, hint: "", dueAt }),
    ),
  );
  const { poke } = runner;
  const listening = listen(terms, { forge, pollMs, poke });
  return {
    routes: (app) => intakeRoute(app, { ...{ store, now, forge, path, poke }, read: reading }),
    close: async () => {
      stopping.abort();
      await listening;
      await runner.close();
    },
  };
}

type Listening = {
  readonly forge: string;
  readonly pollMs: number;
  readonly poke: () => void;
};

async function listen(terms: ForgeTerms, { forge, pollMs, poke }: Listening): Promise<void> {
  const signal = terms.stop;
  let forgotten = 0;
  while (!signal.aborted) {
    if (await listenOnce(terms, forge)) poke();
    if (terms.now() - forgotten > FORGET_EVERY_MS) {
      forgotten = terms.now();
      await read(terms.store, (db) => forgetDeliveries(db, forgotten - REMEMBER_MS));
    }
    // Ends early when the server stops; that is no error.
    await pause(pollMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
