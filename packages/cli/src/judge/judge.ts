// SPDX-License-Identifier: Apache-2.0
/** Judges commits, ranges and the staging area of a repository. */
import { decide, type Facts, GateError, validateFacts } from "@interlock/core";
import {
  type Commit,
  gatherFromGit,
  openRepository,
  type Repository,
  readingMemory,
  SOURCES,
  type Surroundings,
} from "@interlock/facts";
import { calendarFacts } from "@interlock/policy";
import type { Judgement, RiskView } from "../output/judgement.ts";
import { type AttachedOptions, readAttached } from "./attached.ts";
import { riskOfChange } from "./past.ts";
import { givenFrom, policyFromFile, type Workspace, workspaceAt } from "./workspace.ts";

export type JudgeOptions = AttachedOptions & {
  readonly repo: string;
  readonly policy?: string;
  readonly evidence?: string;
  /** Files with live state. */
  readonly context?: readonly string[];
  readonly staged?: boolean;
};

/** Judges what `range` names: nothing for HEAD, a commit, or `A..B` as one change. */
export async function judgeRange(
  range: string | undefined,
  options: JudgeOptions,
): Promise<Judgement> {
  const repository = await openRepository(options.repo);
  try {
    const { facts, workspace, id, risk } = await factsOf(repository, range, options);
    return { id, facts, decision: decide(workspace.policies, facts), risk };
  } finally {
    repository.close();
  }
}

type Gathered = {
  readonly risk: RiskView;
  readonly facts: Facts;
  readonly workspace: Workspace;
  readonly id: string;
};

export async function factsOf(
  repository: Repository,
  range: string | undefined,
  options: JudgeOptions,
): Promise<Gathered> {
  const subject =
    options.staged === true
      ? await stagedSubject(repository)
      : await rangeSubject(repository, range ?? "HEAD");
  const workspace = withPolicy(
    await workspaceAt(repository, subject.before, subject.after),
    options.policy,
  );
  const given = givenFrom(options.evidence, options.context);
  // Live state speaks of the present, whenever the commit was made.
  const now = given.context.length === 0 ? subject.now : Date.now();
  const around: Surroundings = {
    repository,
    identity: await repository.identity(),
    target: await repository.branch(),
    catalog: workspace.catalog,
    people: workspace.people,
    sources: SOURCES,
    memory: readingMemory(),
  };
  const change = await repository.compare(
    subject.before ?? (await emptyTree(repository)),
    subject.after,
    true,
  );
  const last = subject.commits[subject.commits.length - 1];
  const risk = await riskOfChange(repository, {
    change,
    before: subject.before,
    authorKey: last?.author.email ?? "",
    subject: last?.subject ?? "",
    now: subject.now,
  });
  const facts = await gatherFromGit(around, {
    kind: subject.kind,
    commits: subject.commits,
    change,
    before: subject.before,
    after: subject.after,
    now,
    attached: readAttached(options),
    ...given,
  });
  const calendars = Object.assign(
    {},
    ...workspace.policies.flatMap((p) =>
      p.kind === "policy"
        ? [calendarFacts(p.policy.policy.calendars, now, process.versions["tz"] ?? "unknown")]
        : [],
    ),
  );
  return { facts: checked({ ...facts, calendars }), workspace, id: subject.id, risk };
}

/** Evidence and context come from outside; what does not fit the schema is refused with its path. */
function checked(facts: Facts): Facts {
  const result = validateFacts(facts);
  if (result.ok) return result.facts;
  const first = result.problems[0];
  throw new GateError(
    "FACTS_INVALID",
    `the facts do not fit the schema: \`${first?.path}\`: ${first?.message}`,
    "check the evidence against `interlock schema facts`",
  );
}

export function withPolicy(workspace: Workspace, path: string | undefined): Workspace {
  if (path === undefined) return workspace;
  return {
    ...workspace,
    policies: [{ role: "in-force", kind: "policy", policy: policyFromFile(path) }],
    origin: path,
  };
}

type Subject = {
  readonly kind: Facts["change"]["kind"];
  readonly commits: readonly Commit[];
  readonly before: string | null;
  readonly after: string;
  readonly now: number;
  readonly id: string;
};

async function stagedSubject(repository: Repository): Promise<Subject> {
  const tree = await repository.stagedTree();
  if (tree === null)
    throw new GateError(
      "INPUT_INVALID",
      "the staging area holds unresolved conflicts, or there is none",
      "resolve them with `git mergetool` and stage the result",
    );
  const before = await repository.resolve("HEAD").catch((error: unknown) => {
    if (error instanceof GateError && error.code === "EMPTY_REPOSITORY") return null;
    throw error;
  });
  return { kind: "index", commits: [], before, after: tree, now: Date.now(), id: "staged" };
}

async function rangeSubject(repository: Repository, range: string): Promise<Subject> {
  const dots = /^(.*?)\.\.(\.?)(.*)$/.exec(range);
  if (dots === null) return commitSubject(repository, await repository.resolve(range));
  const from = await repository.resolve(dots[1] === "" ? "HEAD" : (dots[1] ?? "HEAD"));
  const to = await repository.resolve(dots[3] === "" ? "HEAD" : (dots[3] ?? "HEAD"));
  const ids = await repository.history({ to, not: from, max: 1_000 });
  const commits = (await Promise.all(ids.map((id) => repository.commit(id))))
    .filter((c) => c !== null)
    .reverse();
  const last = commits[commits.length - 1];
  if (last === undefined)
    throw new GateError(
      "INPUT_INVALID",
      `\`${range}\` holds no commit`,
      "name an older commit first: `OLD..NEW`",
    );
  const merged = await repository.mergeTree(from, to);
  if (!("tree" in merged))
    throw new GateError(
      "INPUT_INVALID",
      `\`${range}\` does not merge: ${merged.conflicts.slice(0, 5).join(", ")} conflict`,
      "rebase or merge the target branch first; a conflict cannot be judged",
    );
  return {
    kind: "range",
    commits,
    before: from,
    after: merged.tree,
    now: last.committer.at,
    id: range,
  };
}

async function commitSubject(repository: Repository, id: string): Promise<Subject> {
  const commit = await repository.commit(id);
  if (commit === null)
    throw new GateError(
      "NO_SUCH_REVISION",
      `the commit \`${id.slice(0, 12)}\` is not in the repository`,
      "fetch it",
    );
  const parent = commit.parents[0] ?? null;
  const known = parent === null || (await repository.commit(parent)) !== null ? parent : null;
  if (parent !== null && known === null)
    throw new GateError(
      "NO_SUCH_REVISION",
      `the parent of \`${id.slice(0, 12)}\` is not here${repository.isShallow ? ": this is a shallow clone" : ""}`,
      "run `git fetch --unshallow`, or judge a newer commit",
    );
  return {
    kind: "commit",
    commits: [commit],
    before: known,
    after: id,
    now: commit.committer.at,
    id,
  };
}

/** The well-known id of the tree without files, for either object format. */
async function emptyTree(repository: Repository): Promise<string> {
  const head = await repository.resolve("HEAD").catch(() => "");
  return head.length === 64
    ? "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"
    : "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
}
