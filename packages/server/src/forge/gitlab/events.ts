// SPDX-License-Identifier: Apache-2.0
/** Which subjects an event of GitLab asks to be looked at. Nothing else of an event is used. */
import { z } from "zod";
import { type EventTable, readingEvent } from "../events.ts";

const SHA = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);
const NUMBER = z.int().positive();
const REQUEST = z.object({ iid: NUMBER });
const ABOUT = z.object({ project: z.object({ id: NUMBER }) });

/** By `X-Gitlab-Event` (docs.gitlab.com, “Webhook events”). */
const KINDS: EventTable["kinds"] = {
  "Merge Request Hook": readingEvent(
    z.object({ object_attributes: REQUEST }),
    ({ object_attributes: { iid } }) => [{ subject: `merge:${iid}` }],
  ),
  "Note Hook": readingEvent(z.object({ merge_request: REQUEST.nullish() }), ({ merge_request }) =>
    merge_request ? [{ subject: `merge:${merge_request.iid}` }] : [],
  ),
  "Push Hook": readingEvent(z.object({ ref: z.string().min(1).max(1_000) }), ({ ref }) =>
    ref.startsWith("refs/heads/") ? [{ subject: `branch:${ref}` }] : [],
  ),
  // A new pipeline has not the status that the one before it had.
  "Pipeline Hook": readingEvent(
    z.object({ object_attributes: z.object({ sha: SHA }), merge_request: REQUEST.nullish() }),
    ({ object_attributes: { sha }, merge_request }) => [
      { subject: merge_request ? `merge:${merge_request.iid}` : `head:${sha}` },
    ],
  ),
};

/** The allow-list of events. */
export const EVENTS: EventTable = {
  name: "GitLab",
  kinds: KINDS,
  repositoryOf: (payload) => {
    const about = ABOUT.safeParse(payload);
    return about.success ? String(about.data.project.id) : null;
  },
};
