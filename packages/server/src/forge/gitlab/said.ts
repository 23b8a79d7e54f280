// SPDX-License-Identifier: Apache-2.0
/** What is known of a merge request besides its content: who reviewed it, and who moved its branch. */
import type { z } from "zod";
import type { Reviewer } from "../accounts.ts";
import type { FromForge } from "../failure.ts";
import type { SeenPush } from "../judging.ts";
import type { ForgeReview } from "../reviews.ts";
import { type Accounts, accountsOf, type Here } from "./project.ts";
import { pushEventsOf, pushesOf } from "./pushes.ts";
import {
  APPROVALS,
  type GitlabUser,
  MEMBER,
  type MergeRequest,
  NOTE,
  REVIEWER,
  VERSION,
} from "./schemas.ts";

type Approval = z.output<typeof APPROVALS>["approved_by"][number];
type Version = z.output<typeof VERSION>;
type Note = z.output<typeof NOTE>;

/** An approval that stands on GitLab and does not count. */
export type Uncounted = { readonly username: string; readonly why: string };

export type Said = {
  readonly reviews: readonly ForgeReview[];
  readonly uncounted: readonly Uncounted[];
  /** Newest first; `null` where GitLab does not tell. */
  readonly pushes: readonly SeenPush[] | null;
  /** GitLab records pushes a moment after they happen: the newest one is missing still. */
  readonly late: boolean;
  readonly opener: Reviewer;
};

/** More than that on one merge request are read by nobody. */
const VERSIONS_MAX = 5_000;
const NOTES_MAX = 10_000;
const REVIEWERS_MAX = 1_000;

/** Reads it again from GitLab, whatever an event said. `null`: the database is away. */
export async function saidOf(
  here: Here,
  request: MergeRequest & { readonly sha: string },
): Promise<FromForge<Said> | null> {
  const { api } = here;
  const path = `${here.at}/merge_requests/${request.iid}`;
  const approvals = await api.get(`${path}/approvals`, APPROVALS);
  if (!approvals.ok) return approvals;
  const versions = await api.list(`${path}/versions`, { item: VERSION, limit: VERSIONS_MAX });
  if (!versions.ok) return versions;
  const reviewers = await api.list(`${path}/reviewers`, { item: REVIEWER, limit: REVIEWERS_MAX });
  if (!reviewers.ok) return reviewers;
  const notes = await api.list(`${path}/notes?activity_filter=only_activity&sort=asc`, {
    ...{ item: NOTE, limit: NOTES_MAX },
  });
  if (!notes.ok) return notes;
  const events = await pushEventsOf(here, request);
  if (!events.ok) return events;
  const opposing = opposers(reviewers.value, notes.value);
  const approved = approvals.value.approved_by;
  const accounts = await accountsOf(here, [
    request.author,
    ...approved.map(({ user }) => user),
    ...opposing.map(({ user }) => user),
    ...(events.value ?? []).map(({ author }) => author),
  ]);
  if (accounts === null || !accounts.ok) return accounts;
  const objections = await objectionsOf(here, request, { opposing, accounts: accounts.value });
  if (!objections.ok) return objections;
  const given = { approved, versions: versions.value, opposing };
  const { counted, uncounted } = approvalsOf(request, given, accounts.value);
  const pushes = events.value === null ? null : pushesOf(events.value, accounts.value);
  return {
    ok: true,
    value: {
      ...{ reviews: [...counted, ...objections.value], uncounted, pushes },
      late: pushes !== null && pushes[0]?.after !== request.sha,
      opener: accounts.value(request.author),
    },
  };
}

type Opposing = { readonly user: GitlabUser; readonly at: number };

const OPPOSES = "requested changes";
const APPROVES = "approved this merge request";

/**
 * Who asked for changes and has not approved since. A reviewer who is taken off the list, or whose
 * review is asked for again, has not changed their mind (65): GitLab's own record of it stays.
 */
function opposers(
  reviewers: readonly z.output<typeof REVIEWER>[],
  notes: readonly Note[],
): readonly Opposing[] {
  const last = new Map<number, Opposing & { readonly says: string }>();
  for (const { system, author, body, created_at } of notes)
    if (system && author && (body === OPPOSES || body === APPROVES))
      last.set(author.id, { user: author, at: Date.parse(created_at), says: body });
  const recorded = [...last.values()].filter(({ says }) => says === OPPOSES);
  const shown = reviewers
    .filter(({ state }) => state === "requested_changes")
    .map(({ user }) => ({ user, at: last.get(user.id)?.at ?? 0 }));
  return [...new Map([...recorded, ...shown].map((one) => [one.user.id, one])).values()];
}

type Objecting = { readonly opposing: readonly Opposing[]; readonly accounts: Accounts };

/** Anybody may review a public project; that somebody may push there tells who is of the house. */
const DEVELOPER = 30;

async function objectionsOf(
  { api, at: project }: Here,
  { iid }: MergeRequest,
  { opposing, accounts }: Objecting,
): Promise<FromForge<readonly ForgeReview[]>> {
  const found: ForgeReview[] = [];
  for (const { user, at } of opposing) {
    const member = await api.get(`${project}/members/all/${user.id}`, MEMBER);
    if (!member.ok && member.failure.kind !== "absent") return member;
    found.push({
      ...{ id: `${iid}:${user.id}:changes`, says: "opposes", opposed: null, dismissedBy: null },
      by: accounts(user, member.ok && member.value.access_level >= DEVELOPER),
      ...{ head: "", at, reason: OPPOSES },
    });
  }
  return { ok: true, value: found };
}

type Given = {
  readonly approved: readonly Approval[];
  readonly versions: readonly Version[];
  readonly opposing: readonly Opposing[];
};

/**
 * A page that was loaded before a push still offers to approve, and nobody has read a change this
 * soon; clocks of one GitLab's machines differ by less.
 */
const READ_MS = 30_000;

/**
 * Approvals of the head. GitLab keeps of an approval who gave it and when, not of which commit: so it
 * counts where since before it was given the merge request has had this head without a break.
 */
function approvalsOf(
  request: MergeRequest & { readonly sha: string },
  { approved, versions, opposing }: Given,
  accounts: Accounts,
): { readonly counted: readonly ForgeReview[]; readonly uncounted: readonly Uncounted[] } {
  const since = headSince(versions, request.sha);
  const against = new Set(opposing.map(({ user }) => user.id));
  const counted: ForgeReview[] = [];
  const uncounted: Uncounted[] = [];
  for (const { user, approved_at } of approved) {
    const at = approved_at ? Date.parse(approved_at) : null;
    const by = accounts(user);
    const why = against.has(user.id)
      ? "they asked for changes since, or GitLab shows that they still do"
      : user.state !== undefined && user.state !== "active"
        ? "their account is not active"
        : by.kind === "machine"
          ? "it is a bot's"
          : whyNot(at, since);
    if (why !== null || at === null) {
      uncounted.push({ username: user.username, why: why ?? "" });
      continue;
    }
    counted.push({
      ...{ id: `${request.iid}:${user.id}:${at}`, by, says: "approves", opposed: null },
      ...{ dismissedBy: null, head: request.sha, at, reason: "" },
    });
  }
  return { counted, uncounted };
}

function whyNot(at: number | null, since: number | null): string | null {
  if (at === null) return "this GitLab does not tell when it was given";
  if (since === null) return "GitLab has not taken in the newest push yet";
  if (at < since) return "it was given before the newest push";
  return at < since + READ_MS
    ? `it was given within ${READ_MS / 1_000} seconds of the newest push, before anybody can have read it`
    : null;
}

/** Since when a merge request has this head; `null`: its newest version has another one. */
function headSince(versions: readonly Version[], head: string): number | null {
  const newestFirst = versions.toSorted((a, b) => b.id - a.id);
  const other = newestFirst.findIndex((version) => version.head_commit_sha !== head);
  const of = newestFirst.slice(0, other < 0 ? newestFirst.length : other);
  const oldest = of.at(-1);
  return oldest === undefined ? null : Date.parse(oldest.created_at);
}
