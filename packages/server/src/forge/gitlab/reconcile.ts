// SPDX-License-Identifier: Apache-2.0
import { compareOpen, want } from "../comparing.ts";
import { type JobDone, later } from "../runner.ts";
import { isProtected } from "../settings.ts";
import { type Here, tipOf } from "./project.ts";
import { markOf } from "./request.ts";
import { MERGE_REQUEST } from "./schemas.ts";

const OPEN = "state=opened&order_by=updated_at&sort=desc";
const OPEN_MAX = 5_000;

/** Compares all open merge requests with what was judged, and asks for those that differ. */
export async function reconcileJob(here: Here): Promise<JobDone> {
  const { api, at, project } = here;
  const open = await api.list(`${at}/merge_requests?${OPEN}`, {
    ...{ item: MERGE_REQUEST, limit: OPEN_MAX },
  });
  if (!open.ok) return later(open.failure);
  const ours = open.value
    .filter(({ target_branch }) => isProtected(project, target_branch))
    .map((request) => ({
      ...{ subject: `merge:${request.iid}`, head: request.sha ?? "" },
      ...{ branch: request.target_branch, seen: markOf(request) },
    }));
  return await compareOpen(here, ours, { kind: "merge", tipOf: (branch) => tipOf(here, branch) });
}

/**
 * A branch moved: what waits to land on it may mean something else now (29), and GitLab may have told of
 * the merge request before it had recorded who pushed.
 */
export async function branchJob(here: Here, ref: string): Promise<JobDone> {
  const { api, at, project } = here;
  const branch = ref.replace(/^refs\/heads\//, "");
  const sides = isProtected(project, branch)
    ? ["source_branch", "target_branch"]
    : ["source_branch"];
  const found = new Set<string>();
  for (const side of sides) {
    const query = new URLSearchParams({ [side]: branch });
    const open = await api.list(`${at}/merge_requests?${OPEN}&${query}`, {
      ...{ item: MERGE_REQUEST, limit: OPEN_MAX },
    });
    if (!open.ok) return later(open.failure);
    for (const { iid, target_branch } of open.value)
      if (isProtected(project, target_branch)) found.add(`merge:${iid}`);
  }
  await want(here, [...found]);
  return { kind: "done", again: null };
}
