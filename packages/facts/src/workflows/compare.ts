// SPDX-License-Identifier: Apache-2.0
import { checkOf, checks, deploys, type Finding, ignoredLines, type Job } from "./finding.ts";
import type { GithubWorkflow, Permissions } from "./github.ts";

const jobFinding = (
  aspect: string,
  job: Job,
  text: string,
  tags: readonly string[] = [],
): Finding => ({
  aspect,
  subject: job.id,
  line: job.line,
  text: text.slice(0, 300),
  tags,
});

/** Findings after without a twin before: the same aspect and text, wherever it stood. */
export function newFindings(
  before: readonly Finding[],
  after: readonly Finding[],
): readonly Finding[] {
  const pool = new Map<string, number>();
  const keyOf = (one: Finding): string => `${one.aspect}\n${one.text}`;
  for (const one of before) pool.set(keyOf(one), (pool.get(keyOf(one)) ?? 0) + 1);
  return after.filter((one) => {
    const known = pool.get(keyOf(one)) ?? 0;
    // The same property in one more job is as new as another one, but one pinned name is enough.
    if (known > 0 && one.aspect !== "action-unpinned") pool.set(keyOf(one), known - 1);
    return known === 0;
  });
}

/** Failures that are newly ignored. A job that is new may be an experiment; its steps still count. */
export function ignoredFailures(jobs: readonly Job[]): readonly Finding[] {
  return jobs.flatMap((job) => [
    ...(job.ignoresFailure
      ? [
          jobFinding("failure-ignored", job, `job ${job.id}`, [
            job.steps.some(checks) ? "check" : "other",
          ]),
        ]
      : []),
    ...job.steps.flatMap((step): readonly Finding[] => [
      ...(step.ignoresFailure
        ? [
            {
              aspect: "failure-ignored",
              subject: job.id,
              line: step.line,
              text: `step ${step.name}`,
              tags: [checks(step) || deploys(step) ? "check" : "other"],
            },
          ]
        : []),
      ...ignoredLines(step).map(({ text, line }) => ({
        aspect: "failure-ignored",
        subject: job.id,
        line,
        text,
        tags: [text.startsWith("set ") ? "other" : "check"],
      })),
    ]),
  ]);
}

const isOff = (condition: string): boolean =>
  /^(\$\{\{\s*)?(false|never)(\s*\}\})?$/.test(condition.trim());

/** Checks that ran before and do not run any more, in the whole change. */
export function lostChecks(before: readonly Job[], after: readonly Job[]): readonly Finding[] {
  const running = (jobs: readonly Job[]): readonly string[] =>
    jobs.flatMap((job) =>
      isOff(job.condition)
        ? []
        : job.steps.filter((step) => checks(step) && !isOff(step.condition)).map(checkOf),
    );
  const left = new Set(running(after));
  const lost = [...new Set(running(before))].filter((check) => !left.has(check));
  // Swapping one tool for another keeps the number of checks.
  const fewer = running(before).length - running(after).length;
  if (fewer <= 0) return [];
  return lost.slice(0, fewer).map((check) => {
    const home = before.find((job) => job.steps.some((step) => checkOf(step) === check));
    const now = after.find((job) => job.id === home?.id);
    return {
      aspect: "check-removed",
      subject: home?.id ?? "",
      line: now?.line ?? 1,
      text: check,
      tags: [now === undefined ? "job-removed" : "step-removed"],
    };
  });
}

const deployJob = (job: Job): boolean => job.steps.some(deploys);

const PUBLISHES =
  /\b(?:(?:npm|pnpm|yarn)\s+publish|docker\s+push|twine\s+upload|cargo\s+publish|gem\s+push|helm\s+push)\b/;

/** Where what a job runs is a script of the repository, the environment that it names says what it is for. */
const reaches = (job: Job): boolean =>
  deployJob(job) ||
  job.steps.some(({ run }) => PUBLISHES.test(run)) ||
  /^prod|production|(^|[^a-z])(prd|live)([^a-z]|$)/i.test(job.environment);

/** Gates in front of a deployment that go away: an environment, a manual start, a job it waited for. */
export function lostGates(before: readonly Job[], after: readonly Job[]): readonly Finding[] {
  return after.flatMap((job) => {
    const was = before.find((one) => one.id === job.id);
    if (was === undefined)
      return deployJob(job) && job.environment === "" && !job.manual && before.length > 0
        ? [
            jobFinding(
              "deploy-ungated",
              job,
              "a deployment without an environment or a manual start",
              ["new-job"],
            ),
          ]
        : [];
    const found: Finding[] = [];
    if (was.environment !== "" && job.environment === "")
      found.push(
        jobFinding("gate-removed", job, `environment ${was.environment}`, ["environment"]),
      );
    if (was.manual && !job.manual)
      found.push(jobFinding("gate-removed", job, "manual start", ["manual"]));
    if (reaches(job)) {
      const names = new Set(after.map(({ id }) => id));
      const dropped = was.needs.filter((need) => !job.needs.includes(need) && names.has(need));
      if (dropped.length > 0 && job.needs.length < was.needs.length)
        found.push(jobFinding("gate-removed", job, `needs ${dropped.join(", ")}`, ["needs"]));
      if (ofRefs(was.condition) && job.condition === "")
        found.push(jobFinding("gate-removed", job, `if ${was.condition}`, ["condition"]));
      if (deployJob(job) && !deployJob(was) && job.environment === "" && !job.manual)
        found.push(
          jobFinding(
            "deploy-ungated",
            job,
            "a deployment without an environment or a manual start",
          ),
        );
    }
    return found;
  });
}

const ALL_BRANCHES = /^\*{1,2}$/;

/** A deployment that pushes to some branches started, and pushes to all of them start now. */
export function lostBranches(
  before: GithubWorkflow | null,
  after: GithubWorkflow | null,
): readonly Finding[] {
  if (before === null || after === null || after.pushed === null) return [];
  const was = before.pushed ?? [];
  const isAll = after.pushed.length === 0 || after.pushed.some((one) => ALL_BRANCHES.test(one));
  if (was.length === 0 || was.some((one) => ALL_BRANCHES.test(one)) || !isAll) return [];
  const job = after.jobs.find(reaches);
  return job === undefined
    ? []
    : [
        {
          ...jobFinding("gate-removed", job, `pushes to ${was.join(", ")} only`, ["branches"]),
          line: after.triggerLine,
        },
      ];
}

/** Deployments of which one ran at a time, and now several may. */
export function lostGroups(
  before: GithubWorkflow | null,
  after: GithubWorkflow | null,
): readonly Finding[] {
  if (before === null || after === null || before.groups.length === 0) return [];
  const job = after.jobs.find(reaches);
  if (after.groups.length > 0 || job === undefined || !before.jobs.some(reaches)) return [];
  return [
    jobFinding("gate-removed", job, `one run at a time (${before.groups[0]})`, ["concurrency"]),
  ];
}

/** A condition that lets only some branches, tags or events through. */
const ofRefs = (condition: string): boolean =>
  /github\.(?:ref|ref_name|ref_type|event_name|base_ref)\b|refs\/|CI_COMMIT_(?:BRANCH|TAG)/.test(
    condition,
  );

const RANK: Readonly<Record<string, number>> = { none: 0, read: 1, write: 2 };

function levelOf(permissions: Permissions | null, scope: string): number {
  // A block that names some scopes sets all others to none.
  if (permissions === null) return RANK.read ?? 1;
  return RANK[permissions.levels.get(scope) ?? permissions.levels.get("*") ?? "none"] ?? 0;
}

function widened(
  id: string,
  before: Permissions | null,
  after: Permissions | null,
  line: number,
): readonly Finding[] {
  if (after === null) {
    if (before === null) return [];
    return [
      {
        aspect: "permissions-widened",
        subject: id,
        line,
        text: `${id}: the permissions block is removed`,
        tags: ["block-removed"],
      },
    ];
  }
  return [...after.levels].flatMap(([scope, level]) => {
    if (level !== "write" || levelOf(before, scope) >= 2) return [];
    const name = scope === "*" ? "write-all" : `${scope}: write`;
    return [
      {
        aspect: "permissions-widened",
        subject: id,
        line: after.line,
        text: `${id}: ${name}`,
        tags: ["write", ...(scope === "*" ? ["all"] : [])],
      },
    ];
  });
}

/** Token scopes that the change raises to write, and permission blocks that it takes away. */
export function widenedPermissions(
  before: GithubWorkflow | null,
  after: GithubWorkflow,
): readonly Finding[] {
  // A new workflow needs some scopes; only all of them at once is a finding.
  if (before === null)
    return [
      ...widened("workflow", null, after.permissions, 1),
      ...after.jobs.flatMap((job) => widened(job.id, null, job.permissions, job.line)),
    ].filter(({ tags }) => tags.includes("all"));
  return [
    ...widened("workflow", before.permissions, after.permissions, 1),
    ...after.jobs.flatMap((job) => {
      const was = before.jobs.find(({ id }) => id === job.id);
      // Without a block of its own on either side the workflow's finding says it all.
      if (job.permissions === null && (was?.permissions ?? null) === null) return [];
      // Moving a block from the workflow to its jobs grants nothing new.
      return widened(
        job.id,
        was?.permissions ?? before.permissions,
        job.permissions ?? after.permissions,
        job.line,
      );
    }),
  ];
}
