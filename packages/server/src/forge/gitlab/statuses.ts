// SPDX-License-Identifier: Apache-2.0
/** What a merge waits for: a commit status in every edition, an external status check in Ultimate. */
import { type FromForge, without } from "../failure.ts";
import type { Shown } from "../showing.ts";
import { type Here, statusName } from "./project.ts";
import { type MergeRequest, NOTHING, STATUS, STATUS_CHECK } from "./schemas.ts";

/**
 * A hold fails too: GitLab takes a second `pending` for no change and so shows nothing new, and lets an
 * external check that is pending fail after two minutes anyway.
 */
const STATES = { allow: "success", hold: "failed", deny: "failed", waits: "pending" } as const;
/** What waits without anybody's doing stays as it is: a failure would end an automatic merge. */
const CHECKS = { allow: "passed", hold: "failed", deny: "failed", waits: null } as const;

/** Longest description and address that GitLab takes (docs.gitlab.com, “Commits API”). */
const TEXT_MAX = 255;
const STATUSES_MAX = 1_000;
const CHECKS_MAX = 200;

/** `null` of a fork, where this project has no pipeline: there only an external check holds. */
export type WantedStatus = {
  readonly sha: string;
  readonly body: Readonly<Record<string, string | number>>;
} | null;

/**
 * In the pipeline that GitLab shows on the merge request, or in the branch's where there is none. That of
 * a merged result has a commit of its own.
 */
export function wantedStatus(
  { project }: Here,
  { iid, sha, source_branch, source_project_id, head_pipeline }: MergeRequest,
  { head, branch, effective, url, report }: Shown,
): WantedStatus {
  if (source_project_id !== project.id || sha !== head) return null;
  const ours =
    head_pipeline?.sha === head || head_pipeline?.ref === `refs/merge-requests/${iid}/merge`
      ? head_pipeline
      : null;
  return {
    sha: ours?.sha ?? head,
    body: {
      ...{ state: STATES[effective], name: statusName(branch) },
      ref: ours?.ref ?? source_branch,
      description: cut(report.title),
      ...(url.length <= TEXT_MAX ? { target_url: url } : {}),
      ...(ours === null ? {} : { pipeline_id: ours.id }),
    },
  };
}

/** Posts a status unless it stands: `same` says that this is what we posted last. */
export async function putStatus(
  here: Here,
  status: WantedStatus,
  same: boolean,
): Promise<FromForge<null>> {
  if (status === null) return { ok: true, value: null };
  const { api, at, terms, users } = here;
  const { sha, body } = status;
  const self = await users.self();
  if (!self.ok) return self;
  const query = new URLSearchParams({ name: String(body["name"]), ref: String(body["ref"]) });
  const found = await api.list(`${at}/repository/commits/${sha}/statuses?${query}`, {
    ...{ item: STATUS, limit: STATUSES_MAX },
  });
  if (!found.ok) return found;
  const named = found.value.filter(({ name, ref }) => name === body["name"] && ref === body["ref"]);
  const foreign = named.find(({ author }) => author?.id !== self.value);
  // GitLab lets everybody who may push to the project post any status (51).
  if (foreign !== undefined)
    terms.onTrouble(
      `gitlab ${here.id}: \`${foreign.author?.username ?? "somebody"}\` posted the status \`${body["name"]}\` on ${sha}: ${foreign.status}`,
    );
  const stands = named.some(
    ({ author, status: state, description }) =>
      author?.id === self.value && state === body["state"] && description === body["description"],
  );
  if (same && stands && foreign === undefined) return { ok: true, value: null };
  const sent = await api.send("POST", `${at}/statuses/${sha}`, body, NOTHING);
  return sent.ok ? { ok: true, value: null } : sent;
}

/** Answers the external status check for this head, unless that is what it shows. */
export async function answerCheck(
  { api, at, project, terms }: Here,
  { iid, sha }: MergeRequest,
  { head, effective }: Shown,
): Promise<FromForge<null>> {
  const id = project.statusCheckId;
  if (id === null || sha !== head) return { ok: true, value: null };
  const path = `${at}/merge_requests/${iid}`;
  const found = await api.list(`${path}/status_checks`, { item: STATUS_CHECK, limit: CHECKS_MAX });
  if (!found.ok) return found;
  const check = found.value.find((one) => one.id === id);
  if (check === undefined)
    return without("refused", `the external status check ${id} is not on !${iid}`);
  const status = CHECKS[effective];
  if (status === null || check.status === status) return { ok: true, value: null };
  const body = { sha: head, external_status_check_id: id, status };
  const sent = await api.send("POST", `${path}/status_check_responses`, body, NOTHING);
  if (sent.ok) return { ok: true, value: null };
  // GitLab refuses an answer about a head that it has left; the next look is about the new one.
  if (sent.failure.kind === "refused" && / 409\b/.test(sent.failure.says))
    return without("away", sent.failure.says, terms.now() + 5_000);
  return sent;
}

/** By characters, as GitLab counts. */
function cut(text: string): string {
  const all = [...text.replace(/\s+/g, " ")];
  return all.length <= TEXT_MAX ? all.join("") : `${all.slice(0, TEXT_MAX - 1).join("")}…`;
}
