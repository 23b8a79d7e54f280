// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { endpoint } from "../endpoint.ts";

/** Of one request; more changes come page by page, more contents in several requests. */
export const ADMISSION_LIMITS = {
  prefixes: 50,
  changes: 50,
  contents: 50,
  bytes: 8 << 20,
} as const;

const SHA256 = z.string().regex(/^[0-9a-f]{64}$/);

export const admissionChanges = endpoint({
  id: "admissionChanges",
  method: "POST",
  path: "/api/v1/admission/changes",
  summary:
    "what the newest decisions about changes of a ref say, and what those changes make of some paths",
  access: "token:read",
  body: z.strictObject({
    ref: z.string().min(1).max(1_000),
    prefixes: z
      .array(z.string().max(1_000))
      .min(1)
      .max(ADMISSION_LIMITS.prefixes)
      .describe("beginnings of paths"),
    after: z.int().min(-1).describe("index of the ledger; decisions after it are told"),
  }),
  answer: z.strictObject({
    changes: z
      .array(
        z.strictObject({
          change: z.string(),
          index: z.int().describe("of its newest decision"),
          allowed: z.boolean().describe("that decision is to allow it"),
          kept: z.boolean().describe("false: what the change is made of is not here"),
          entries: z.array(
            z.strictObject({
              path: z.string(),
              before: SHA256.nullable().describe("null: the path is absent"),
              after: SHA256.nullable(),
            }),
          ),
        }),
      )
      .describe("in the order of the ledger; a change comes again when it is decided again"),
    after: z.int().describe("to ask with next"),
    more: z.boolean(),
  }),
});
export type AdmissionTold = z.output<typeof admissionChanges.answer>;

export const admissionContents = endpoint({
  id: "admissionContents",
  method: "POST",
  path: "/api/v1/admission/contents",
  summary: "contents of changes of the token's repository, as far as they are kept",
  access: "token:read",
  body: z.strictObject({ contents: z.array(SHA256).min(1).max(ADMISSION_LIMITS.contents) }),
  answer: z.strictObject({
    contents: z.array(
      z.strictObject({
        content: SHA256,
        bytes: z.string().nullable().describe("base64url; null: it is not kept"),
      }),
    ),
    more: z.boolean().describe("true: those that are not in the answer have to be asked for again"),
  }),
});
