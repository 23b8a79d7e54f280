// SPDX-License-Identifier: Apache-2.0
/** Ways past the gate that GitLab leaves open by its settings. */
import type { GitlabProject, GitlabProtection } from "@interlock/server";
import { type Found, listed } from "./door.ts";

type Read<K extends keyof GitlabProtection> = Extract<
  NonNullable<GitlabProtection[K]>,
  { readonly ok: true }
>["value"];

const MAINTAINER = 40;
/** Who may change these settings can turn the gate off. */
const MAINTAINERS_MAX = 5;

const mergeSettings = (path: string): string => `${path}: Settings > Merge requests`;

export function* mergeDoors(project: GitlabProject, settings: Read<"settings">): Generator<Found> {
  const { path, statusCheckId } = project;
  const at = mergeSettings(path);
  if (settings.path_with_namespace.toLowerCase() !== path.toLowerCase())
    yield {
      id: "gitlab-project-moved",
      says: `the project ${project.id} is at \`${settings.path_with_namespace}\`, not at \`${path}\``,
      why: "nothing of it is judged: git asks by path, and whoever takes a path that was given up answers there",
      next: "write the new `path` into the settings and start the server again",
    };
  const checked = settings.only_allow_merge_if_all_status_checks_passed === true;
  const piped = settings.only_allow_merge_if_pipeline_succeeds;
  if (statusCheckId === null ? !piped : !checked)
    yield {
      id: "gitlab-merge-unchecked",
      says: `\`${path}\` merges whatever ${statusCheckId === null ? "its pipelines say" : "its status checks say"}`,
      why: "the answer of the gate is shown, and holds nothing",
      next: `${at} > ${statusCheckId === null ? "Pipelines must succeed" : "Status checks must succeed"}`,
    };
  if (piped && settings.allow_merge_on_skipped_pipeline === true)
    yield {
      id: "gitlab-skipped-merges",
      says: `\`${path}\` takes a skipped pipeline for a successful one`,
      why: "`[skip ci]` in a commit message, which its author writes, then lets it through",
      next: `${at} > Skipped pipelines are considered successful: off`,
    };
  if (statusCheckId === null)
    yield {
      id: "gitlab-status-forgeable",
      says: `\`${path}\` waits for a commit status alone`,
      why: "everybody who may push to the project may post a status of any name, and a pipeline that ends before ours is posted merges",
      next: "an external status check (Ultimate) as `statusCheckId`; on your own server the hook of `interlock hook install`",
    };
  if (settings.merge_method === "merge" || settings.merge_method === undefined)
    yield {
      id: "gitlab-target-moves",
      says: `\`${path}\` merges sources that are not up to date`,
      why: "between a push to the target and the next look, seconds later, what lands may be another content than the one judged",
      next: `${at} > Merge method: semi-linear history or fast-forward`,
    };
}

export function* branchDoors(project: GitlabProject, branches: Read<"branches">): Generator<Found> {
  const { path, protect } = project;
  const next = `${path}: Settings > Repository > Protected branches`;
  const bare = protect.filter((wanted) => !branches.some(({ name }) => covers(name, wanted)));
  if (bare.length > 0)
    yield {
      id: "gitlab-branch-unprotected",
      says: `no rule of \`${path}\` protects ${listed(bare)}`,
      why: "whoever may push to the project pushes there without a merge request, and nobody judges it",
      next,
    };
  // Of several rules for one branch the most permissive one counts.
  const ours = branches.filter(({ name }) => protect.some((wanted) => meets(name, wanted)));
  const open = ours.filter(({ push_access_levels }) =>
    push_access_levels.some(({ access_level }) => access_level !== 0),
  );
  if (open.length > 0)
    yield {
      id: "gitlab-push-open",
      says: `\`${path}\` lets some push to ${listed(open.map(({ name }) => name))}: ${listed(
        open.flatMap((one) =>
          one.push_access_levels
            .filter(({ access_level }) => access_level !== 0)
            .map(({ access_level_description }) => access_level_description ?? "somebody"),
        ),
      )}`,
      why: "a direct push is seen by nobody before it has landed",
      next: `${next} > Allowed to push and merge: no one`,
    };
  const forced = ours.filter(({ allow_force_push }) => allow_force_push === true);
  if (forced.length > 0)
    yield {
      id: "gitlab-force-push",
      says: `\`${path}\` allows force pushes to ${listed(forced.map(({ name }) => name))}`,
      why: "the branch can be set back past the gate",
      next: `${next} > Allowed to force push: off`,
    };
}

export function* checkDoors(project: GitlabProject, checks: Read<"checks">): Generator<Found> {
  const { path, protect, statusCheckId } = project;
  const check = checks.find(({ id }) => id === statusCheckId);
  const names = check?.protected_branches.map(({ name }) => name) ?? [];
  const left =
    names.length === 0 ? [] : protect.filter((one) => !names.some((n) => covers(n, one)));
  if (check === undefined || left.length > 0)
    yield {
      id: "gitlab-check-missing",
      says:
        check === undefined
          ? `\`${path}\` has no external status check ${statusCheckId}`
          : `the external status check ${statusCheckId} of \`${path}\` is not on ${listed(left)}`,
      why: "GitLab waits for nobody's answer there",
      next: `${mergeSettings(path)} > Status checks: all protected branches`,
    };
}

export function* approvalDoors(
  { path }: GitlabProject,
  approvals: Read<"approvals">,
): Generator<Found> {
  const at = `${mergeSettings(path)} > Approval settings`;
  if (approvals.merge_requests_author_approval === true)
    yield {
      id: "gitlab-own-approval",
      says: `\`${path}\` lets authors approve their own merge request`,
      why: "it never counts here; on GitLab it fills the rules that GitLab counts by itself",
      next: `${at} > Prevent approval by merge request creator`,
    };
  if (approvals.disable_overriding_approvers_per_merge_request === false)
    yield {
      id: "gitlab-rules-editable",
      says: `\`${path}\` lets authors edit or remove approval rules in their merge request`,
      why: "a rule of GitLab that the author can remove asks for nothing",
      next: `${at} > Prevent editing approval rules in merge requests`,
    };
  if (approvals.merge_requests_disable_committers_approval === false)
    yield {
      id: "gitlab-committer-approval",
      says: `\`${path}\` lets people approve what they have added commits to`,
      why: "it never counts here; on GitLab it does",
      next: `${at} > Prevent approvals by users who add commits`,
    };
  if (approvals.reset_approvals_on_push === false)
    yield {
      id: "gitlab-approvals-kept",
      says: `\`${path}\` keeps approvals when commits are added`,
      why: "they do not count here any more, which people who look at GitLab alone do not see",
      next: `${at} > When a commit is added: remove all approvals`,
    };
}

export function* peopleDoors(
  { path }: GitlabProject,
  members: Read<"members">,
  self: number | null,
): Generator<Found> {
  const strong = members.filter(({ access_level }) => access_level >= MAINTAINER);
  const next = `${path}: Manage > Members`;
  if (strong.some(({ id }) => id === self))
    yield {
      id: "gitlab-token-strong",
      says: `the token of the server is of a maintainer of \`${path}\``,
      why: "whoever steals it can take the protection away; to judge, a developer is enough",
      next: "make a token with the role Developer and the scope `api`",
    };
  const others = strong.filter(({ id }) => id !== self);
  if (others.length > MAINTAINERS_MAX)
    yield {
      id: "gitlab-many-maintainers",
      says: `${others.length} accounts can change the settings of \`${path}\`: ${listed(others.map(({ username }) => username))}`,
      why: "each of them can take the protection away, merge, and put it back",
      next,
    };
}

/** Whether a rule of GitLab (`*` is any text, also with slashes) holds for all of a pattern of ours. */
function covers(rule: string, wanted: string): boolean {
  if (rule === wanted) return true;
  const [head = "", ...rest] = rule.split("*");
  if (rest.length === 0) return false;
  const text = wanted.replace(/\*$/, "");
  const tail = rest.at(-1) ?? "";
  if (!text.startsWith(head)) return false;
  // A pattern of ours ends in anything, so a rule that wants a certain end does not hold for all of it.
  if (wanted.endsWith("*")) return rest.length === 1 && tail === "";
  return rest.length === 1 && text.length >= head.length + tail.length && text.endsWith(tail);
}

/** Whether some branch may be of both; in doubt it is. */
function meets(rule: string, wanted: string): boolean {
  const [a, b] = [rule, wanted].map((pattern) => pattern.replace(/\*.*$/s, "").toLowerCase());
  if (a === undefined || b === undefined) return false;
  const [star, ours] = [rule.includes("*"), wanted.includes("*")];
  if (!star && !ours) return a === b;
  return (star && b.startsWith(a)) || (ours && a.startsWith(b));
}
