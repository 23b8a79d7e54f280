// SPDX-License-Identifier: Apache-2.0
/** What is read of GitLab's answers (docs.gitlab.com, “REST API resources”). Everything else is dropped. */
import { z } from "zod";

const SHA = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);
const NUMBER = z.int().positive();
const BRANCH = z.string().min(1).max(1_000);
const TIME = z.iso.datetime({ offset: true });

export const USER = z.object({
  id: NUMBER,
  username: z.string().min(1).max(255),
  state: z.string().max(40).optional(),
});
export type GitlabUser = z.output<typeof USER>;

/** `bot`: of projects, groups and service accounts; where it is not told nobody knows. */
export const WHOLE_USER = z.object({ id: NUMBER, bot: z.boolean().optional() });
export const MEMBER = z.object({ id: NUMBER, access_level: z.int() });
export const SELF = z.object({ id: NUMBER });

export const PROJECT = z.object({
  id: NUMBER,
  path_with_namespace: z.string().max(1_000),
  /** `null` in an empty project. */
  default_branch: BRANCH.nullable(),
});

export const REPOSITORY_BRANCH = z.object({ name: BRANCH, commit: z.object({ id: SHA }) });

export const MERGE_REQUEST = z.object({
  iid: NUMBER,
  state: z.string().max(40),
  updated_at: TIME,
  author: USER.nullish(),
  source_branch: BRANCH,
  target_branch: BRANCH,
  /** `null` where the fork is gone. */
  source_project_id: NUMBER.nullable(),
  target_project_id: NUMBER,
  /** `null` while GitLab has not read the branch. */
  sha: SHA.nullable(),
  /** Not in lists. */
  head_pipeline: z.object({ id: NUMBER, sha: SHA, ref: z.string().max(1_000) }).nullish(),
});
export type MergeRequest = z.output<typeof MERGE_REQUEST>;

export const VERSION = z.object({
  id: NUMBER,
  /** `null` where nothing could be compared. */
  head_commit_sha: SHA.nullable(),
  created_at: TIME,
});

export const APPROVALS = z.object({
  approved_by: z.array(z.object({ user: USER, approved_at: TIME.nullish() })).max(1_000),
});

export const REVIEWER = z.object({ user: USER, state: z.string().max(40) });

export const NOTE = z.object({
  id: NUMBER,
  body: z.string().max(2_000_000),
  author: USER.nullish(),
  created_at: TIME,
  system: z.boolean(),
});

/** An event of a project; `push_data` of pushes. One push of many refs names none of them. */
export const PUSH_EVENT = z.object({
  author: USER.nullish(),
  push_data: z
    .object({
      ref_type: z.string().max(40).nullish(),
      ref: z.string().max(1_000).nullish(),
      commit_from: SHA.nullish(),
      commit_to: SHA.nullish(),
    })
    .nullish(),
});

export const STATUS = z.object({
  status: z.string().max(40),
  name: z.string().max(1_000),
  ref: z.string().max(1_000).nullish(),
  description: z.string().max(10_000).nullish(),
  author: USER.nullish(),
});

export const STATUS_CHECK = z.object({ id: NUMBER, status: z.string().max(40) });

export const NOTHING = z.unknown();
