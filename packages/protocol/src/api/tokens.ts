// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { endpoint, REPOSITORY_VERBS, VERBS } from "../endpoint.ts";

const TIME = z.int().describe("milliseconds since 1970 UTC");
const DAY = 86_400_000;

export const TOKEN_DAYS = { usual: 90, most: 365 } as const;

export const TOKEN = z.strictObject({
  token: z.string().describe("public id; no secret"),
  name: z.string(),
  repository: z.string(),
  verbs: z.array(z.enum(VERBS)),
  by: z.string(),
  madeAt: TIME,
  expiresAt: TIME,
});
export type TokenShown = z.input<typeof TOKEN>;

export const makeToken = endpoint({
  id: "makeToken",
  method: "POST",
  path: "/api/v1/tokens",
  summary: "make a token for one repository; its secret is shown once",
  onceByKey: true,
  access: "session",
  body: z.strictObject({
    name: z.string().trim().min(1).max(200).describe("what it is for"),
    repository: z.string().min(1).max(400).describe("immutable id of the repository"),
    verbs: z
      .array(z.enum(REPOSITORY_VERBS))
      .min(1)
      .max(REPOSITORY_VERBS.length)
      .refine((verbs) => new Set(verbs).size === verbs.length, "a verb is there twice"),
    lifeMs: z
      .int()
      .min(60_000)
      .max(TOKEN_DAYS.most * DAY)
      .default(TOKEN_DAYS.usual * DAY)
      .describe("how long it works, in milliseconds"),
  }),
  answer: z.strictObject({ token: TOKEN, secret: z.string().describe("never shown again") }),
});

export const tokens = endpoint({
  id: "tokens",
  method: "GET",
  path: "/api/v1/tokens",
  summary: "the tokens that work",
  access: "session",
  answer: z.strictObject({ tokens: z.array(TOKEN) }),
});

export const revokeToken = endpoint({
  id: "revokeToken",
  method: "POST",
  path: "/api/v1/tokens/:token/revoke",
  summary: "end a token",
  access: "session",
  params: z.strictObject({ token: z.string().max(64) }),
  body: z.strictObject({ reason: z.string().trim().min(1).max(2_000) }),
  answer: z.strictObject({}),
});

const TOKEN_TYPE = "urn:ietf:params:oauth:token-type";

const EXCHANGE = z.strictObject({
  grant_type: z.literal("urn:ietf:params:oauth:grant-type:token-exchange"),
  subject_token: z.string().min(1).max(16_384).describe("what the CI system gave to the run"),
  subject_token_type: z.enum([`${TOKEN_TYPE}:jwt`, `${TOKEN_TYPE}:id_token`]),
  requested_token_type: z.literal(`${TOKEN_TYPE}:access_token`).optional(),
  audience: z
    .string()
    .max(400)
    .optional()
    .describe("immutable id of the repository, where rules of several fit"),
  scope: z.string().max(200).optional().describe("verbs, with spaces between; all when left out"),
});
export type ExchangeGiven = z.output<typeof EXCHANGE>;

const EXCHANGED = z.strictObject({
  access_token: z.string(),
  issued_token_type: z.literal(`${TOKEN_TYPE}:access_token`),
  token_type: z.literal("Bearer"),
  expires_in: z.int().describe("seconds, at most 15 minutes"),
  scope: z.string(),
});
export type Exchanged = z.input<typeof EXCHANGED>;

export const exchange = endpoint({
  id: "exchangeToken",
  method: "POST",
  path: "/api/v1/tokens/exchange",
  summary:
    "a short-lived token for what a CI system proves of one of its runs (RFC 8693), as JSON or as a form",
  access: "public",
  body: EXCHANGE,
  answer: EXCHANGED,
});
