// SPDX-License-Identifier: Apache-2.0
import { compareOpen, want } from "../comparing.ts";
import { type JobDone, later } from "../runner.ts";
import { isProtected } from "../settings.ts";
import { markOf } from "./pull.ts";
import { type Here, tipOf } from "./repository.ts";
import { PULL } from "./schemas.ts";

const OPEN_MAX = 5_000;

/** Compares all open pull requests with what was judged, and asks for those that differ. */
export async function reconcileJob(here: Here): Promise<JobDone> {
  const { api, repository } = here;
  const open = await api.list("/pulls?state=open&sort=updated&direction=desc", PULL, OPEN_MAX);
  if (!open.ok) return later(open.failure);
  const ours = open.value
    .filter(({ base }) => isProtected(repository, base.ref))
    .map((pull) => ({
      ...{ subject: `pull:${pull.number}`, head: pull.head.sha, branch: pull.base.ref },
      seen: markOf(pull),
    }));
  return await compareOpen(here, ours, { kind: "pull", tipOf: (branch) => tipOf(here, branch) });
}

/** A branch moved: what waits to land on it may mean something else now (29). */
export async function branchJob(here: Here, ref: string): Promise<JobDone> {
  const branch = ref.replace(/^refs\/heads\//, "");
  if (!isProtected(here.repository, branch)) return { kind: "done", again: null };
  const query = new URLSearchParams({ state: "open", base: branch });
  const open = await here.api.list(`/pulls?${query}`, PULL, OPEN_MAX);
  if (!open.ok) return later(open.failure);
  await want(
    here,
    open.value.map(({ number }) => `pull:${number}`),
  );
  return { kind: "done", again: null };
}
