// SPDX-License-Identifier: Apache-2.0
/** Measures one change against the recent past of its repository, for the risk score. */
import {
  type HistoryFile,
  historyIndex,
  measure,
  observe,
  type Repository,
  type TreeChange,
} from "@interlock/facts";
import type { RiskView } from "../output/judgement.ts";
import { riskOf } from "./risk.ts";

/** Commits of the past that are looked at: enough for who and when, little enough for a prompt answer. */
const PAST_COMMITS = 200;

export type ChangeToMeasure = {
  readonly change: TreeChange;
  readonly before: string | null;
  readonly authorKey: string;
  readonly subject: string;
  readonly now: number;
};

export async function riskOfChange(
  repository: Repository,
  given: ChangeToMeasure,
): Promise<RiskView> {
  const index = historyIndex({ complete: given.before === null });
  if (given.before !== null) {
    const past = await repository.history({ to: given.before, max: PAST_COMMITS });
    for await (const change of repository.changes([...past].reverse(), false)) {
      const commit = await repository.commit(change.commit);
      if (commit !== null)
        observe(index, {
          authorKey: commit.author.email,
          timeMs: commit.committer.at,
          subject: commit.subject,
          files: historyFiles(change),
          filesCut: change.truncated,
        });
    }
  }
  return riskOf(
    measure(index, {
      authorKey: given.authorKey,
      timeMs: given.now,
      subject: given.subject,
      files: historyFiles(given.change),
      filesCut: given.change.truncated,
    }),
  );
}

export function historyFiles(change: TreeChange): readonly HistoryFile[] {
  return change.entries.map((e) => ({
    path: e.path,
    ...(e.oldPath === null || e.status === "copied" ? {} : { oldPath: e.oldPath }),
    existed: e.status !== "added" && e.status !== "copied",
    added: e.added ?? 0,
    deleted: e.deleted ?? 0,
  }));
}
