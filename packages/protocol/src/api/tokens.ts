// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { endpoint, VERBS } from "../endpoint.ts";

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
      .array(z.enum(VERBS))
      .min(1)
      .max(VERBS.length)
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
