// SPDX-License-Identifier: Apache-2.0
/** What is judged: a commit, a range as it would land, or the staging area. */
import { type Facts, GateError } from "@interlock/core";
import type { Commit, Repository, TreeChange } from "@interlock/facts";

/** More commits than this in one change, and who contributed to it counts as unknown. */
export const COMMITS_MAX = 1_000;
const CONFLICTS_SHOWN = 5;

export type Subject = {
  readonly kind: Facts["change"]["kind"];
  /** Oldest first; all that the change brings, on every side of a merge. */
  readonly commits: readonly Commit[];
  /** Why `commits` are not all; `null` when they are. */
  readonly unseen: string | null;
  /** Commit before the change, which may be missing; `null` before the first. */
  readonly before: string | null;
  readonly after: string;
  readonly change: TreeChange;
  /** Milliseconds since 1970 UTC. */
  readonly now: number;
  readonly id: string;
};

/** Throws `GateError` EMPTY_REPOSITORY, NO_SUCH_REVISION or INPUT_INVALID. */
export async function subjectOf(
  repository: Repository,
  range: string | undefined,
  staged: boolean,
): Promise<Subject> {
  if (!staged) return rangeSubject(repository, range ?? "HEAD");
  if (range === undefined) return stagedSubject(repository);
  throw new GateError(
    "USAGE",
    `\`--staged\` and \`${range}\` name two different changes`,
    "give one of them",
  );
}

/** A branch without commits is told apart from a name that nothing has. */
async function resolved(repository: Repository, revision: string): Promise<string> {
  try {
    return await repository.resolve(revision);
  } catch (error) {
    if (!(error instanceof GateError) || error.code !== "NO_SUCH_REVISION" || revision !== "HEAD")
      throw error;
    const branch = await repository.branch();
    if (branch === "HEAD") throw error;
    throw new GateError(
      "EMPTY_REPOSITORY",
      `the branch \`${branch.replace("refs/heads/", "")}\` has no commit yet`,
      "commit something first, name another branch, or judge the staged files with `interlock check --staged`",
    );
  }
}

async function stagedSubject(repository: Repository): Promise<Subject> {
  const tree = await repository.stagedTree();
  if (tree === null)
    throw new GateError(
      "INPUT_INVALID",
      "the staging area holds unresolved conflicts, or there is none",
      "resolve them with `git mergetool` and stage the result",
    );
  const before = await headOf(repository);
  return {
    kind: "index",
    commits: [],
    unseen: null,
    before,
    after: tree,
    change: await repository.compare(before ?? EMPTY_TREES[repository.objectFormat], tree, true),
    now: Date.now(),
    id: "staged",
  };
}

/** `null` before the first commit. */
async function headOf(repository: Repository): Promise<string | null> {
  try {
    return await resolved(repository, "HEAD");
  } catch (error) {
    if (error instanceof GateError && error.code === "EMPTY_REPOSITORY") return null;
    throw error;
  }
}

/** Git's well-known ids of the tree without files. */
export const EMPTY_TREES = {
  sha1: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
  sha256: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
} as const;

async function rangeSubject(repository: Repository, range: string): Promise<Subject> {
  const dots = /^(.*?)\.\.\.?(.*)$/.exec(range);
  if (dots === null) return commitSubject(repository, await resolved(repository, range));
  const from = await resolved(repository, dots[1] === "" ? "HEAD" : (dots[1] ?? ""));
  const to = await resolved(repository, dots[2] === "" ? "HEAD" : (dots[2] ?? ""));
  const { commits, unseen } = await broughtBy(repository, to, from);
  const last = commits[commits.length - 1];
  if (last === undefined && unseen === null)
    throw new GateError(
      "INPUT_INVALID",
      `\`${range}\` holds no commit`,
      "name an older commit first: `OLD..NEW`",
    );
  const newest = last ?? (await repository.commit(to));
  return {
    kind: "range",
    commits,
    unseen,
    before: from,
    ...(await landed(repository, range, { from, to })),
    now: newest?.committer.at ?? 0,
    id: range,
  };
}

/** The target as it would be after the range landed; what cannot be merged is held, with the reason. */
async function landed(
  repository: Repository,
  range: string,
  ends: { readonly from: string; readonly to: string },
): Promise<Pick<Subject, "after" | "change">> {
  const { from, to } = ends;
  try {
    const merged = await repository.mergeTree(from, to);
    if ("tree" in merged)
      return { after: merged.tree, change: await repository.compare(from, merged.tree, true) };
    const more = merged.conflicts.length - CONFLICTS_SHOWN;
    const names = merged.conflicts.slice(0, CONFLICTS_SHOWN).map((path) => `\`${path}\``);
    const because = `\`${range}\` does not merge: ${names.join(", ")}${more > 0 ? ` and ${more} more` : ""} conflict`;
    const help = "rebase onto the target or merge it first; a conflict cannot be judged";
    return { after: to, change: unreadable({ because, help }) };
  } catch (error) {
    if (!(error instanceof GateError) || error.code !== "GIT_UNUSABLE") throw error;
    const help = repository.isShallow
      ? "this is a shallow clone: run `git fetch --unshallow`"
      : "check that both sides share a history, and the repository with `git fsck`";
    return { after: to, change: unreadable({ because: error.message, help }) };
  }
}

const unreadable = (incomplete: NonNullable<TreeChange["incomplete"]>): TreeChange => ({
  commit: "",
  entries: [],
  truncated: true,
  incomplete,
});

async function commitSubject(repository: Repository, id: string): Promise<Subject> {
  const commit = await repository.commit(id);
  if (commit === null)
    throw new GateError(
      "NO_SUCH_REVISION",
      `the commit \`${id.slice(0, 12)}\` cannot be read`,
      "fetch it, or check the repository with `git fsck`",
    );
  const [first, ...others] = commit.parents;
  const brought =
    first === undefined || others.length === 0
      ? { commits: [commit], unseen: null }
      : await broughtBy(repository, id, first);
  return {
    kind: "commit",
    ...brought,
    before: first ?? null,
    after: id,
    change: await changeOf(repository, id),
    now: commit.committer.at,
    id,
  };
}

/** Against the first parent, as in a history; a parent that is missing leaves the change unreadable. */
async function changeOf(repository: Repository, id: string): Promise<TreeChange> {
  for await (const change of repository.changes([id], true)) return change;
  return unreadable({ because: "the commit gave no change", help: "check it with `git fsck`" });
}

/**
 * Everything that landing `to` on `from` (`null`: on nothing) brings: whoever wrote a part of it may not approve it, on
 * whichever side of a merge it was written. by (two-people)
 */
export async function broughtBy(
  repository: Repository,
  to: string,
  from: string | null,
): Promise<Pick<Subject, "commits" | "unseen">> {
  const base = from === null ? {} : { not: from };
  const options = { to, ...base, max: COMMITS_MAX + 1, everyParent: true };
  let ids: readonly string[];
  try {
    ids = await repository.history(options);
  } catch (error) {
    if (!(error instanceof GateError) || error.code !== "GIT_UNUSABLE") throw error;
    const own = await repository.commit(to);
    return { commits: own === null ? [] : [own], unseen: error.message };
  }
  const read = await Promise.all(ids.slice(0, COMMITS_MAX).map((id) => repository.commit(id)));
  const commits = read.filter((commit) => commit !== null).reverse();
  const missing = read.length - commits.length;
  if (missing > 0) return { commits, unseen: `${missing} of its commits cannot be read` };
  return {
    commits,
    unseen: ids.length > COMMITS_MAX ? `it brings more than ${COMMITS_MAX} commits` : null,
  };
}
