// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { endpoint } from "../endpoint.ts";
import { ASSERTION } from "./passkey.ts";

const BASE64URL = z.string().regex(/^[A-Za-z0-9_-]*$/);
const DIGEST = z.string().regex(/^[0-9a-f]{64}$/);
const TIME = z.int().describe("milliseconds since 1970 UTC");
const CHANGE = z.strictObject({
  id: z.string(),
  repository: z.string(),
  target: z.string(),
  environment: z.string(),
  subject: z.string(),
  base: z.string(),
  head: z.string(),
  merge: z.string(),
  digest: DIGEST.nullable().describe("null where nobody could read the whole change"),
  words: z.array(z.string()).describe("six words of the digest, to be compared on a second screen"),
  firstSeenAt: TIME,
  judgedAt: TIME,
  outcome: z.enum(["allow", "hold", "deny"]),
  effective: z
    .enum(["allow", "hold", "deny"])
    .describe("with modes: what enforcement points follow"),
});

/** What stands around a change: what it still wants, and from whom. */
const REVIEW = z.strictObject({
  authors: z.array(z.string()).describe("persons where they are known, else accounts"),
  files: z.int(),
  wanted: z.int().describe("approvals, at the most demanding of the enforced rules"),
  given: z.int().describe("persons whose approvals stand and can count, as of now"),
  rejected: z.int().describe("persons whose rejections stand"),
  mine: z
    .enum(["approval", "rejection"])
    .nullable()
    .describe("what you said and did not take back, while it counts"),
  mayApprove: z.boolean().describe("your approval can count: you own it and had no part in it"),
  risk: z.int().nullable().describe("parts per million; null where nobody measured it"),
});

/** A row of the queue: a change and what stands around it. */
const ROW = CHANGE.extend(REVIEW.shape);
export type QueueRowShown = z.input<typeof ROW>;

const COUNT = z.int().describe("1000 stands for that many or more");

const one = z.strictObject({ id: z.string().regex(/^[0-9a-f]{20}$/) });

export const listChanges = endpoint({
  id: "listChanges",
  method: "GET",
  path: "/api/v1/changes",
  summary:
    "the queue: changes that enforcement points asked about, those first seen last or riskiest first",
  access: "reader",
  query: z.strictObject({
    effective: z.enum(["allow", "hold", "deny"]).optional(),
    repository: z.string().max(400).optional(),
    target: z.string().max(1_000).optional(),
    waiting: z
      .enum(["me"])
      .optional()
      .describe("held, an approval is missing, and you may give it and have not"),
    author: z.enum(["me"]).optional().describe("changes of which you are an author"),
    order: z.enum(["newest", "risk"]).default("newest"),
    limit: z.coerce.number().int().min(1).max(200).default(50),
    after: z.string().max(100).optional().describe("`next` of the page before, of the same order"),
  }),
  answer: z.strictObject({
    changes: z.array(ROW),
    next: z.string().nullable(),
    counts: z
      .strictObject({ waitingForMe: COUNT, held: COUNT })
      .nullable()
      .describe("of all changes, whatever the filter; null on later pages"),
    asOf: TIME,
    head: z.int().describe("how many entries the ledger had: events after it are news"),
  }),
});

const KINDS = z.enum(["approval", "rejection", "withdrawal", "override", "debt-review"]);
export const WAIVES = z.strictObject({
  rule: z.string().max(200),
  breakGlass: z.boolean(),
  incident: z.string().max(64).optional().describe("of break-glass, and of nothing else"),
});

export const SIGNATURE = z.strictObject({
  entry: DIGEST,
  index: z.int(),
  kind: KINDS,
  person: z.string(),
  at: TIME,
  expiresAt: TIME,
  reason: z.string().nullable(),
  waives: WAIVES.nullable().describe("of an override: the one rule that it passes"),
  ended: z
    .boolean()
    .describe("withdrawn, replaced by a newer one, or used up: what it was about has landed"),
});

export const showChange = endpoint({
  id: "showChange",
  method: "GET",
  path: "/api/v1/changes/:id",
  summary: "one change with its newest decision, the facts behind it, and who signed what",
  access: "reader",
  params: one,
  answer: z.strictObject({
    change: CHANGE,
    review: REVIEW.extend({
      reviewers: z.array(z.string()).describe("persons whose approvals could count, sorted"),
      reviewersMore: z.boolean().describe("and others who had no part in the change"),
      again: z
        .enum(["landed", "stopped"])
        .nullable()
        .describe("why your approval counts no more: it landed since, or a rollout was stopped"),
    }),
    decision: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe("null once its facts were erased"),
    facts: z.record(z.string(), z.unknown()).nullable(),
    signatures: z.array(SIGNATURE),
    mayApprove: z.boolean().describe("false for whoever had a part in the change"),
  }),
});

/** What a page hands to `navigator.credentials.get`, and what it must show beforehand. */
export const askToSign = endpoint({
  id: "askToSign",
  method: "POST",
  path: "/api/v1/changes/:id/statements",
  summary:
    "the statement that a person would sign about a change, with a challenge to be used once",
  access: "person",
  anyMeans: true,
  params: one,
  body: z.strictObject({
    decision: z
      .enum(["approve", "reject", "withdraw", "override", "settle"])
      .describe("`settle` says that a debt was reviewed"),
    environment: z.string().max(100).default("").describe("empty: any environment of its target"),
    reason: z.string().min(1).max(2_000).optional(),
    credential: BASE64URL.max(1_400).optional().describe("which of your keys; any when left out"),
    waives: WAIVES.optional().describe("with `override` alone"),
    settles: DIGEST.optional().describe("with `settle` alone: the entry of the debt"),
    validForHours: z
      .int()
      .min(1)
      .max(720)
      .optional()
      .describe("168 by default; of a waiver 24 and at most 168, of break-glass 4 and no more"),
  }),
  answer: z.strictObject({
    nonce: BASE64URL,
    challenge: BASE64URL,
    rpId: z.string(),
    credential: BASE64URL,
    words: z.array(z.string()),
    statement: z.record(z.string(), z.unknown()),
    until: TIME.describe("the challenge is good until then"),
  }),
});

export const sign = endpoint({
  id: "sign",
  method: "POST",
  path: "/api/v1/changes/:id/signatures",
  summary: "say what was asked for by a passkey's assertion over the statement",
  access: "session",
  anyMeans: true,
  params: one,
  body: ASSERTION,
  answer: z.strictObject({
    index: z.int().describe("of the entry in the ledger, which is durable"),
    entry: DIGEST,
    kind: KINDS,
  }),
});

export const receipt = endpoint({
  id: "receipt",
  method: "GET",
  path: "/api/v1/changes/:id/receipt",
  summary:
    "the receipt of the newest decision, to be verified offline by `interlock ledger verify`",
  access: "reader",
  params: one,
  answer: z.record(z.string(), z.unknown()),
});
