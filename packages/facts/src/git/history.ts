// SPDX-License-Identifier: Apache-2.0
import { type Commit, parseCommit } from "./commit.ts";
import { gitFailed } from "./failure.ts";
import type { Layout } from "./layout.ts";
import type { ObjectReader } from "./object-reader.ts";
import { type GitPlace, git } from "./process.ts";
import { type TreeChange, treeChange, unreadableChange } from "./tree-change.ts";
import { fault, type Incomplete } from "./tree-diff.ts";

export type HistoryOptions = {
  readonly to: string;
  readonly not?: string;
  /** Committed at or after, in milliseconds. */
  readonly since?: number;
  readonly max?: number;
  /** Every side of a merge, not the first parent alone; throws where a commit is missing. */
  readonly everyParent?: boolean;
};

const COMMIT_MAX_BYTES = 10_000_000;
/** Changes worked on at a time: enough that git always has something to do. */
const AHEAD = 48;
const DIED = 128;

/**
 * First-parent history, newest first. Where a commit is missing the walk ends with its child, whose
 * change then says so.
 */
export async function walkHistory(
  place: GitPlace,
  reader: ObjectReader,
  options: HistoryOptions,
): Promise<readonly string[]> {
  const every = options.everyParent === true;
  const args = every ? ["rev-list"] : ["rev-list", "--first-parent"];
  if (options.max !== undefined) args.push(`--max-count=${options.max}`);
  if (options.since !== undefined) args.push(`--since=${Math.floor(options.since / 1_000)}`);
  args.push("--end-of-options", options.to);
  if (options.not !== undefined) args.push(`^${options.not}`);
  const what = "walk the history";
  const { out, code } = await git({ place, args, what, alsoOk: [DIED] });
  const ids = out
    .toString("latin1")
    .split("\n")
    .filter((line) => line !== "");
  if (code !== DIED) return ids;
  if (every) throw gitFailed(what, "a commit of the range is missing");
  // With an end to the range git says nothing before it has seen everything.
  const last = ids[ids.length - 1] ?? (options.not === undefined ? options.to : null);
  if (last === null) throw gitFailed(what, "a commit of the range is missing");
  const found = ids.length === 0 ? [last] : ids;
  return [...found, ...(await parentsAfter(reader, last, options))];
}

/** What git was about to list when it met the gap. */
async function parentsAfter(
  reader: ObjectReader,
  last: string,
  options: HistoryOptions,
): Promise<readonly string[]> {
  const more: string[] = [];
  let at = await readCommit(reader, last);
  while (typeof at !== "string") {
    const next: string | undefined = at.parents[0];
    const parent = next === undefined ? "" : await readCommit(reader, next);
    if (typeof parent === "string") return more;
    if (options.since !== undefined && parent.committer.at < options.since) return more;
    more.push(parent.id);
    at = parent;
  }
  return more;
}

/** The commit, or what is wrong with it to follow its id in a sentence. */
export async function readCommit(reader: ObjectReader, id: string): Promise<Commit | string> {
  const object = await reader.read(id, COMMIT_MAX_BYTES);
  if (object.kind !== "content" || object.type !== "commit") return fault(object);
  return parseCommit(id, object.bytes);
}

export type Changes = {
  readonly reader: ObjectReader;
  readonly layout: Pick<Layout, "shallow">;
  readonly renames: boolean;
};

/** Each commit against its first parent (no files for a root), in the order given. */
export async function* changesOf(
  commits: readonly string[],
  options: Changes,
): AsyncGenerator<TreeChange> {
  const ahead: Promise<TreeChange>[] = [];
  const start = (id: string) => {
    const change = changeOf(id, options);
    // Whoever awaits it hears of a failure; until then it must not count as unhandled.
    change.catch(() => undefined);
    ahead.push(change);
  };
  let next = 0;
  while (next < commits.length || ahead.length > 0) {
    while (next < commits.length && ahead.length < AHEAD) start(commits[next++] ?? "");
    const change = await ahead.shift();
    if (change !== undefined) yield change;
  }
}

async function changeOf(id: string, options: Changes): Promise<TreeChange> {
  const { reader, layout, renames } = options;
  const commit = await readCommit(reader, id);
  if (typeof commit === "string") return unreadableChange(id, unreadable(id, commit, layout));
  if (commit.faults.length > 0)
    return unreadableChange(id, {
      because: `the commit \`${id.slice(0, 12)}\` is not as git writes it: ${commit.faults[0]}`,
      help: "check the repository with `git fsck` and make the commit anew",
    });
  const first = commit.parents[0];
  const parent = first === undefined ? null : await readCommit(reader, first);
  if (typeof parent === "string")
    return unreadableChange(id, unreadable(first ?? "", parent, layout));
  return treeChange(
    reader,
    { commit: id, before: parent?.tree ?? null, after: commit.tree },
    { renames },
  );
}

function unreadable(id: string, why: string, layout: Changes["layout"]): Incomplete {
  const shallow = layout.shallow.size > 0 && why === fault({ kind: "missing" });
  return {
    because: `the commit \`${id.slice(0, 12)}\` ${why}${shallow ? ": this is a shallow clone" : ""}`,
    help: shallow
      ? "fetch the whole history with `git fetch --unshallow`"
      : "fetch the missing objects with `git fetch --refetch`, or mend the repository",
  };
}
