// SPDX-License-Identifier: Apache-2.0
/** Measures one change against the recent past of its repository, for the risk score. */
import { GateError } from "@interlock/core";
import {
  type HistoryFile,
  type HistoryIndex,
  historyIndex,
  type Measured,
  measure,
  observe,
  type Repository,
  type TreeChange,
} from "@interlock/facts";
import type { RiskView } from "../output/judgement.ts";
import { riskOf } from "./risk.ts";
import type { Subject } from "./subject.ts";

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
  await readPast(repository, given.before, { index, isLate: () => false });
  return riskOf(measured(index, given).values);
}

/** Somebody waits for their push meanwhile, and the score decides nothing. */
const MOST_MS = 2_000;

/**
 * The features of a change for a gate, as `check` measures them; `undefined`, which is unknown, where
 * the past cannot be read or takes longer than a push should wait for it.
 */
export async function historyOf(
  repository: Repository,
  subject: Subject,
  clock: () => number = Date.now,
): Promise<Readonly<Record<string, number>> | undefined> {
  const given = changeToMeasure(subject);
  if (given.change.incomplete !== null) return undefined;
  const index = historyIndex({ complete: given.before === null });
  const until = clock() + MOST_MS;
  try {
    const isWhole = await readPast(repository, given.before, {
      index,
      isLate: () => clock() > until,
    });
    if (!isWhole) return undefined;
  } catch (error) {
    if (error instanceof GateError) return undefined;
    throw error;
  }
  const known = Object.entries(measured(index, given).values).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return Object.fromEntries(known);
}

/** What the newest commit says of the change stands for all of it. */
export function changeToMeasure({ change, before, commits, now }: Subject): ChangeToMeasure {
  const last = commits[commits.length - 1];
  return {
    ...{ change, before, now },
    authorKey: last?.author.email ?? "",
    subject: last?.subject ?? "",
  };
}

type Reading = { readonly index: HistoryIndex; readonly isLate: () => boolean };

/** Fills the index with the commits up to `before`; false where it was too late for all of them. */
async function readPast(
  repository: Repository,
  before: string | null,
  { index, isLate }: Reading,
): Promise<boolean> {
  if (before === null) return true;
  const past = await repository.history({ to: before, max: PAST_COMMITS });
  for await (const change of repository.changes([...past].reverse(), false)) {
    if (isLate()) return false;
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
  return true;
}

function measured(
  index: HistoryIndex,
  { change, authorKey, subject, now }: ChangeToMeasure,
): Measured {
  return measure(index, {
    authorKey,
    timeMs: now,
    subject,
    files: historyFiles(change),
    filesCut: change.truncated,
  });
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
