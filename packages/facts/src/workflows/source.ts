// SPDX-License-Identifier: Apache-2.0
import { DELTAS_MAX, type Delta, delta, type Gap } from "@interlock/core";
import type { Node, Parsed } from "../config/types.ts";
import type { ChangedFile, Source, SourceResult } from "../source.ts";
import {
  type Granted,
  isPrivileged,
  newAuthority,
  pinsOthers,
  withoutVersions,
} from "./authority.ts";
import {
  ignoredFailures,
  lostBranches,
  lostChecks,
  lostGates,
  lostGroups,
  newFindings,
  widenedPermissions,
} from "./compare.ts";
import type { Finding, Job } from "./finding.ts";
import { type GithubWorkflow, readGithub } from "./github.ts";
import { githubFindings } from "./github-findings.ts";
import { readGitlab } from "./gitlab.ts";

const GITHUB = /(^|\/)\.(github|gitea|forgejo)\/workflows\/[^/]+\.ya?ml$|(^|\/)action\.ya?ml$/;
const GITLAB = /(^|\/)\.gitlab-ci\.ya?ml$|\.gitlab-ci\.ya?ml$|(^|\/)\.gitlab\/ci\/.+\.ya?ml$/;

/** R64 and parts of R63 and R65: what a change does to CI workflows of GitHub and GitLab. */
export const WORKFLOWS_SOURCE: Source = {
  group: "workflows",
  wants: (file) => GITHUB.test(file.path) || GITLAB.test(file.path),
  read: readWorkflows,
};

type Side = {
  readonly github: GithubWorkflow | null;
  readonly jobs: readonly Job[];
  /** Jobs that run for every change, whose checks therefore stop a bad one. */
  readonly gating: readonly Job[];
  readonly findings: readonly Finding[];
};

const NOTHING: Side = { github: null, jobs: [], gating: [], findings: [] };

function readWorkflows(files: readonly ChangedFile[]): SourceResult {
  const gaps: Gap[] = [];
  const sides = files.map((file) => {
    const { before, after } = file.trees();
    if (file.after !== null && (after === null || !after.ok)) {
      gaps.push(unreadable(file.path, after));
      // The gap holds; to call everything in it removed would only be noise.
      return { file, before: NOTHING, after: NOTHING };
    }
    return {
      file,
      before: sideOf(file.oldPath ?? file.path, before),
      after: sideOf(file.path, after),
    };
  });
  const old = sides.flatMap(({ before }) => before.findings);
  const authority = newAuthority(files);
  const pinned = files.some(({ before }) => pinsOthers(before));
  const deltas = [
    ...sides.flatMap(({ file, before, after }) => {
      // What another changed file already had is moved, not new.
      const fresh = newFindings(old, after.findings);
      const compared = after.github === null ? [] : widenedPermissions(before.github, after.github);
      const gates = [
        ...lostGates(before.jobs, after.jobs),
        ...lostBranches(before.github, after.github),
        ...lostGroups(before.github, after.github),
      ];
      return [
        touched(file),
        ...(authority.get(file) ?? []).slice(0, 1).map((one) => granted(file, one)),
        ...[...fresh, ...newFindings([], compared), ...gates].map((one) =>
          toDelta(file, pinned ? besidePinned(one) : one),
        ),
      ];
    }),
    ...checksOf(sides),
  ];
  return { deltas: deltas.slice(0, DELTAS_MAX), effects: [], gaps };
}

function unreadable(path: string, parsed: Parsed | null): Gap {
  const problem = parsed !== null && !parsed.ok ? parsed.problem : null;
  return {
    group: "workflows",
    path,
    code: "unparsable",
    detail:
      problem === null
        ? "the workflow could not be read"
        : `line ${problem.line}: ${problem.message}`.slice(0, 900),
    help: "mend the syntax of the workflow",
  };
}

function sideOf(path: string, parsed: Parsed | null): Side {
  if (parsed === null || !parsed.ok) return NOTHING;
  const sides = parsed.documents.map((root) => readSide(path, root));
  return {
    github: sides[0]?.github ?? null,
    jobs: sides.flatMap(({ jobs }) => jobs),
    gating: sides.flatMap(({ gating }) => gating),
    findings: sides.flatMap(({ findings }) => findings),
  };
}

function readSide(path: string, root: Node): Side {
  if (GITLAB.test(path)) {
    const { jobs, findings } = readGitlab(root);
    return { github: null, jobs, gating: jobs, findings: [...findings, ...ignoredFailures(jobs)] };
  }
  const github = readGithub(root);
  const gates = ["push", "pull_request", "pull_request_target", "merge_group", "workflow_call"];
  const gating = gates.some((name) => github.triggers.has(name)) ? github.jobs : [];
  return {
    github,
    jobs: github.jobs,
    gating,
    findings: [...githubFindings(github), ...ignoredFailures(github.jobs)],
  };
}

type Sides = readonly { readonly file: ChangedFile; readonly before: Side; readonly after: Side }[];

/** Checks are counted over all changed workflows, as they often move between them. */
function checksOf(sides: Sides): readonly Delta[] {
  const lost = lostChecks(
    sides.flatMap(({ before }) => before.gating),
    sides.flatMap(({ after }) => after.gating),
  );
  return lost.map((one) => {
    const home = sides.find(({ before }) => before.jobs.some(({ id }) => id === one.subject));
    const file = home?.file ?? sides[0]?.file;
    return delta({
      path: file?.path ?? "",
      line: one.line,
      subject: one.subject,
      aspect: one.aspect,
      op: "removed",
      before: one.text,
      beforeKind: "string",
      tags: [...one.tags, ...(file?.after === null ? ["file-deleted"] : [])],
    });
  });
}

/** That the file changes at all; raising the versions that it names is the daily work of bots. */
function touched(file: ChangedFile): Delta {
  const onlyVersions =
    file.before !== null && withoutVersions(file.before) === withoutVersions(file.after);
  return delta({
    path: file.path,
    line: file.addedLines()[0]?.line ?? 1,
    subject: file.path,
    aspect: "workflow",
    op: file.before === null ? "added" : file.after === null ? "removed" : "changed",
    format: "yaml",
    environment: file.environment,
    tags: [
      ...(onlyVersions ? ["only-versions"] : []),
      ...([file.before, file.after].some(isPrivileged) ? ["privileged"] : []),
    ],
  });
}

/** The first line that gives a workflow a secret, a right or a deployment that none had before. */
function granted(file: ChangedFile, { line, text }: Granted): Delta {
  return delta({
    path: file.path,
    line,
    subject: file.path,
    aspect: "workflow-authority",
    op: "added",
    format: "yaml",
    after: text.slice(0, 300),
    afterKind: "string",
    environment: file.environment,
    tags: file.before === null ? ["new-file"] : [],
  });
}

const besidePinned = (one: Finding): Finding =>
  one.aspect === "action-unpinned" ? { ...one, tags: [...one.tags, "others-pinned"] } : one;

const REMOVALS = new Set(["gate-removed"]);

function toDelta(file: ChangedFile, one: Finding): Delta {
  const removed = REMOVALS.has(one.aspect);
  return delta({
    path: file.path,
    line: one.line,
    subject: one.subject,
    aspect: one.aspect,
    op: removed ? "removed" : "added",
    key: one.subject,
    format: "yaml",
    before: removed ? one.text : "",
    beforeKind: removed ? "string" : "absent",
    after: removed ? "" : one.text,
    afterKind: removed ? "absent" : "string",
    environment: file.environment,
    tags: [...one.tags, ...(file.before === null ? ["new-file"] : [])],
  });
}
