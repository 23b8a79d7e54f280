// SPDX-License-Identifier: Apache-2.0
/** What people said on a forge, as evidence of a decision. */
import {
  type Approval,
  contributorsOf,
  type Facts,
  isUnknown,
  type PersonGraph,
  personGraph,
  type Rejection,
  type StatementEvidence,
} from "@interlock/core";
import { type BoundReview, bindReviews, type Store, transaction } from "@interlock/store";
import type { Answer, Refusal } from "../http/bind.ts";
import { accountIn, type Reviewer } from "./accounts.ts";

/**
 * A review that says something, as the forge has it now. `dismissed`: it was taken back, by somebody;
 * `opposed` tells whether it opposed before, and is `null` where the forge does not say.
 */
export type ForgeReview = {
  /** The forge's id of it. */
  readonly id: string;
  readonly by: Reviewer;
  readonly says: "approves" | "opposes" | "dismissed";
  readonly opposed: boolean | null;
  readonly dismissedBy: Reviewer | null;
  /** The commit that was looked at. */
  readonly head: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly reason: string;
};

/** Of each person the last word counts. A word that was dismissed brings back none before it (32). */
export function lastWords(reviews: readonly ForgeReview[]): readonly ForgeReview[] {
  const last = new Map<string, ForgeReview>();
  for (const review of reviews) last.set(review.by.id, review);
  return [...last.values()];
}

export type Occasion = {
  readonly forge: string;
  readonly repository: string;
  readonly head: string;
  /** What reviewers of this head were shown: the content that was judged last, or that of now. */
  readonly shown: string | null;
  readonly now: number;
};

/**
 * Binds approvals to the content that they are about. A review names a commit, and what that commit
 * would do changes when its target moves: so it counts for the content that was shown for this commit
 * when the review was first seen, and for no other, ever. by (bound)
 */
export async function bound(
  store: Store,
  { forge, repository, head, shown, now }: Occasion,
  reviews: readonly ForgeReview[],
): Promise<Answer<ReadonlyMap<string, string>>> {
  const wanted: BoundReview[] =
    shown === null
      ? []
      : reviews
          .filter((review) => review.says === "approves" && review.head === head)
          .map((review) => ({ review: review.id, head, digest: shown, boundAt: now }));
  const done = await transaction<readonly BoundReview[]>(
    store,
    async (tx) => ({ ok: true, value: await bindReviews(tx, { forge, repository }, wanted) }),
    { isolation: "read committed" },
  );
  if (done.kind !== "committed") return { ok: false, failure: NOT_BOUND };
  return {
    ok: true,
    value: new Map(
      done.value.filter((one) => one.head === head).map(({ review, digest }) => [review, digest]),
    ),
  };
}

const NOT_BOUND: Refusal = {
  code: "STORE_UNREACHABLE",
  message: "what the reviews are about could not be kept",
  help: "try again",
};

/**
 * Reviews as evidence. An approval is a statement without rules, about the content it is bound to;
 * whether its giver may approve is for `decide`. An opposing review counts for every content until its
 * giver says otherwise, or somebody dismisses it who had no part in the change (65).
 */
export function reviewEvidence(
  facts: Facts,
  reviews: readonly ForgeReview[],
  { digests, now }: { readonly digests: ReadonlyMap<string, string>; readonly now: number },
): StatementEvidence {
  const { digest: current, target } = facts.change;
  const graph = isUnknown(facts.people) ? null : personGraph(facts.people);
  const words = lastWords(reviews);
  const approvals = words.flatMap((review): readonly Approval[] => {
    const digest = digests.get(review.id);
    if (review.says !== "approves" || review.by.kind !== "human") return [];
    if (digest === undefined || digest !== current) return [];
    return [
      {
        ...{ by: accountIn(graph, review.by), digest, via: "review", withdrawn: false, target },
        // The forge's clock may be ahead of ours; what it shows has been said.
        at: Math.min(review.at, now),
        ...{ environment: "", naming: [] },
      },
    ];
  });
  const rejections = words.flatMap((review): readonly Rejection[] => {
    if (review.by.kind !== "human" || !opposes(review, facts, graph)) return [];
    const at = Math.min(review.at, now);
    const digest = isUnknown(current) ? "" : current;
    return [{ by: accountIn(graph, review.by), digest, at, reason: review.reason, closed: false }];
  });
  return { approvals, rejections };
}

function opposes(review: ForgeReview, facts: Facts, graph: PersonGraph | null): boolean {
  // Anybody may review a public repository; who is nobody here does not stop a change.
  if (graph !== null && graph.resolve(accountIn(graph, review.by)).kind !== "person")
    if (!review.by.member) return false;
  if (review.says === "opposes") return true;
  if (review.says === "approves" || review.opposed === false) return false;
  const { dismissedBy } = review;
  if (dismissedBy === null || graph === null) return true;
  if (dismissedBy.id === review.by.id) return false;
  const who = graph.resolve(accountIn(graph, dismissedBy));
  if (who.kind !== "person" || who.agent || !who.active) return true;
  return contributorsOf(facts.change, graph).persons.has(who.id);
}
