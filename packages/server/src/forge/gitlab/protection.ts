// SPDX-License-Identifier: Apache-2.0
/** What a project on GitLab asks for before something lands, as its API shows it. */
import { z } from "zod";
import type { FromForge } from "../failure.ts";
import { forgeHttp } from "../http.ts";
import { gitlabApi } from "./api.ts";
import { SELF } from "./schemas.ts";
import type { GitlabGiven, GitlabProject } from "./settings.ts";

const NUMBER = z.int().positive();
const NAME = z.string().max(1_000);

const SETTINGS = z.object({
  id: NUMBER,
  path_with_namespace: NAME,
  /** `merge`, `rebase_merge` or `ff`; the last two want the source to be up to date. */
  merge_method: z.string().max(40).optional(),
  only_allow_merge_if_pipeline_succeeds: z.boolean(),
  allow_merge_on_skipped_pipeline: z.boolean().nullish(),
  /** Ultimate. */
  only_allow_merge_if_all_status_checks_passed: z.boolean().nullish(),
});

const LEVEL = z.object({
  /** 0: nobody; 30: developers; 40: maintainers; 60: administrators. */
  access_level: z.int().nullish(),
  access_level_description: NAME.nullish(),
});
const BRANCH = z.object({
  name: NAME,
  push_access_levels: z.array(LEVEL).max(1_000),
  allow_force_push: z.boolean().nullish(),
});

const APPROVALS = z.object({
  reset_approvals_on_push: z.boolean().nullish(),
  merge_requests_author_approval: z.boolean().nullish(),
  merge_requests_disable_committers_approval: z.boolean().nullish(),
  disable_overriding_approvers_per_merge_request: z.boolean().nullish(),
});

const CHECK = z.object({
  id: NUMBER,
  /** None: all branches. */
  protected_branches: z
    .array(z.object({ name: NAME }))
    .max(1_000)
    .default([]),
});

const MEMBER = z.object({ id: NUMBER, username: NAME, access_level: z.int() });

const LIST_MAX = 5_000;

/** What was read of one project; each by itself, since a token may see the one and not the other. */
export type GitlabProtection = {
  readonly settings: FromForge<z.output<typeof SETTINGS>>;
  readonly branches: FromForge<readonly z.output<typeof BRANCH>[]>;
  readonly approvals: FromForge<z.output<typeof APPROVALS>>;
  /** `null`: the settings name none. */
  readonly checks: FromForge<readonly z.output<typeof CHECK>[]> | null;
  readonly members: FromForge<readonly z.output<typeof MEMBER>[]>;
  /** Number of the account by which the server works. */
  readonly self: FromForge<number>;
};

/** Reads it with a token that may see more than the server's own, or with that one. */
export async function readProtection(
  { url, token: own }: Pick<GitlabGiven, "url" | "token">,
  { id, statusCheckId }: GitlabProject,
  token: string = own,
): Promise<GitlabProtection> {
  const http = forgeHttp();
  const api = gitlabApi({ url, token, http, now: Date.now });
  const at = `/projects/${id}`;
  const self = await gitlabApi({ url, token: own, http, now: Date.now }).get("/user", SELF);
  const list = <T extends z.ZodType>(path: string, item: T) =>
    api.list(`${at}/${path}`, { item, limit: LIST_MAX });
  return {
    settings: await api.get(at, SETTINGS),
    branches: await list("protected_branches", BRANCH),
    approvals: await api.get(`${at}/approvals`, APPROVALS),
    checks: statusCheckId === null ? null : await list("external_status_checks", CHECK),
    members: await list("members/all", MEMBER),
    self: self.ok ? { ok: true, value: self.value.id } : self,
  };
}
