// SPDX-License-Identifier: Apache-2.0
import { gitFailed } from "./failure.ts";
import { pathText } from "./path.ts";
import { type GitPlace, git } from "./process.ts";

/** The tree that merging would give, or the paths that conflict, sorted. */
export type MergeResult = { readonly tree: string } | { readonly conflicts: readonly string[] };

const CONFLICT = 1;
const CONFLICTS_MAX = 1_000;

/**
 * Merges in memory; what git must write goes into the private directory. No driver of the repository
 * takes part, and its attributes neither: where `merge=union` would have hidden a conflict, this says
 * conflict.
 */
export async function mergeTrees(
  place: GitPlace,
  target: string,
  head: string,
): Promise<MergeResult> {
  const what = "merge the change with its target";
  const { out, code } = await git({
    place,
    args: [
      "merge-tree",
      "--write-tree",
      "--name-only",
      "--no-messages",
      "-z",
      "--end-of-options",
      target,
      head,
    ],
    what,
    alsoOk: [CONFLICT],
  });
  const end = out.indexOf(0);
  const tree = out.toString("latin1", 0, Math.max(0, end)).trim();
  if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(tree)) throw gitFailed(what, "it named no tree");
  if (code !== CONFLICT) return { tree };
  const conflicts = new Set<string>();
  for (let from = end + 1; from < out.length && conflicts.size < CONFLICTS_MAX; ) {
    const to = out.indexOf(0, from);
    const name = out.subarray(from, to < 0 ? out.length : to);
    if (name.length > 0) conflicts.add(pathText(name));
    from += name.length + 1;
  }
  return { conflicts: [...conflicts].sort() };
}
