// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { endpoint } from "../endpoint.ts";

const TIME = z.int().describe("milliseconds since 1970 UTC");
/** As long as a document may be, and one that is not begun is empty. */
const TEXT = z.string().max(262_144);
const CHANGE = z
  .string()
  .regex(/^(?:[0-9a-f]{20})?$/)
  .describe("id of the change that it is for; empty where there is none yet");

const SAVED = {
  draft: z.string(),
  change: CHANGE,
  title: z.string().describe("as the front matter says it; empty where it says none"),
  version: z.int().min(1),
  changedAt: TIME,
};
const DRAFT_LISTED = z.strictObject(SAVED);
export type DraftListed = z.input<typeof DRAFT_LISTED>;
export const DRAFT_SHOWN = z.strictObject({ ...SAVED, text: TEXT });
export type DraftShown = z.input<typeof DRAFT_SHOWN>;

const one = z.strictObject({
  draft: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .describe("chosen at random by whoever writes it"),
});

export const drafts = endpoint({
  id: "drafts",
  method: "GET",
  path: "/api/v1/drafts",
  summary: "the documents that you are writing, those changed last first",
  access: "person",
  answer: z.strictObject({ drafts: z.array(DRAFT_LISTED) }),
});

export const showDraft = endpoint({
  id: "showDraft",
  method: "GET",
  path: "/api/v1/drafts/:draft",
  summary: "one document that you are writing",
  access: "person",
  params: one,
  answer: DRAFT_SHOWN,
});

export const saveDraft = endpoint({
  id: "saveDraft",
  method: "POST",
  path: "/api/v1/drafts/:draft",
  summary:
    "keep what you wrote, unless it was changed elsewhere since the version that you began with",
  access: "session",
  params: one,
  body: z.strictObject({
    change: CHANGE,
    text: TEXT,
    over: z.int().min(0).max(1_000_000_000).describe("the version that it goes over; 0: a new one"),
  }),
  answer: DRAFT_LISTED,
});

export const dropDraft = endpoint({
  id: "dropDraft",
  method: "DELETE",
  path: "/api/v1/drafts/:draft",
  summary: "forget a document that you were writing; what is in Git stays",
  access: "session",
  params: one,
  answer: z.strictObject({ dropped: z.boolean() }),
});
