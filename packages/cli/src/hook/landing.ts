// SPDX-License-Identifier: Apache-2.0
/** A ref update as the change that it would be. */
import { GateError } from "@interlock/core";
import type { Commit, Repository } from "@interlock/facts";
import { broughtBy, COMMITS_MAX, EMPTY_TREES, type Subject } from "../judge/subject.ts";
import { isNothing, type RefUpdate } from "./push.ts";

export type Landing = {
  readonly update: RefUpdate;
  readonly subject: Subject;
  /** The commit that the change is compared with; `null` where there is nothing. */
  readonly base: string | null;
  readonly head: string;
  /** Tree of what lands: whatever git was pushed is what the ref will show. */
  readonly tree: string;
  /** The protected ref that a new ref is compared with. */
  readonly comparedWith: string | null;
  /** Newest first: what is no longer on the ref afterwards. */
  readonly dropped: readonly Commit[];
  readonly droppedMore: boolean;
};

/** A protected ref as it is before the push. */
export type Standing = { readonly ref: string; readonly id: string };

/**
 * What an update would land. A push moves the ref to exactly the new commit, so the merge result is
 * that commit's tree, forced or not, and the change is from the old tip to it. A new ref is compared
 * with a protected one that stands already, whose policy also judges: else whoever may name a ref
 * would choose its rules. Throws `GateError` for what is no commit.
 */
export async function landingOf(
  repository: Repository,
  update: RefUpdate,
  standing: Standing | null,
): Promise<Landing> {
  const isNew = isNothing(update.old);
  const head = await commitOf(repository, update.new, update.ref);
  const base = isNew ? (standing?.id ?? null) : await commitOf(repository, update.old, update.ref);
  const tip = await repository.commit(head);
  if (tip === null) throw unreadableTip(update.ref, head);
  const brought = await broughtBy(repository, head, base);
  const dropped = isNew || base === null ? NOTHING : await droppedBy(repository, head, base);
  const before = base ?? EMPTY_TREES[repository.objectFormat];
  return {
    update,
    base,
    head,
    tree: tip.tree,
    comparedWith: isNew ? (standing?.ref ?? null) : null,
    ...dropped,
    subject: {
      kind: "range",
      // A ref that goes back brings nothing; its tip still says what is being landed.
      commits: brought.commits.length === 0 ? [tip] : brought.commits,
      unseen: brought.unseen,
      before: base,
      after: head,
      change: await repository.compare(before, head, true),
      now: Date.now(),
      id: update.ref,
    },
  };
}

const NOTHING = { dropped: [], droppedMore: false };

async function droppedBy(
  repository: Repository,
  head: string,
  base: string,
): Promise<Pick<Landing, "dropped" | "droppedMore">> {
  const options = { to: base, not: head, max: COMMITS_MAX + 1, everyParent: true };
  const ids = await repository.history(options);
  const read = await Promise.all(ids.slice(0, COMMITS_MAX).map((id) => repository.commit(id)));
  return {
    dropped: read.filter((commit) => commit !== null),
    droppedMore: ids.length > COMMITS_MAX,
  };
}

/** Follows a tag to its commit. */
async function commitOf(repository: Repository, id: string, ref: string): Promise<string> {
  try {
    return await repository.resolve(id);
  } catch (error) {
    if (!(error instanceof GateError) || error.code !== "NO_SUCH_REVISION") throw error;
    throw new GateError(
      "INPUT_INVALID",
      `\`${ref}\` would point to \`${id.slice(0, 12)}\`, which is no commit and leads to none`,
      "push a commit, or a tag of one",
    );
  }
}

const unreadableTip = (ref: string, id: string): GateError =>
  new GateError(
    "GIT_UNUSABLE",
    `the commit \`${id.slice(0, 12)}\` for \`${ref}\` cannot be read`,
    "push again; if that does not help, check the repository with `git fsck`",
  );

/** The protected refs that stand, the default branch first, then by name. */
export async function standingRefs(
  repository: Repository,
  isProtected: (ref: string) => boolean,
): Promise<readonly Standing[]> {
  const { refs } = await repository.refs("refs/");
  const main = await repository.branch();
  return refs
    .filter(({ name }) => isProtected(name))
    .map(({ name, target }) => ({ ref: name, id: target }))
    .sort((a, b) => Number(b.ref === main) - Number(a.ref === main) || (a.ref < b.ref ? -1 : 1));
}
