// SPDX-License-Identifier: Apache-2.0
import { WRITER_TRUST } from "@interlock/core";
import { z } from "zod";
import { endpoint } from "../endpoint.ts";

/** Of one request; a repository with more protected refs sends several. */
export const REFS_LIMITS = { moves: 200, commits: 1_000 } as const;

const REF = z.string().min(1).max(1_000);
const TIP = z
  .string()
  .regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/)
  .describe("a commit; all zeros where the ref was not there");
const DIGEST = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .nullable()
  .describe("of the change that the movement is; null where nobody can read it");
const TIME = z.int().describe("milliseconds since 1970 UTC");

export const listRefs = endpoint({
  id: "listRefs",
  method: "GET",
  path: "/api/v1/refs",
  summary: "where the protected refs of the token's repository stood when they were compared last",
  access: "token:gate",
  answer: z.strictObject({
    repository: z.string(),
    refs: z.array(z.strictObject({ ref: REF, tip: TIP, at: TIME })),
  }),
});

export const landedOn = endpoint({
  id: "landedOn",
  method: "POST",
  path: "/api/v1/refs/landed",
  summary: "whether a content was allowed on a ref, and between which of some commits one was",
  access: "token:gate",
  body: z.strictObject({
    ref: REF,
    commits: z.array(TIP).max(REFS_LIMITS.commits),
    digest: DIGEST,
  }),
  answer: z.strictObject({ allowed: z.boolean(), ends: z.array(TIP) }),
});

/** Why the ledger has nothing that allowed a movement. */
export const UNRECORDED = ["not-allowed", "deleted", "unreadable", "first-seen"] as const;

export const reportRefs = endpoint({
  id: "reportRefs",
  method: "POST",
  path: "/api/v1/refs",
  summary: "movements of protected refs, each compared with what the ledger allowed",
  access: "token:gate",
  body: z.strictObject({
    moves: z
      .array(
        z.strictObject({
          ref: REF,
          old: TIP,
          new: TIP,
          digest: DIGEST,
        }),
      )
      .min(1)
      .max(REFS_LIMITS.moves)
      .describe("of one ref in the order in which they happened"),
  }),
  answer: z.strictObject({
    moves: z.array(
      z.strictObject({
        ref: REF,
        unrecorded: z.enum(UNRECORDED).nullable().describe("null: an allowed decision stands"),
        index: z.int().nullable().describe("of the entry that says so"),
      }),
    ),
  }),
});

const NAME = z.string();
const SHA256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .nullable()
  .describe("of the value; null: nothing");

/** Why a key is unrecorded, and how that ended. */
export const UNRECORDED_KEYS = ["not-written", "stranger"] as const;
export const UNRECORDED_ENDS = ["came-back", "explained", "changed-again", "described"] as const;

const LAST_WRITER = z.strictObject({
  trust: z
    .enum(WRITER_TRUST)
    .describe("told: the target noted it; claimed: whoever wrote could have written anything"),
  name: z.string().optional().describe("what the target calls whoever it was"),
  how: z.string().optional(),
  at: TIME.optional(),
  write: z.string().optional().describe("what the target calls the write, such as a commit"),
});

const UNRECORDED_KEY = z.strictObject({
  index: z.int().describe("of its entry"),
  target: NAME,
  cell: NAME,
  key: z.string(),
  before: SHA256,
  after: SHA256,
  because: z.enum(UNRECORDED_KEYS),
  version: z.string().nullable().describe("by which the target may tell who wrote it, and when"),
  writer: LAST_WRITER.nullable().describe(
    "as the target told when the difference was found; null: it does not tell, or that was erased",
  ),
  at: TIME,
  closedAt: TIME.nullable(),
  how: z.enum(UNRECORDED_ENDS).nullable(),
});

const WATCHED_CELL = z.strictObject({
  target: NAME,
  cell: NAME,
  seenAt: TIME.nullable().describe("null: never yet"),
  triedAt: TIME,
  says: z.string().nullable().describe("what stands in the way of the next look"),
  keys: z.int(),
  strangers: z.int(),
});

const UNRECORDED_SHOWN = z.strictObject({
  changes: z.array(
    z.strictObject({
      index: z.int(),
      repository: z.string(),
      ref: z.string(),
      old: z.string(),
      new: z.string(),
      because: z.enum(UNRECORDED),
      at: TIME,
    }),
  ),
  keys: z.array(UNRECORDED_KEY).describe("open ones first, then newest first"),
  cells: z
    .array(WATCHED_CELL)
    .describe("when each cell was seen whole last: what changed since nobody knows"),
  strangers: z
    .array(z.strictObject({ target: NAME, cell: NAME, key: z.string(), at: TIME }))
    .describe("keys in cells that no config set knows"),
});
export type UnrecordedShown = z.input<typeof UNRECORDED_SHOWN>;

export const listUnrecorded = endpoint({
  id: "listUnrecorded",
  method: "GET",
  path: "/api/v1/unrecorded",
  summary:
    "what nothing in the ledger allowed: movements of protected refs, and values of keys of targets",
  access: "reader",
  query: z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50) }),
  answer: UNRECORDED_SHOWN,
});
