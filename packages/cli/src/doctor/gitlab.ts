// SPDX-License-Identifier: Apache-2.0
/** Every look at the projects on GitLab that a server judges. It changes nothing. */
import type { GitlabProject, GitlabProtection } from "@interlock/server";
import { gitlabFrom, tokenIn } from "../forge/settings.ts";
import { type Examined, type Found, type Look, seen, together } from "./door.ts";
import { approvalDoors, branchDoors, checkDoors, mergeDoors, peopleDoors } from "./gitlab-doors.ts";

/** Looks with the token of the settings, or with one of somebody who may see all settings. */
export async function examineGitlab(file: string, tokenFile?: string): Promise<Examined> {
  const { readProtection } = await import("@interlock/server");
  const given = await gitlabFrom(file);
  const token = tokenFile === undefined ? given.token : tokenIn(tokenFile);
  const looks: Look[] = [];
  for (const project of given.projects)
    looks.push(...looksAt(project, await readProtection(given, project, token)));
  return together(looks);
}

type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: { readonly says: string } };

/** What one project shows, as doors. */
export function looksAt(project: GitlabProject, read: GitlabProtection): readonly Look[] {
  const { settings, branches, approvals, checks, members, self } = read;
  const looked = <T>(
    what: string,
    answer: Answer<T>,
    doors: (value: T) => Iterable<Found>,
  ): Look =>
    answer.ok
      ? seen(doors(answer.value))
      : { doors: [], unseen: [`${what} of \`${project.path}\`: ${answer.failure.says}`] };
  return [
    looked("settings", settings, (value) => mergeDoors(project, value)),
    looked("protected branches", branches, (value) => branchDoors(project, value)),
    ...(checks === null
      ? []
      : [looked("external status checks", checks, (value) => checkDoors(project, value))]),
    looked("approval settings", approvals, (value) => approvalDoors(project, value)),
    looked("members", members, (value) => peopleDoors(project, value, self.ok ? self.value : null)),
    ...(self.ok ? [] : [{ doors: [], unseen: [`the server's own account: ${self.failure.says}`] }]),
  ];
}
