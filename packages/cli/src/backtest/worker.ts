// SPDX-License-Identifier: Apache-2.0
/** Judges one stretch of history on its own thread, with its own git processes. */
import { parentPort, workerData } from "node:worker_threads";
import { decide, GateError } from "@interlock/core";
import {
  gatherFromGit,
  NO_EVIDENCE,
  openRepository,
  type Repository,
  readingMemory,
  SOURCES,
  type Surroundings,
  type TreeChange,
} from "@interlock/facts";
import { calendarFacts } from "@interlock/policy";
import { withPolicy } from "../judge/judge.ts";
import { historyFiles } from "../judge/past.ts";
import { workspaceAt } from "../judge/workspace.ts";
import { lineOf } from "./line.ts";
import type { HistoryPart, Stretch, WorkerMessage } from "./run.ts";

const BATCH = 32;

async function run(stretch: Stretch, send: (message: WorkerMessage) => void): Promise<void> {
  const repository = await openRepository(stretch.repo);
  try {
    const workspace = withPolicy(
      await workspaceAt(repository, stretch.head, { after: null }),
      stretch.policy,
    );
    const around: Surroundings = {
      repository,
      identity: stretch.identity,
      target: stretch.target,
      catalog: workspace.catalog,
      people: workspace.people,
      sources: SOURCES,
      memory: readingMemory(),
    };
    let parts: HistoryPart[] = [];
    for await (const change of repository.changes(stretch.commits, true)) {
      parts.push(await judgeCommit(repository, around, workspace, change));
      if (parts.length < BATCH) continue;
      send({ kind: "judged", parts });
      parts = [];
    }
    send({ kind: "judged", parts });
    send({ kind: "done" });
  } finally {
    repository.close();
  }
}

async function judgeCommit(
  repository: Repository,
  around: Surroundings,
  workspace: Awaited<ReturnType<typeof workspaceAt>>,
  change: TreeChange,
): Promise<HistoryPart> {
  const commit = await repository.commit(change.commit);
  if (commit === null)
    throw new GateError(
      "GIT_UNUSABLE",
      `the commit \`${change.commit.slice(0, 12)}\` cannot be read`,
      "check the repository with `git fsck`",
    );
  const facts = await gatherFromGit(around, {
    kind: "commit",
    commits: [commit],
    change,
    before: commit.parents[0] ?? null,
    after: commit.id,
    now: commit.committer.at,
    evidence: NO_EVIDENCE,
    context: [],
    pushedBy: null,
  });
  const calendars = Object.assign(
    {},
    ...workspace.policies.flatMap((p) =>
      p.kind === "policy"
        ? [calendarFacts(p.policy.policy.calendars, facts.now, process.versions["tz"] ?? "unknown")]
        : [],
    ),
  );
  const decision = decide(workspace.policies, { ...facts, calendars });
  return {
    line: lineOf(commit, facts, decision),
    authorKey: commit.author.email,
    files: historyFiles(change),
    filesCut: change.truncated,
  };
}

const port = parentPort;
if (port !== null) {
  const send = (message: WorkerMessage) => port.postMessage(message);
  run(workerData as Stretch, send).catch((error: unknown) => {
    // The main thread reports it: a stretch that fails ends the whole run, never silently a part of it.
    const message = error instanceof Error ? error.message : String(error);
    send({
      kind: "failed",
      message,
      help: error instanceof GateError ? error.help : "run again with INTERLOCK_DEBUG=1",
    });
  });
}
