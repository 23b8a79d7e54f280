// SPDX-License-Identifier: Apache-2.0
import { type ClaimedJob, readSubject } from "@interlock/store";
import type { FromForge } from "../failure.ts";
import { type Merged, mergedInto } from "../merged.ts";
import { branchRef } from "../mirror.ts";
import { DATABASE_AWAY, type JobDone, later } from "../runner.ts";
import { isProtected } from "../settings.ts";
import { gone, judgeAndShow } from "../showing.ts";
import { type Here, mainOf, tipOf } from "./project.ts";
import { type Said, saidOf } from "./said.ts";
import { MERGE_REQUEST, type MergeRequest } from "./schemas.ts";
import { show } from "./showing.ts";

/** GitLab reads a push within seconds, and records it a little later. */
const LATE_MS = 30_000;

/** A merge request, read again from GitLab: what would land is its head, merged into the target's tip. */
export async function mergeJob(here: Here, job: ClaimedJob, iid: number): Promise<JobDone> {
  const { api, project, terms } = here;
  const found = await api.get(`${here.at}/merge_requests/${iid}`, MERGE_REQUEST);
  if (!found.ok) return found.failure.kind === "absent" ? gone(terms, job) : later(found.failure);
  const request = found.value;
  const { state, sha, target_branch: branch, target_project_id } = request;
  if (state === "merged") return await mergedInto(terms, job, { head: sha ?? "", branch });
  // What is closed cannot be merged; opened again, its head must be read anew (23).
  if (state !== "opened" || target_project_id !== project.id || !isProtected(project, branch))
    return await gone(terms, job);
  if (sha === null)
    return { kind: "later", says: "GitLab has not read the branch yet", at: terms.now() + LATE_MS };
  const main = await mainOf(here);
  if (!main.ok) return later(main.failure);
  const tip = await tipOf(here, branch);
  if (!tip.ok) return later(tip.failure);
  const fetched = await here.mirror.fetch([
    { commit: main.value, ref: "refs/interlock/main" },
    { commit: tip.value, ref: branchRef(branch) },
    { commit: sha, ref: `refs/interlock/merge/${iid}` },
  ]);
  if (!fetched.ok) return later(fetched.failure);
  const said = await saidOf(here, { ...request, sha });
  if (said === null) return DATABASE_AWAY;
  if (!said.ok) return later(said.failure);
  const commits = { base: tip.value, head: sha, source: sha, main: main.value };
  return await judged(here, job, { request, commits, said: said.value });
}

type Read = {
  readonly request: MergeRequest;
  readonly commits: Readonly<Record<"base" | "head" | "source" | "main", string>>;
  readonly said: Said;
};

async function judged(
  here: Here,
  job: ClaimedJob,
  { request, commits, said }: Read,
): Promise<JobDone> {
  const { terms, forge, id: repository, mirror } = here;
  const { reviews, pushes, opener, late, uncounted } = said;
  const before = await readSubject(terms.store.db, job);
  const done = await judgeAndShow(
    {
      ...{ terms, forge, repository, gitDir: mirror.gitDir },
      show: (shown, known) => show(here, { request, shown, known, uncounted }),
      merged: (subject) => mergedRequest(here, subject),
    },
    job,
    {
      landing: { ...commits, reviews, pushes, broughtBy: [opener], tip: commits.base },
      branch: request.target_branch,
      shown: before?.head === commits.head ? before.digest : null,
      seen: markOf(request),
    },
  );
  if (!late || done.kind !== "done") return done;
  const soon = terms.now() + LATE_MS;
  return { ...done, again: Math.min(done.again ?? soon, soon) };
}

async function mergedRequest(here: Here, subject: string): Promise<FromForge<Merged | null>> {
  const [, iid] = /^merge:([0-9]{1,15})$/.exec(subject) ?? [];
  if (iid === undefined) return { ok: true, value: null };
  const found = await here.api.get(`${here.at}/merge_requests/${iid}`, MERGE_REQUEST);
  if (!found.ok) return found;
  const { state, sha, target_branch: branch } = found.value;
  return { ok: true, value: state === "merged" ? { head: sha ?? "", branch } : null };
}

/** Changes with whatever is done to a merge request. */
export const markOf = ({ updated_at }: Pick<MergeRequest, "updated_at">): string => updated_at;
