// SPDX-License-Identifier: Apache-2.0
/** Judges one stretch of history on its own thread, with its own git processes. */
import { parentPort, workerData } from "node:worker_threads";
import { decide, type Facts, GateError, type JudgingPolicy } from "@interlock/core";
import {
  type Commit,
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
import { compiled } from "../judge/compiled.ts";
import { withPolicy } from "../judge/judge.ts";
import { historyFiles } from "../judge/past.ts";
import { type Workspace, workspaceAt } from "../judge/workspace.ts";
import { lineOf } from "./line.ts";
import type { HistoryPart, Stretch } from "./run.ts";
import type { WorkerMessage } from "./threads.ts";

const BATCH = 32;

type Judging = {
  readonly repository: Repository;
  readonly around: Surroundings;
  readonly workspace: Workspace;
  readonly only: Stretch["only"];
};

async function run(
  stretch: Stretch,
  send: (parts: readonly HistoryPart[]) => void,
  isStopped: () => boolean,
): Promise<void> {
  const repository = await openRepository(stretch.repo);
  try {
    const workspace = withOnly(
      withPolicy(await workspaceAt(repository, stretch.head, { after: null }), stretch.policy),
      stretch.only,
    );
    const { catalog, people } = workspace;
    const { identity, target } = stretch;
    const memory = readingMemory();
    const around = { repository, identity, target, catalog, people, sources: SOURCES, memory };
    let parts: HistoryPart[] = [];
    let at = 0;
    for await (const change of repository.changes(stretch.commits, true)) {
      if (isStopped()) break;
      const part = await judgeCommit(
        { ...{ repository, around, workspace }, only: stretch.only },
        change,
        at,
      );
      at = part.line.at;
      parts.push(part);
      if (parts.length < BATCH) continue;
      send(parts);
      parts = [];
    }
    send(parts);
  } finally {
    repository.close();
  }
}

/** The same, judged by the chosen rules alone, each as it stands. */
function withOnly(workspace: Workspace, only: readonly string[] | undefined): Workspace {
  if (only === undefined) return workspace;
  const policies = workspace.policies.map((p): JudgingPolicy => {
    if (p.kind !== "policy") return p;
    const { policy } = p.policy;
    const rules = policy.rules.filter(({ id }) => only.includes(id));
    return { ...p, policy: compiled({ ...policy, rules, otherwise: [], freezes: [] }) };
  });
  return { ...workspace, policies };
}

/** A commit that cannot be judged is held with the reason, and the rest goes on. by (fail-closed) */
async function judgeCommit(
  judging: Judging,
  change: TreeChange,
  timeOfNeighbour: number,
): Promise<HistoryPart> {
  const commit =
    (await judging.repository.commit(change.commit)) ?? blank(change.commit, timeOfNeighbour);
  try {
    return partOf(judging, commit, change, await factsOf(judging, commit, change));
  } catch (error) {
    const because = `judging it failed: ${error instanceof Error ? error.message : String(error)}`;
    const help = error instanceof GateError ? error.help : "report it with `interlock check` of it";
    const incomplete = { because, help };
    const held = { ...change, entries: [], truncated: true, incomplete };
    return partOf(judging, commit, held, await factsOf(judging, commit, held));
  }
}

async function factsOf(
  { around, workspace }: Judging,
  commit: Commit,
  change: TreeChange,
): Promise<Facts> {
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
  const zones = process.versions["tz"] ?? "unknown";
  const calendars = workspace.policies.flatMap((p) =>
    p.kind === "policy" ? [calendarFacts(p.policy.policy.calendars, facts.now, zones)] : [],
  );
  return { ...facts, calendars: Object.assign({}, ...calendars) };
}

function partOf(
  { workspace, only }: Judging,
  commit: Commit,
  change: TreeChange,
  facts: Facts,
): HistoryPart {
  return {
    line: lineOf(commit, facts, decide(workspace.policies, facts), only !== undefined),
    authorKey: commit.author.email,
    files: historyFiles(change),
    filesCut: change.truncated,
  };
}

/** Stands for a commit that git has no readable text of. */
function blank(id: string, at: number): Commit {
  const nobody = { name: "", email: "", at, zone: "" };
  return {
    id,
    tree: "",
    parents: [],
    author: nobody,
    committer: nobody,
    subject: "",
    message: "",
    messageCut: false,
    trailers: [],
    reverts: null,
    signed: false,
    faults: [],
  };
}

const port = parentPort;
if (port !== null) {
  let stopped = false;
  port.on("message", () => {
    stopped = true;
  });
  const send = (message: WorkerMessage) => port.postMessage(message);
  run(
    workerData as Stretch, // what `threads.ts` gave
    (parts) => send({ kind: "judged", parts }),
    () => stopped,
  ).then(
    () => send({ kind: "done" }),
    // The main thread reports it: a stretch that fails ends the whole run, never silently a part of it.
    (error: unknown) =>
      send({
        kind: "failed",
        code: error instanceof GateError ? error.code : "",
        message: error instanceof Error ? error.message : String(error),
        help: error instanceof GateError ? error.help : "run again with INTERLOCK_DEBUG=1",
      }),
  );
}
