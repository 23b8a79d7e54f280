// SPDX-License-Identifier: Apache-2.0
/** Judges commits, ranges and the staging area of a repository. */
import { decide, type Facts, GateError, unknown, validateFacts } from "@interlock/core";
import {
  type Attached,
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
import { changeToMeasure, riskOfChange } from "./past.ts";
import { type Subject, subjectOf } from "./subject.ts";
import {
  type GivenEvidence,
  givenFrom,
  policyFromFile,
  type Workspace,
  workspaceAt,
} from "./workspace.ts";

export type JudgeOptions = AttachedOptions & {
  readonly repo: string;
  readonly policy?: string;
  readonly evidence?: string;
  /** Files with live state. */
  readonly context?: readonly string[];
  readonly staged?: boolean;
  /** Digest of a first policy that its reader trusts. */
  readonly trustFirstPolicy?: string;
};

/** Judges what `range` names: nothing for HEAD, a commit, or `A..B` as one change. */
export async function judgeRange(
  range: string | undefined,
  options: JudgeOptions,
): Promise<Judgement> {
  const repository = await openRepository(options.repo);
  try {
    const { facts, workspace, id, risk } = await factsOf(repository, range, options);
    const rules = workspace.policies.flatMap((p) =>
      p.kind === "policy" ? p.policy.policy.rules : [],
    );
    return { id, facts, decision: decide(workspace.policies, facts), risk, rules };
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
  const subject = await subjectOf(repository, range, options.staged === true);
  const workspace = withPolicy(
    await workspaceAt(repository, subject.before, {
      after: subject.after,
      trusted: options.trustFirstPolicy,
      fault: subject.change.incomplete?.because,
    }),
    options.policy,
  );
  const given = givenFrom(options.evidence, options.context);
  const risk = await riskOfChange(repository, changeToMeasure(subject));
  const facts = await factsAbout(repository, subject, {
    workspace,
    given,
    target: await repository.branch(),
    identity: await identityAt(repository, subject),
    // Live state speaks of the present, whenever the commit was made.
    now: given.context.length === 0 ? subject.now : Date.now(),
    attached: readAttached(options),
  });
  return { facts, workspace, id: subject.id, risk };
}

export type Situation = {
  readonly workspace: Workspace;
  readonly given: GivenEvidence;
  /** Full name of the ref that the change is to land on. */
  readonly target: string;
  readonly identity: string;
  /** Milliseconds since 1970 UTC. */
  readonly now: number;
  readonly attached: readonly Attached[];
  /** Features for the risk score, where the facts are to hold them. */
  readonly history?: Readonly<Record<string, number>> | undefined;
};

/** Gathers and validates all that is known of one change. */
export async function factsAbout(
  repository: Repository,
  subject: Subject,
  { workspace, given, target, identity, now, attached, history }: Situation,
): Promise<Facts> {
  const around: Surroundings = {
    repository,
    identity,
    target,
    catalog: workspace.catalog,
    people: workspace.people,
    sources: SOURCES,
    memory: readingMemory(),
  };
  const gathered = await gatherFromGit(around, {
    kind: subject.kind,
    commits: subject.commits,
    change: subject.change,
    before: subject.before,
    after: subject.after,
    now,
    attached,
    ...(history === undefined ? {} : { history }),
    ...given,
  });
  const facts = withDoubts(gathered, subject);
  const calendars = Object.assign(
    {},
    ...workspace.policies.flatMap((p) =>
      p.kind === "policy"
        ? [calendarFacts(p.policy.policy.calendars, now, process.versions["tz"] ?? "unknown")]
        : [],
    ),
  );
  return checked({ ...facts, calendars });
}

/** Nothing tells repositories without a commit apart, so no digest is made from this. */
const NO_COMMIT = "shallow:no-commit";

const identityAt = async (repository: Repository, { kind, before }: Subject): Promise<string> =>
  kind === "index" && before === null ? NO_COMMIT : repository.identity();

function withDoubts(facts: Facts, { unseen, kind, before }: Subject): Facts {
  const { change } = facts;
  if (unseen !== null) {
    // Somebody who is not seen may have contributed, so nobody can be told to be a second person.
    const help = "fetch the whole history, or land fewer commits at once";
    return { ...facts, change: { ...change, contributors: unknown(unseen, help) } };
  }
  if (kind !== "index" || before !== null) return facts;
  const digest = unknown("nothing tells repositories without a commit apart", "commit first");
  return { ...facts, change: { ...change, digest } };
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
