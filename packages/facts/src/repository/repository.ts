// SPDX-License-Identifier: Apache-2.0
import { digestOf } from "@interlock/digest";
import { type Commit, parseCommit } from "./commit.ts";
import { emptyRepository, noSuchRevision, notARepository } from "./failure.ts";
import { type Location, locate } from "./locate.ts";
import { type GitObject, hashBlob, ObjectReader } from "./objects.ts";
import { pathText } from "./path.ts";
import { git, gitStream } from "./process.ts";
import { bareEnvironment, copyIndex, openSandbox, type Sandbox } from "./sandbox.ts";
import { changesOf, compareTrees, type TreeChange } from "./tree-change.ts";

export type TreeItem = { readonly path: string; readonly mode: string; readonly oid: string };

/** A repository opened for reading. `close` ends its processes and removes its private directory. */
export type Repository = {
  readonly location: Location;
  readonly resolve: (revision: string) => Promise<string>;
  readonly commit: (id: string) => Promise<Commit | null>;
  readonly object: (oid: string, limit: number) => Promise<GitObject>;
  /** The blob at a path of a commit or tree. */
  readonly at: (tree: string, path: string, limit: number) => Promise<GitObject>;
  readonly hash: (oid: string) => Promise<string>;
  readonly compare: (from: string, to: string, renames: boolean) => Promise<TreeChange>;
  readonly changes: (commits: readonly string[], renames: boolean) => AsyncGenerator<TreeChange>;
  /** First-parent history, newest first, without the commits reachable from `not`. */
  readonly history: (options: HistoryOptions) => Promise<readonly string[]>;
  /** The tree that committing the staging area would give, or `null` when it is in conflict. */
  readonly stagedTree: () => Promise<string | null>;
  /** Files of a tree under a folder, at most 10,000. */
  readonly list: (tree: string, folder: string) => Promise<readonly TreeItem[]>;
  readonly mergeTree: (
    target: string,
    head: string,
  ) => Promise<{ readonly tree: string } | { readonly conflicts: readonly string[] }>;
  readonly branch: () => Promise<string>;
  readonly identity: () => Promise<string>;
  readonly isShallow: boolean;
  readonly close: () => void;
};

export type HistoryOptions = {
  readonly to: string;
  readonly not?: string;
  /** Committed at or after, in milliseconds. */
  readonly since?: number;
  readonly max?: number;
};

const LISTED_MAX = 10_000;

/** Opens the repository that a path lies in. Throws `GateError` NOT_A_REPOSITORY. */
export async function openRepository(path: string): Promise<Repository> {
  const location = locate(path);
  if (location === null) throw notARepository(path);
  const sandbox = openSandbox(location);
  const objects = new ObjectReader(sandbox.env);
  const { env } = sandbox;
  const shallow = await isShallow(sandbox);
  return {
    location,
    resolve: (revision) => resolveRevision(location, revision),
    commit: async (id) => {
      const object = await objects.read(id, 10_000_000);
      return object.kind === "content" && object.type === "commit"
        ? parseCommit(id, object.bytes)
        : null;
    },
    object: (oid, limit) => objects.read(oid, limit),
    at: (tree, path, limit) => objects.readPath(tree, path, limit),
    hash: (oid) => hashBlob(env, oid),
    compare: (from, to, renames) => compareTrees(from, to, { env, renames }),
    changes: (commits, renames) => changesOf(commits, { env, renames }),
    history: (options) => history(env, options),
    stagedTree: () => stagedTree(location, sandbox),
    list: (tree, folder) => listTree(env, tree, folder),
    mergeTree: (target, head) => mergeTree(env, target, head),
    branch: () => branchOf(location),
    identity: () => identityOf(location, env),
    isShallow: shallow,
    close: () => {
      objects.close();
      sandbox.close();
    },
  };
}

async function isShallow(sandbox: Sandbox): Promise<boolean> {
  const answer = await git({
    env: sandbox.env,
    args: ["rev-parse", "--is-shallow-repository"],
    what: "look at the repository",
  });
  return answer.toString("latin1").trim() === "true";
}

/** Names are looked up in the repository's own directory: refs are data, and nothing there is run. */
async function resolveRevision(location: Location, revision: string): Promise<string> {
  const env = bareEnvironment(location.gitDir);
  const quiet = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"];
  try {
    const id = await git({
      env,
      args: [
        ...quiet,
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        `${revision}^{commit}`,
      ],
      what: `find \`${revision}\``,
    });
    return id.toString("latin1").trim();
  } catch (error) {
    if (revision === "HEAD" && !(await hasCommits(env))) throw emptyRepository(location.gitDir);
    if (error instanceof Error && /could not be started/.test(error.message)) throw error;
    throw noSuchRevision(revision);
  }
}

async function hasCommits(env: Readonly<Record<string, string>>): Promise<boolean> {
  const any = await git({
    env,
    args: ["rev-list", "--all", "--max-count=1"],
    what: "look for commits",
  });
  return any.length > 0;
}

async function history(
  env: Readonly<Record<string, string>>,
  options: HistoryOptions,
): Promise<readonly string[]> {
  const args = ["rev-list", "--first-parent"];
  if (options.max !== undefined) args.push(`--max-count=${options.max}`);
  if (options.since !== undefined) args.push(`--since=${Math.floor(options.since / 1_000)}`);
  args.push("--end-of-options", options.to);
  if (options.not !== undefined) args.push(`^${options.not}`);
  const out = await git({ env, args, what: "walk the history" });
  return out
    .toString("latin1")
    .split("\n")
    .filter((l) => l !== "");
}

async function stagedTree(location: Location, sandbox: Sandbox): Promise<string | null> {
  if (!copyIndex(location, sandbox)) return null;
  const unmerged = await git({
    env: sandbox.env,
    args: ["ls-files", "--unmerged", "-z"],
    what: "read the staging area",
  });
  if (unmerged.length > 0) return null;
  const tree = await git({
    env: sandbox.env,
    args: ["write-tree", "--missing-ok"],
    what: "read the staging area",
  });
  return tree.toString("latin1").trim();
}

async function listTree(
  env: Readonly<Record<string, string>>,
  tree: string,
  folder: string,
): Promise<readonly TreeItem[]> {
  const args = [
    "ls-tree",
    "-r",
    "-z",
    "--full-tree",
    "--end-of-options",
    tree,
    ...(folder === "" ? [] : [`${folder.replace(/\/$/, "")}/`]),
  ];
  const out = await git({ env, args, what: "list files" });
  const items: TreeItem[] = [];
  let from = 0;
  for (
    let end = out.indexOf(0);
    end >= 0 && items.length < LISTED_MAX;
    end = out.indexOf(0, from)
  ) {
    const record = out.subarray(from, end);
    const tab = record.indexOf(9);
    const [mode, , oid] = record.toString("latin1", 0, tab).split(" ");
    items.push({ path: pathText(record.subarray(tab + 1)), mode: mode ?? "", oid: oid ?? "" });
    from = end + 1;
  }
  return items;
}

/** Merges in memory and in the private directory; neither the repository nor its drivers take part. */
async function mergeTree(
  env: Readonly<Record<string, string>>,
  target: string,
  head: string,
): Promise<{ readonly tree: string } | { readonly conflicts: readonly string[] }> {
  // git says the tree on exit 0; on a conflict it exits 1 after naming the paths.
  const args = ["merge-tree", "--write-tree", "--name-only", "-z", "--no-messages", target, head];
  let text = "";
  try {
    for await (const chunk of gitStream({ env, args, what: "merge" }))
      text += chunk.toString("utf8");
    return { tree: text.split("\0")[0] ?? "" };
  } catch (error) {
    if (text === "") throw error;
    return {
      conflicts: text
        .split("\0")
        .slice(1)
        .filter((p) => p !== ""),
    };
  }
}

async function branchOf(location: Location): Promise<string> {
  const env = bareEnvironment(location.gitDir);
  try {
    const name = await git({ env, args: ["symbolic-ref", "--quiet", "HEAD"], what: "read HEAD" });
    return name.toString("utf8").trim();
  } catch {
    // A detached HEAD has no branch; the change then has no target ref of its own.
    return "HEAD";
  }
}

/** The same for every clone: a digest over the root commits; a shallow clone knows only its edge. */
async function identityOf(
  location: Location,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const head = await resolveRevision(location, "HEAD");
  const roots = await git({
    env,
    args: ["rev-list", "--max-parents=0", "--first-parent", head],
    what: "find the first commit",
  });
  return `git:${digestOf("interlock/repository/v1", roots.toString("latin1").trim().split("\n").sort()).slice(0, 32)}`;
}
