// SPDX-License-Identifier: Apache-2.0
/** GitHub, wired: what comes in, what is done about it, and what keeps both going. */
import { setTimeout as pause } from "node:timers/promises";
import { type ClaimedJob, forgetDeliveries, read, wantJobs } from "@interlock/store";
import type { FastifyInstance } from "fastify";
import { forgeHttp } from "../http.ts";
import { intakeRoute } from "../intake.ts";
import { listenOnce } from "../listening.ts";
import { type JobDone, openRunner } from "../runner.ts";
import type { ForgeTerms } from "../terms.ts";
import { readDelivery } from "./deliveries.ts";
import { deploymentJob } from "./deployment.ts";
import { groupJob } from "./group.ts";
import { pullJob } from "./pull.ts";
import { branchJob, headJob, reconcileJob } from "./reconcile.ts";
import { FORGE, type Here, openHere } from "./repository.ts";
import type { GithubGiven } from "./settings.ts";

export type Forge = {
  readonly routes: (app: FastifyInstance) => void;
  readonly close: () => Promise<void>;
};

export const WEBHOOK_PATH = "/api/v1/forges/github";
const POLL_MS = 1_000;
/** GitHub keeps a delivery for three days; after thirty none of them can be sent again. */
const REMEMBER_MS = 30 * 86_400_000;
const FORGET_EVERY_MS = 3_600_000;
const DONE: JobDone = { kind: "done", again: null };

/** Starts working on the repositories of the settings. */
export async function openGithub(
  around: Omit<ForgeTerms, "stop">,
  given: GithubGiven,
): Promise<Forge> {
  const stopping = new AbortController();
  const terms: ForgeTerms = { ...around, stop: stopping.signal };
  const http = forgeHttp();
  const repositories = new Map(
    given.repositories.map((repository) => [
      String(repository.id),
      openHere(terms, given, { repository, http }),
    ]),
  );
  const pollMs = terms.pollMs ?? POLL_MS;
  const { store, now, onTrouble } = terms;
  const work = (job: ClaimedJob) => workOn(repositories.get(job.repository), job);
  const runner = openRunner({ store, forge: FORGE, now, work, onTrouble, pollMs });
  await begin(terms, [...repositories.keys()]);
  const listening = listen(terms, { pollMs, signal: stopping.signal, poke: runner.poke });
  return {
    routes: (app) =>
      intakeRoute(app, {
        ...{ store, now, forge: FORGE, path: WEBHOOK_PATH, poke: runner.poke },
        read: readDelivery(given.secrets, new Set(repositories.keys())),
      }),
    close: async () => {
      stopping.abort();
      await listening;
      await runner.close();
    },
  };
}

async function workOn(here: Here | undefined, job: ClaimedJob): Promise<JobDone> {
  if (here === undefined) return DONE;
  const [, kind = "", rest = ""] = /^([a-z]+)(?::(.+))?$/s.exec(job.subject) ?? [];
  if (kind === "reconcile") return await reconcileJob(here);
  if (kind === "branch") return await branchJob(here, rest);
  if (kind === "head") return await headJob(here, rest);
  if (kind === "group") return await groupJob(here, job);
  if (kind === "deployment") return await deploymentJob(here, job);
  const number = Number(rest);
  return kind === "pull" && Number.isSafeInteger(number) ? await pullJob(here, job, number) : DONE;
}

async function begin({ store, now }: ForgeTerms, repositories: readonly string[]): Promise<void> {
  const dueAt = now();
  await wantJobs(
    store.db,
    repositories.map((repository) => ({
      ...{ forge: FORGE, repository, subject: "reconcile", hint: "", dueAt },
    })),
  );
}

type Listening = {
  readonly pollMs: number;
  readonly signal: AbortSignal;
  readonly poke: () => void;
};

async function listen(terms: ForgeTerms, { pollMs, signal, poke }: Listening): Promise<void> {
  let forgotten = 0;
  while (!signal.aborted) {
    if (await listenOnce(terms, FORGE)) poke();
    if (terms.now() - forgotten > FORGET_EVERY_MS) {
      forgotten = terms.now();
      await read(terms.store, (db) => forgetDeliveries(db, forgotten - REMEMBER_MS));
    }
    // Ends early when the server stops; that is no error.
    await pause(pollMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
