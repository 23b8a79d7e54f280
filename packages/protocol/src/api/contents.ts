// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { endpoint } from "../endpoint.ts";

/**
 * What is kept of a change to be shown. Beyond `blobBytes` nobody reads a file line by line, and beyond
 * `changeBytes` nobody reads the change; what is over is listed with its size and never left out.
 */
export const CONTENTS_LIMITS = {
  /** As many as the facts list. */
  entries: 20_000,
  blobBytes: 2 << 20,
  changeBytes: 32 << 20,
  /** Of one request, before base64: well below what the server reads at once. */
  requestBytes: 6 << 20,
  requestBlobs: 1_000,
} as const;

const DIGEST = z.string().regex(/^[0-9a-f]{64}$/);
const MODE = z
  .string()
  .regex(/^[0-7]{6}$/)
  .nullable()
  .describe("Git's six octal digits; null where the path is absent");
const CONTENT = z
  .string()
  .max(80)
  .nullable()
  .describe("SHA-256 of the bytes, or `submodule:` and the commit; null where the path is absent");

/** A path of the change digest, as `changeDigest` of `@interlock/digest` takes it. */
const ENTRY = z.strictObject({
  path: z.string().min(1).max(4_096),
  oldMode: MODE,
  newMode: MODE,
  oldContent: CONTENT,
  newContent: CONTENT,
});

const ATTRIBUTES = z.strictObject({
  path: z.string().min(1).max(4_096),
  attributes: z.record(z.string().max(1_000), z.string().max(1_000)),
});

/** A content whose bytes nobody sent. Its size is what the enforcement point says: no digest covers it. */
const LEFT_OUT = z.strictObject({
  content: DIGEST,
  bytes: z.int().min(0),
  because: z.enum(["too-large", "over-budget"]),
});
export type LeftOut = z.output<typeof LEFT_OUT>;

/** What the change digest is made of, besides repository and target. */
export const CHANGE_INPUT = {
  entries: z.array(ENTRY).max(CONTENTS_LIMITS.entries),
  attributes: z.array(ATTRIBUTES).max(CONTENTS_LIMITS.entries),
  plan: DIGEST.nullable().describe("of what was made from the change outside the repository"),
  document: DIGEST.nullable(),
};

const one = z.strictObject({ id: z.string().regex(/^[0-9a-f]{20}$/) });
const BYTES = z
  .string()
  .max(Math.ceil((CONTENTS_LIMITS.blobBytes * 4) / 3))
  .regex(/^[A-Za-z0-9_-]*$/, "not base64url without padding");

/** What the change digest is made of, with the repository and the target that the server knows. */
export const sendContents = endpoint({
  id: "sendContents",
  method: "POST",
  path: "/api/v1/changes/:id/contents",
  summary: "what the digest of a change is made of; refused when it gives another digest",
  access: "bringer",
  params: one,
  body: z.strictObject({
    ...CHANGE_INPUT,
    leftOut: z.array(LEFT_OUT).max(2 * CONTENTS_LIMITS.entries),
  }),
  answer: z.strictObject({
    missing: z.array(DIGEST).describe("contents to be sent with `sendBlobs`"),
  }),
});

export const sendBlobs = endpoint({
  id: "sendBlobs",
  method: "POST",
  path: "/api/v1/changes/:id/blobs",
  summary: "contents of a change; each is kept under the SHA-256 that the server computes",
  access: "bringer",
  params: one,
  body: z.strictObject({ blobs: z.array(BYTES).min(1).max(CONTENTS_LIMITS.requestBlobs) }),
  answer: z.strictObject({ missing: z.int().describe("how many are still to be sent") }),
});

/** A reader makes the digest again from this: `changeDigest` of `@interlock/digest`. */
export const showContents = endpoint({
  id: "showContents",
  method: "GET",
  path: "/api/v1/changes/:id/contents",
  summary: "what the digest of a change is made of, and which of its contents are kept",
  access: "session",
  params: one,
  answer: z.strictObject({
    repository: z.string(),
    target: z.string(),
    ...CHANGE_INPUT,
    leftOut: z.array(LEFT_OUT),
    missing: z.array(DIGEST).describe("neither sent nor left out on purpose: sending broke off"),
  }),
});
export type ContentsShown = z.output<typeof showContents.answer>;

/** JSON with base64url, never the file itself: what is in a repository must not become a page (UI9). */
export const showBlob = endpoint({
  id: "showBlob",
  method: "GET",
  path: "/api/v1/changes/:id/blobs/:content",
  summary: "the bytes of one content of a change",
  access: "session",
  params: z.strictObject({ ...one.shape, content: DIGEST }),
  answer: z.strictObject({ content: DIGEST, bytes: z.string().describe("base64url") }),
});
