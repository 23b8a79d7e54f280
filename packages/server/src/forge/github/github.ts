// SPDX-License-Identifier: Apache-2.0
import type { ClaimedJob } from "@interlock/store";
import { wantHead } from "../comparing.ts";
import { forgeHttp } from "../http.ts";
import type { JobDone } from "../runner.ts";
import { type Forge, runForge } from "../running.ts";
import type { ForgeTerms } from "../terms.ts";
import { readDelivery } from "./deliveries.ts";
import { deploymentJob } from "./deployment.ts";
import { TEAMS } from "./events.ts";
import { groupJob } from "./group.ts";
import { pullJob } from "./pull.ts";
import { branchJob, reconcileJob } from "./reconcile.ts";
import { FORGE, type Here, openHere } from "./repository.ts";
import type { GithubGiven } from "./settings.ts";
import { openTeams } from "./teams.ts";

const WEBHOOK_PATH = "/api/v1/forges/github";
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
  const teams = openTeams(terms, given, http);
  return await runForge(terms, stopping, {
    ...{ forge: FORGE, path: WEBHOOK_PATH, repositories: [...repositories.keys()] },
    besides: teams.subjects.map((subject) => ({ repository: TEAMS, subject })),
    read: readDelivery(given.secrets, new Set([...repositories.keys(), TEAMS])),
    work: (job) =>
      job.repository === TEAMS
        ? teams.work(job.subject)
        : workOn(repositories.get(job.repository), job),
  });
}

async function workOn(here: Here | undefined, job: ClaimedJob): Promise<JobDone> {
  if (here === undefined) return DONE;
  const [, kind = "", rest = ""] = /^([a-z]+)(?::(.+))?$/s.exec(job.subject) ?? [];
  if (kind === "reconcile") return await reconcileJob(here);
  if (kind === "branch") return await branchJob(here, rest);
  if (kind === "head") return await wantHead(here, rest);
  if (kind === "group") return await groupJob(here, job);
  if (kind === "deployment") return await deploymentJob(here, job);
  const number = Number(rest);
  return kind === "pull" && Number.isSafeInteger(number) ? await pullJob(here, job, number) : DONE;
}
