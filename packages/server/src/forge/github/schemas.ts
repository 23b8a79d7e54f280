// SPDX-License-Identifier: Apache-2.0
/** What is read of GitHub's answers (docs.github.com, “REST API”). Everything else is dropped. */
import { z } from "zod";

const SHA = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);
const NUMBER = z.int().positive();
const BRANCH = z.string().min(1).max(1_000);
const TIME = z.iso.datetime({ offset: true });

/** `null` where the account is gone. */
export const USER = z.object({
  login: z.string().min(1).max(100),
  id: NUMBER,
  type: z.string().max(40).optional(),
});

export const REPOSITORY = z.object({
  id: NUMBER,
  full_name: z.string().max(200),
  default_branch: BRANCH,
});

const SIDE = z.object({
  ref: BRANCH,
  sha: SHA,
  repo: z.object({ id: NUMBER, full_name: z.string().max(200) }).nullable(),
});

export const PULL = z.object({
  number: NUMBER,
  state: z.enum(["open", "closed"]),
  updated_at: TIME,
  user: USER.nullable(),
  head: SIDE,
  base: SIDE,
  merged_at: TIME.nullable().optional(),
  merge_commit_sha: SHA.nullable().optional(),
});
export type Pull = z.output<typeof PULL>;

export const REF = z.object({
  ref: z.string().max(1_000),
  object: z.object({ type: z.string().max(40), sha: SHA }),
});

export const REVIEW = z.object({
  id: NUMBER,
  user: USER.nullable(),
  state: z.string().max(40),
  /** `null` where the commit is gone. */
  commit_id: SHA.nullable(),
  submitted_at: TIME.optional(),
  author_association: z.string().max(40),
  body: z.string().max(1_000_000).nullish(),
});

/** Of all kinds of events of a pull request this one is looked at. */
export const ISSUE_EVENT = z.object({
  event: z.string().max(100),
  actor: USER.nullable(),
  dismissed_review: z.object({ review_id: NUMBER, state: z.string().max(40) }).nullish(),
});

export const ACTIVITY = z.object({
  before: SHA,
  after: SHA,
  ref: z.string().max(1_000),
  activity_type: z.string().max(40),
  actor: USER.nullable(),
});

export const CHECK_RUN = z.object({ id: NUMBER, external_id: z.string().max(1_000).nullish() });
export const CHECK_RUNS = z.object({ check_runs: z.array(CHECK_RUN).max(100) });

export const DEPLOYMENT = z.object({
  id: NUMBER,
  sha: SHA,
  environment: z.string().max(255),
});

export const TEAM = z.object({ id: NUMBER, slug: z.string().max(300) });

export const NOTHING = z.unknown();
