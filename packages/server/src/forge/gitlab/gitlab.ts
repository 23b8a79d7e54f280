// SPDX-License-Identifier: Apache-2.0
import type { ClaimedJob } from "@interlock/store";
import { wantHead } from "../comparing.ts";
import { forgeHttp } from "../http.ts";
import type { JobDone } from "../runner.ts";
import { type Forge, runForge } from "../running.ts";
import type { ForgeTerms } from "../terms.ts";
import { gitlabApi } from "./api.ts";
import { readDelivery } from "./deliveries.ts";
import { FORGE, type Here, openHere, openUsers } from "./project.ts";
import { branchJob, reconcileJob } from "./reconcile.ts";
import { mergeJob } from "./request.ts";
import type { GitlabGiven } from "./settings.ts";

const WEBHOOK_PATH = "/api/v1/forges/gitlab";
const DONE: JobDone = { kind: "done", again: null };

/** Starts working on the projects of the settings. */
export async function openGitlab(
  around: Omit<ForgeTerms, "stop">,
  given: GitlabGiven,
): Promise<Forge> {
  const stopping = new AbortController();
  const terms: ForgeTerms = { ...around, stop: stopping.signal };
  const { url, token, secrets } = given;
  const api = gitlabApi({ url, token, http: forgeHttp(), now: terms.now });
  const users = openUsers(api);
  const projects = new Map(
    given.projects.map((project) => [
      String(project.id),
      openHere(terms, given, { project, api, users }),
    ]),
  );
  return await runForge(terms, stopping, {
    ...{ forge: FORGE, path: WEBHOOK_PATH, repositories: [...projects.keys()] },
    read: readDelivery(secrets, new Set(projects.keys()), terms.now),
    work: (job) => workOn(projects.get(job.repository), job),
  });
}

async function workOn(here: Here | undefined, job: ClaimedJob): Promise<JobDone> {
  if (here === undefined) return DONE;
  const [, kind = "", rest = ""] = /^([a-z]+)(?::(.+))?$/s.exec(job.subject) ?? [];
  if (kind === "reconcile") return await reconcileJob(here);
  if (kind === "branch") return await branchJob(here, rest);
  if (kind === "head") return await wantHead(here, rest);
  const iid = Number(rest);
  return kind === "merge" && Number.isSafeInteger(iid) ? await mergeJob(here, job, iid) : DONE;
}
