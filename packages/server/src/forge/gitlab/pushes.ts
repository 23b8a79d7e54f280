// SPDX-License-Identifier: Apache-2.0
/** Who moved the branch that a merge request comes from, in GitLab's own record. */
import type { z } from "zod";
import type { FromForge } from "../failure.ts";
import type { SeenPush } from "../judging.ts";
import type { Accounts, Here } from "./project.ts";
import { type GitlabUser, type MergeRequest, PUSH_EVENT } from "./schemas.ts";

/** A movement of one branch. Ids are those of git, zeros for nothing. */
export type Moved = {
  readonly author: GitlabUser | null;
  readonly before: string;
  readonly after: string;
};

type PushEvent = z.output<typeof PUSH_EVENT>;

/** Of all branches of a project. More than that, and who pushed counts as unobserved. */
const EVENTS_MAX = 3_000;
/** Of one branch; more are not handed on, and what they leave out is unobserved. */
const MOVES_MAX = 1_000;
const NOTHING = "0".repeat(40);

/**
 * Newest first, as far back as they follow on each other; `null` where GitLab does not tell. Commits
 * name whomever their writer likes. Of a fork nothing is known here.
 */
export async function pushEventsOf(
  { api, at, project }: Here,
  request: MergeRequest,
): Promise<FromForge<readonly Moved[] | null>> {
  const { source_project_id, source_branch } = request;
  if (source_project_id !== project.id) return { ok: true, value: null };
  const ours = ({ push_data: push }: PushEvent): boolean =>
    push?.ref_type === "branch" && push.ref === source_branch;
  const found = await api.list(`${at}/events?action=pushed&sort=desc`, {
    ...{ item: PUSH_EVENT, limit: EVENTS_MAX },
    // What came before the branch was made was another branch.
    until: (event) => ours(event) && !event.push_data?.commit_from,
  });
  if (!found.ok) {
    // A longer history than we read tells nobody who pushed; so does one that we may not read.
    const untold = found.failure.kind === "unfit" || found.failure.kind === "absent";
    return untold ? { ok: true, value: null } : found;
  }
  const moves = found.value.filter(ours).map(({ author, push_data }) => ({
    author: author ?? null,
    before: push_data?.commit_from ?? NOTHING,
    after: push_data?.commit_to ?? NOTHING,
  }));
  return { ok: true, value: followed(moves) };
}

/**
 * A push of many refs at once is recorded without naming them: where a movement is missing in between,
 * nobody knows who made it, and what came before it does not help.
 */
function followed(moves: readonly Moved[]): readonly Moved[] {
  const broken = moves.findIndex((move, i) => i > 0 && moves[i - 1]?.before !== move.after);
  return moves.slice(0, Math.min(broken < 0 ? moves.length : broken, MOVES_MAX));
}

export const pushesOf = (moves: readonly Moved[], accounts: Accounts): readonly SeenPush[] =>
  moves.map(({ author, before, after }) => ({ by: accounts(author), before, after }));
