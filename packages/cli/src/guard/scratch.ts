// SPDX-License-Identifier: Apache-2.0
/**
 * A change of keys as a change in Git, in memory: its tree before and after holds the keys that are
 * touched, beside the gate's own files, which are the same on both sides.
 */
import { keptRepository, type Repository } from "@interlock/facts";
import type { GateFile } from "./gate-files.ts";
import type { Effect } from "./plan.ts";

export type Scratch = {
  readonly repository: Repository;
  /** Commits; equal for equal content. */
  readonly before: string;
  readonly after: string;
};

/** Who asked stands in the question; a commit of the guard's own speaks of nobody, and of no time. */
const AUTHOR = "interlock guard <guard@invalid> 0 +0000";

/** Throws `GateError` where the paths of the gate's files cannot stand beside those of keys. */
export function scratchOf(effects: readonly Effect[], gate: readonly GateFile[]): Scratch {
  const side = (of: "before" | "after") =>
    new Map([
      ...effects.flatMap(({ path, [of]: bytes }) =>
        bytes === null ? [] : [[path, bytes] as const],
      ),
      ...gate.map(({ path, bytes }) => [path, bytes] as const),
    ]);
  const { repository, commits } = keptRepository([side("before"), side("after")], AUTHOR);
  const [before = "", after = ""] = commits;
  return { repository, before, after };
}
