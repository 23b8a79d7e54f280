/** Each door of a project on GitLab: shown while it is open, gone once it is closed. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GITLAB_SETTINGS, type GitlabProtection } from "@interlock/server";
import { describe, expect, it } from "vitest";
import { GITLAB_DOORS, together } from "../../src/doctor/door.ts";
import { looksAt } from "../../src/doctor/gitlab.ts";
import { listening } from "../gate-server.ts";
import { running } from "../pushing.ts";
import { folder, MAIN } from "../scratch.ts";
import { SIGNING_TOKEN } from "./stand-in.ts";

const PROJECT = { path: "acme/shop", id: 77, protect: ["main", "release/*"], statusCheckId: 9 };

const NO_CHECK = { statusCheckId: null };

/** Answers of GitLab, as it documents them, without an open door. */
const CLOSED = {
  settings: {
    ...{ id: 77, path_with_namespace: "acme/shop", merge_method: "ff" },
    only_allow_merge_if_pipeline_succeeds: true,
    allow_merge_on_skipped_pipeline: false,
    only_allow_merge_if_all_status_checks_passed: true,
  },
  branches: ["main", "release/*"].map((name) => ({
    ...{ name, allow_force_push: false },
    push_access_levels: [{ access_level: 0, access_level_description: "No one" }],
  })),
  approvals: {
    ...{ reset_approvals_on_push: true, merge_requests_author_approval: false },
    merge_requests_disable_committers_approval: true,
    disable_overriding_approvers_per_merge_request: true,
  },
  checks: [{ id: 9, protected_branches: [] as { name: string }[] }],
  members: [
    { id: 100, username: "ana", access_level: 50 },
    { id: 902, username: "interlock", access_level: 30 },
  ],
  self: 902,
};
type Shows = typeof CLOSED;

const ok = <T>(value: T) => ({ ok: true as const, value });
function doors(change: (shows: Shows) => void, project: object = {}): readonly string[] {
  const shows = structuredClone(CLOSED);
  change(shows);
  const { settings, branches, approvals, checks, members, self } = shows;
  const read: GitlabProtection = {
    ...{ settings: ok(settings), branches: ok(branches), approvals: ok(approvals) },
    ...{ checks: project === NO_CHECK ? null : ok(checks), members: ok(members), self: ok(self) },
  };
  return together(looksAt({ ...PROJECT, ...project }, read)).doors.map(({ id }) => id);
}

const first = <T>(list: readonly T[]): T => {
  const [one] = list;
  if (one === undefined) throw new Error("an empty list");
  return one;
};
const CASES: readonly (readonly [string, (shows: Shows) => void, object?])[] = [
  ["gitlab-branch-unprotected", (s) => void s.branches.pop()],
  ["gitlab-branch-unprotected", (s) => Object.assign(first(s.branches), { name: "mai" })],
  [
    "gitlab-branch-unprotected",
    (s) => Object.assign(first(s.branches.slice(1)), { name: "release/*-rc" }),
  ],
  ["gitlab-check-missing", (s) => void s.checks.pop()],
  ["gitlab-check-missing", (s) => void first(s.checks).protected_branches.push({ name: "main" })],
  [
    "gitlab-merge-unchecked",
    (s) => Object.assign(s.settings, { only_allow_merge_if_all_status_checks_passed: false }),
  ],
  ["gitlab-force-push", (s) => Object.assign(first(s.branches), { allow_force_push: true })],
  ["gitlab-project-moved", (s) => Object.assign(s.settings, { path_with_namespace: "acme/other" })],
  [
    "gitlab-push-open",
    (s) =>
      void first(s.branches).push_access_levels.push({
        ...{ access_level: 40, access_level_description: "Maintainers" },
      }),
  ],
  [
    // Of two rules the more permissive one counts.
    "gitlab-push-open",
    (s) =>
      void s.branches.push({
        ...{ name: "rel*", allow_force_push: false },
        push_access_levels: [{ access_level: 30, access_level_description: "Developers" }],
      }),
  ],
  [
    "gitlab-skipped-merges",
    (s) => Object.assign(s.settings, { allow_merge_on_skipped_pipeline: true }),
  ],
  [
    "gitlab-many-maintainers",
    (s) => {
      for (let i = 0; i < 5; i++) s.members.push({ id: 200 + i, username: "m", access_level: 40 });
    },
  ],
  [
    "gitlab-own-approval",
    (s) => Object.assign(s.approvals, { merge_requests_author_approval: true }),
  ],
  [
    "gitlab-rules-editable",
    (s) => Object.assign(s.approvals, { disable_overriding_approvers_per_merge_request: false }),
  ],
  [
    "gitlab-committer-approval",
    (s) => Object.assign(s.approvals, { merge_requests_disable_committers_approval: false }),
  ],
  ["gitlab-approvals-kept", (s) => Object.assign(s.approvals, { reset_approvals_on_push: false })],
  ["gitlab-status-forgeable", () => undefined, NO_CHECK],
  ["gitlab-target-moves", (s) => Object.assign(s.settings, { merge_method: "merge" })],
  ["gitlab-token-strong", (s) => Object.assign(first(s.members.slice(1)), { access_level: 40 })],
];

describe("interlock doctor --gitlab", () => {
  it.each(CASES.map(([id, open, project = {}]) => ({ id, open, project })))(
    "$id: while it is open, and not else",
    ({ id, open, project }) => {
      expect(doors(open, project)).toEqual([id]);
      expect(doors(() => undefined)).toEqual([]);
    },
  );

  it("without a status check pipelines must succeed", () => {
    const open = doors((s) => {
      s.settings.only_allow_merge_if_pipeline_succeeds = false;
    }, NO_CHECK);
    expect(open).toEqual(["gitlab-merge-unchecked", "gitlab-status-forgeable"]);
  });

  it("docs/operate/gitlab.md has every door and settings that are read; its commands run", async () => {
    const page = readFileSync(
      new URL("../../../../docs/operate/gitlab.md", import.meta.url),
      "utf8",
    );
    const rows = [...page.matchAll(/^\| `(gitlab-[a-z-]+)` \| ([a-z]+) \|/gm)];
    expect(Object.fromEntries(rows.map(([, id, severity]) => [id, severity]))).toEqual(
      GITLAB_DOORS,
    );
    expect(new Set(CASES.map(([id]) => id))).toEqual(new Set(Object.keys(GITLAB_DOORS)));
    const settings = JSON.parse(/```json\n([\s\S]*?)```/.exec(page)?.[1] ?? "") as object;
    expect(GITLAB_SETTINGS.safeParse(settings).error).toBeUndefined();
    const seen = new Set<string | undefined>();
    const url = await listening((request, response) => {
      seen.add(request.headers.authorization);
      const path = (request.url ?? "").split("?")[0] ?? "";
      const answers: Readonly<Record<string, unknown>> = {
        "/api/v4/user": { id: 902 },
        "/api/v4/projects/77": CLOSED.settings,
        "/api/v4/projects/77/protected_branches": CLOSED.branches,
        "/api/v4/projects/77/external_status_checks": CLOSED.checks,
        "/api/v4/projects/77/members/all": CLOSED.members,
      };
      // Only maintainers see approval settings.
      response.writeHead(path in answers ? 200 : 403, { "content-type": "application/json" });
      response.end(JSON.stringify(answers[path] ?? { message: "403 Forbidden" }));
    });
    const dir = folder();
    writeFileSync(join(dir, "gitlab.json"), JSON.stringify({ ...settings, url }));
    writeFileSync(join(dir, "gitlab-token"), "glpat-of-the-server\n");
    writeFileSync(join(dir, "maintainer-token"), "glpat-of-a-maintainer\n");
    writeFileSync(join(dir, "signing-token"), `${SIGNING_TOKEN}\n`);
    const commands = [...page.matchAll(/^```sh\ninterlock (.*)\n```$/gm)].map(([, line]) => line);
    expect(commands).toHaveLength(1);
    for (const line of commands) {
      const args = (line ?? "").split(" ");
      const ran = await running(dir, [process.execPath, MAIN, ...args]);
      expect([ran.status, ran.says]).toEqual([
        0,
        expect.stringMatching(/not looked at: approval settings of `acme\/shop`: .*403 Forbidden/),
      ]);
    }
    expect(seen).toEqual(new Set(["Bearer glpat-of-the-server", "Bearer glpat-of-a-maintainer"]));
  });
});
