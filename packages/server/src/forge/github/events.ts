// SPDX-License-Identifier: Apache-2.0
/** Which subjects an event of GitHub asks to be looked at. Nothing else of an event is used. */
import type { Json } from "@interlock/digest";
import { z } from "zod";
import type { Wanted } from "../intake.ts";

const SHA = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);
const REF = z.string().min(1).max(1_000);
const NUMBER = z.int().positive();
const PULL = z.object({ number: NUMBER });
const ABOUT = z.object({ repository: z.object({ id: NUMBER }) });

type Subject = { readonly subject: string; readonly hint?: Json };
type Read = (payload: unknown) => readonly Subject[] | null;

const reading =
  <T extends z.ZodType>(schema: T, subjects: (event: z.output<T>) => readonly Subject[]): Read =>
  (payload) => {
    const read = schema.safeParse(payload);
    return read.success ? subjects(read.data) : null;
  };

const ofPull = reading(z.object({ pull_request: PULL }), ({ pull_request }) => [
  { subject: `pull:${pull_request.number}` },
]);

/** The allow-list of events. */
const EVENTS: Readonly<Record<string, Read>> = {
  pull_request: ofPull,
  pull_request_review: ofPull,
  push: reading(z.object({ ref: REF }), ({ ref }) =>
    ref.startsWith("refs/heads/") && !ref.startsWith("refs/heads/gh-readonly-queue/")
      ? [{ subject: `branch:${ref}` }]
      : [],
  ),
  merge_group: reading(
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
  check_run: reading(
    z.object({ action: z.string(), check_run: z.object({ head_sha: SHA }) }),
    ({ action, check_run }) =>
      action === "rerequested" ? [{ subject: `head:${check_run.head_sha}` }] : [],
  ),
  check_suite: reading(
    z.object({ action: z.string(), check_suite: z.object({ head_sha: SHA }) }),
    ({ action, check_suite }) =>
      action === "rerequested" ? [{ subject: `head:${check_suite.head_sha}` }] : [],
  ),
  deployment_protection_rule: reading(
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

/** `null`: an event that this server takes, but that is not as documented. */
export function wantedBy(event: string, payload: unknown): readonly Wanted[] | null {
  const read = Object.hasOwn(EVENTS, event) ? EVENTS[event] : undefined;
  if (read === undefined) return [];
  const about = ABOUT.safeParse(payload);
  if (!about.success) return null;
  const subjects = read(payload);
  return (
    subjects?.map(({ subject, hint }) => ({
      repository: String(about.data.repository.id),
      ...{ subject, hint: hint ?? null },
    })) ?? null
  );
}
