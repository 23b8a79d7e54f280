// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { endpoint } from "../endpoint.ts";

const DIGEST = z.string().regex(/^[0-9a-f]{64}$/);
const TIME = z.int().describe("milliseconds since 1970 UTC");
const INDEX = z.int().describe("in the ledger");

export const ledgerTrust = endpoint({
  id: "ledgerTrust",
  method: "GET",
  path: "/api/v1/ledger",
  summary:
    "what this server says of its log and its site; a verifier keeps it and takes it from no receipt",
  access: "session",
  answer: z.strictObject({
    policy: z
      .string()
      .describe("a trust policy (c2sp.org/tlog-policy) with the keys as set up here"),
    site: z
      .strictObject({
        ...{ ledger: z.string(), tenant: z.string(), product: z.string(), rpId: z.string() },
        origins: z.array(z.string()),
      })
      .nullable()
      .describe("null until the organisation is founded"),
  }),
});

const ENTRY = z.strictObject({
  index: INDEX,
  entry: DIGEST.describe("its id: the hash of its leaf"),
  kind: z.string(),
  at: TIME,
  change: z.string().nullable().describe("the change that it is about"),
  subject: z.string().nullable().describe("first line of that change"),
  person: z.string().nullable().describe("who signed"),
});
export type EntryRow = z.output<typeof ENTRY>;

export const listEntries = endpoint({
  id: "listEntries",
  method: "GET",
  path: "/api/v1/ledger/entries",
  summary: "entries of the ledger, newest first",
  access: "session",
  query: z.strictObject({
    before: z.coerce.number().int().min(0).optional().describe("`next` of the page before"),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  }),
  answer: z.strictObject({
    entries: z.array(ENTRY),
    next: z.int().nullable(),
    size: z.int().describe("durable entries"),
    published: z.int().describe("entries under the newest checkpoint"),
    asOf: TIME,
  }),
});

/** Everything that the leaf commits to, so that a reader makes the leaf again. */
export const showEntry = endpoint({
  id: "showEntry",
  method: "GET",
  path: "/api/v1/ledger/entries/:index",
  summary: "one entry with what its leaf commits to, unless that was erased",
  access: "session",
  params: z.strictObject({ index: z.coerce.number().int().min(0) }),
  answer: z.strictObject({
    ...ENTRY.shape,
    digest: DIGEST.nullable().describe("the subject of the leaf"),
    salt: z.string().nullable().describe("base64url; null when the body was erased"),
    body: z.unknown().describe("null when it was erased"),
    newest: z.boolean().describe("the newest decision of its change, for which there is a receipt"),
  }),
});
export type EntryShown = z.output<typeof showEntry.answer>;
