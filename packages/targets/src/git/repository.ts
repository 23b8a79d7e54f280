// SPDX-License-Identifier: Apache-2.0
import { answered, away, codeOf, damaged, failed, refused, textOf } from "../failure.ts";
import type { Answered, TargetFailure } from "../target.ts";
import { type GitEnd, type GitRun, runGit } from "./run.ts";
import { openSandbox, type Sandbox, UnknownFormat } from "./sandbox.ts";
import type { GitSettings } from "./settings.ts";
import { contentsOf, type Entry, treeOf } from "./tree.ts";

/** A repository whose commits can be read; `tip` of a branch is `null` before its first commit. */
export type Repository = {
  readonly sandbox: Sandbox;
  readonly settings: GitSettings;
  readonly run: (args: readonly string[], more?: Partial<GitRun>) => Promise<GitEnd>;
  readonly tip: (branch: string) => Promise<Answered<string | null>>;
  readonly files: (
    tip: string | null,
    folder: string,
  ) => Promise<Answered<ReadonlyMap<string, Entry>>>;
  readonly contents: (ids: readonly string[]) => Promise<Answered<readonly Buffer[]>>;
};

/** Keeps nothing open between calls but a directory. */
export function openRepository(settings: GitSettings): Answered<Repository> {
  let sandbox: Sandbox;
  try {
    sandbox = openSandbox(settings);
  } catch (error) {
    if (error instanceof UnknownFormat)
      return failed(refused(error.message, "use a repository of the ordinary format"));
    if (codeOf(error) === "") throw error;
    return failed(away(textOf(error), "see that the repository is there and may be read"));
  }
  const run: Repository["run"] = (args, more = {}) =>
    runGit({ dir: sandbox.dir, env: sandbox.env, args, waitMs: settings.waitMs, ...more });
  const fetched = new Set<string>();
  return answered({
    sandbox,
    settings,
    run,
    tip: (branch) =>
      settings.isRemote ? remoteTip(settings, run, { branch, fetched }) : localTip(run, branch),
    files: async (tip, folder) => {
      if (tip === null) return answered(new Map());
      const end = await run(["ls-tree", "-r", "-z", "--full-tree", tip, folder]);
      if (end.code !== 0) return failed(gitFailure(end));
      const tree = treeOf(end.out, folder);
      if (!tree.ok) return failed(tree.failure);
      const above = tree.files.size === 0 ? await fileAbove(run, tip, folder) : null;
      return above === null ? answered(tree.files) : failed(above);
    },
    contents: async (ids) => {
      if (ids.length === 0) return answered([]);
      const end = await run(["cat-file", "--batch"], { input: `${ids.join("\n")}\n` });
      if (end.code !== 0) return failed(gitFailure(end));
      const contents = contentsOf(end, ids.length);
      return contents === null
        ? failed(damaged("an object of the tree is missing", "run `git fsck` in the repository"))
        : answered(contents);
    },
  });
}

/** A file above the folder would be replaced by a folder without a word. */
async function fileAbove(
  run: Repository["run"],
  tip: string,
  folder: string,
): Promise<TargetFailure | null> {
  const names = folder.split("/");
  for (const at of names.slice(1).keys()) {
    const above = names.slice(0, at + 1).join("/");
    const end = await run(["cat-file", "-t", `${tip}:${above}`]);
    if (end.code === 0 && end.out.toString().trim() !== "tree")
      return damaged(`\`${above}\` is a file`, "name another folder");
  }
  return null;
}

async function localTip(run: Repository["run"], branch: string): Promise<Answered<string | null>> {
  const end = await run(["rev-parse", "--verify", "--quiet", `refs/heads/${branch}^{commit}`]);
  if (end.code === 1) return answered(null);
  return end.code === 0 ? answered(end.out.toString().trim()) : failed(gitFailure(end));
}

async function remoteTip(
  { repository }: GitSettings,
  run: Repository["run"],
  { branch, fetched }: { readonly branch: string; readonly fetched: Set<string> },
): Promise<Answered<string | null>> {
  const ref = `refs/heads/${branch}`;
  const listed = await run(["ls-remote", "--refs", repository, ref]);
  if (listed.code !== 0) return failed(gitFailure(listed));
  const text = listed.out.toString();
  if (text === "") return answered(null);
  const tip = /^([0-9a-f]{40})\t/.exec(text)?.[1];
  if (tip === undefined)
    return failed(damaged("the server's list of refs is no such list", "see what answers there"));
  if (fetched.has(tip)) return answered(tip);
  const options = ["--depth=1", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"];
  const end = await run(["fetch", "--quiet", ...options, repository, tip]);
  if (end.code !== 0) return failed(gitFailure(end));
  fetched.add(tip);
  return answered(tip);
}

/** Of a git that could not do what has no effect. */
export function gitFailure({ says }: GitEnd): TargetFailure {
  if (/Authentication failed|could not read Username|403|401/.test(says))
    return refused(`the server refused: ${says}`, "correct `user` and `token`");
  return away(`git could not do it: ${says}`, "see that the repository is there, then try again");
}
