// SPDX-License-Identifier: Apache-2.0
/** Which subjects an event of GitHub asks to be looked at. Nothing else of an event is used. */
import { z } from "zod";
import { type EventTable, readingEvent } from "../events.ts";

/** Stands where jobs name a repository: a team belongs to none. */
export const TEAMS = "teams";

const SHA = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);
const REF = z.string().min(1).max(1_000);
const NUMBER = z.int().positive();
const PULL = z.object({ number: NUMBER });
const ABOUT = z.object({ repository: z.object({ id: NUMBER }) });

const ofPull = readingEvent(z.object({ pull_request: PULL }), ({ pull_request }) => [
  { subject: `pull:${pull_request.number}` },
]);

const KINDS: EventTable["kinds"] = {
  pull_request: ofPull,
  pull_request_review: ofPull,
  push: readingEvent(z.object({ ref: REF }), ({ ref }) =>
    ref.startsWith("refs/heads/") && !ref.startsWith("refs/heads/gh-readonly-queue/")
      ? [{ subject: `branch:${ref}` }]
      : [],
  ),
  merge_group: readingEvent(
    z.object({
      action: z.string(),
      merge_group: z.object({ head_sha: SHA, head_ref: REF, base_sha: SHA, base_ref: REF }),
    }),
    ({
      action,
      merge_group: { head_sha: head, head_ref: ref, base_sha: base, base_ref: target },
    }) =>
      action === "checks_requested"
        ? [{ subject: `group:${head}`, hint: { head, ref, base, target } }]
        : [],
  ),
  check_run: readingEvent(
    z.object({ action: z.string(), check_run: z.object({ head_sha: SHA }) }),
    ({ action, check_run }) =>
      action === "rerequested" ? [{ subject: `head:${check_run.head_sha}` }] : [],
  ),
  check_suite: readingEvent(
    z.object({ action: z.string(), check_suite: z.object({ head_sha: SHA }) }),
    ({ action, check_suite }) =>
      action === "rerequested" ? [{ subject: `head:${check_suite.head_sha}` }] : [],
  ),
  deployment_protection_rule: readingEvent(
    z.object({
      action: z.string(),
      environment: z.string().min(1).max(255),
      deployment_callback_url: z.string().max(2_000),
      deployment: z.object({ id: NUMBER }),
    }),
    ({ action, environment, deployment_callback_url, deployment }) => {
      const run = /\/actions\/runs\/([0-9]{1,20})\/deployment_protection_rule$/.exec(
        deployment_callback_url,
      )?.[1];
      return action === "requested" && run !== undefined
        ? [
            {
              subject: `deployment:${deployment.id}`,
              hint: { run: Number(run), environment, deployment: deployment.id },
            },
          ]
        : [];
    },
  ),
};

/** The allow-list of events. */
export const EVENTS: EventTable = {
  name: "GitHub",
  kinds: KINDS,
  repositoryOf: (payload) => {
    const about = ABOUT.safeParse(payload);
    return about.success ? String(about.data.repository.id) : null;
  },
};

const ofTeam = readingEvent(z.object({ team: z.object({ id: NUMBER }) }), ({ team }) => [
  { subject: `team:${team.id}` },
]);

/** Events about teams of an organisation. */
export const TEAM_EVENTS: EventTable = {
  name: "GitHub",
  kinds: { membership: ofTeam, team: ofTeam },
  repositoryOf: () => TEAMS,
};

export const isTeamEvent = (event: unknown): boolean =>
  typeof event === "string" && Object.hasOwn(TEAM_EVENTS.kinds, event);
