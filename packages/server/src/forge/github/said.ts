// SPDX-License-Identifier: Apache-2.0
/** What is known of a pull request besides its content: who reviewed it, and who moved its branch. */

import type { z } from "zod";
import type { FromForge } from "../failure.ts";
import type { SeenPush } from "../judging.ts";
import type { ForgeReview } from "../reviews.ts";
import { type Accounts, accountsOf, type GithubUser, type Here } from "./repository.ts";
import { ACTIVITY, ISSUE_EVENT, type Pull, REVIEW } from "./schemas.ts";

type Review = z.output<typeof REVIEW>;
type IssueEvent = z.output<typeof ISSUE_EVENT>;
type Activity = z.output<typeof ACTIVITY>;

export type Said = {
  readonly reviews: readonly ForgeReview[];
  /** Newest first; `null` where GitHub does not tell. */
  readonly pushes: readonly SeenPush[] | null;
  readonly accounts: Accounts;
};

/** More than that on one pull request are read by nobody. */
const REVIEWS_MAX = 2_000;
const EVENTS_MAX = 5_000;
/** Of one branch since it was made. More than that, and who pushed counts as unobserved. */
const PUSHES_MAX = 1_000;
const MEMBERS = new Set(["OWNER", "MEMBER", "COLLABORATOR"]);
const REASON_MAX = 1_000;

/** Reads it again from GitHub, whatever an event said. `null`: the database is away. */
export async function saidOf(here: Here, pull: Pull): Promise<FromForge<Said> | null> {
  const reviews = await here.api.list(`/pulls/${pull.number}/reviews`, REVIEW, REVIEWS_MAX);
  if (!reviews.ok) return reviews;
  const dismissed = reviews.value.some(({ state }) => state === "DISMISSED");
  const events: FromForge<readonly IssueEvent[]> = dismissed
    ? await here.api.list(`/issues/${pull.number}/events`, ISSUE_EVENT, EVENTS_MAX)
    : { ok: true, value: [] };
  if (!events.ok) return events;
  const activity = await activityOf(here, pull);
  if (!activity.ok) return activity;
  const users: readonly GithubUser[] = [
    pull.user,
    ...reviews.value.map(({ user }) => user),
    ...events.value.flatMap((event) => (isDismissal(event) ? [event.actor] : [])),
    ...(activity.value ?? []).map(({ actor }) => actor),
  ];
  const accounts = await accountsOf(here, users);
  if (accounts === null) return null;
  return {
    ok: true,
    value: {
      accounts,
      reviews: reviews.value.flatMap((review) => wordOf(review, events.value, accounts)),
      pushes:
        activity.value?.map(({ actor, before, after }) => ({
          by: accounts(actor),
          before,
          after,
        })) ?? null,
    },
  };
}

const isDismissal = ({ event, dismissed_review }: IssueEvent): boolean =>
  event === "review_dismissed" && dismissed_review !== null && dismissed_review !== undefined;

const SAYS: Readonly<Record<string, ForgeReview["says"]>> = {
  APPROVED: "approves",
  CHANGES_REQUESTED: "opposes",
  DISMISSED: "dismissed",
};

/** A comment and a review that is not sent yet change nothing. */
function wordOf(
  { id, user, state, commit_id, submitted_at, author_association, body }: Review,
  events: readonly IssueEvent[],
  accounts: Accounts,
): readonly ForgeReview[] {
  const says = Object.hasOwn(SAYS, state) ? SAYS[state] : undefined;
  if (says === undefined || submitted_at === undefined) return [];
  const dismissal = events.findLast((e) => isDismissal(e) && e.dismissed_review?.review_id === id);
  const before = dismissal?.dismissed_review?.state.toLowerCase();
  return [
    {
      id: String(id),
      by: accounts(user, MEMBERS.has(author_association)),
      says,
      opposed: before === undefined ? null : before !== "approved",
      dismissedBy: dismissal === undefined ? null : accounts(dismissal.actor),
      head: commit_id ?? "",
      at: Date.parse(submitted_at),
      reason: (body ?? "").slice(0, REASON_MAX).toWellFormed(),
    },
  ];
}

/**
 * Who moved the branch that a pull request comes from. Commits name whomever their writer likes; this is
 * GitHub's own record of who pushed. Of a fork that the App does not see nothing is known.
 */
async function activityOf(
  { api, repository }: Here,
  { head }: Pull,
): Promise<FromForge<readonly Activity[] | null>> {
  if (head.repo === null || head.repo.id !== repository.id) return { ok: true, value: null };
  const ref = `refs/heads/${head.ref}`;
  const query = new URLSearchParams({ ref, direction: "desc" });
  const found = await api.list(`/activity?${query}`, ACTIVITY, PUSHES_MAX);
  if (found.ok) return { ok: true, value: found.value.filter((activity) => activity.ref === ref) };
  // A longer history than we read tells nobody who pushed; so does one that we may not read.
  const untold = found.failure.kind === "unfit" || found.failure.kind === "absent";
  return untold ? { ok: true, value: null } : found;
}
