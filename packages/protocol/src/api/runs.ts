// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { endpoint } from "../endpoint.ts";

const DIGEST = z.string().regex(/^[0-9a-f]{64}$/);
const TIME = z.int().describe("milliseconds since 1970 UTC");
const TEXT = z.string().min(1).max(262_144).describe("the document, word for word");
const VALUES = z.record(z.string().max(40), z.string().max(200));
const DATA = z.record(z.string(), z.unknown());

const ONCE = z
  .string()
  .regex(/^[0-9a-f]{32}$/)
  .optional()
  .describe("chosen at random; sent again with it by you, the run that it began is the answer");

export const REMEDY_SHOWN = z.strictObject({
  remedy: z.string(),
  title: z.string(),
  document: DIGEST,
  entry: DIGEST,
  approvedBy: z.array(z.string()),
  parameters: z.array(DATA).describe("names, types and ranges"),
  runs: z.int().describe("at most so many"),
  withinMs: z.int().describe("in so long"),
  rehearsedUntil: TIME.describe("after that nobody may run it"),
  mayRun: z.array(z.string()),
  change: z.string().describe("id of the change that brought it, with the two signatures"),
  rehearsedAt: TIME,
  ranLately: z.int().describe("runs that were begun within the time that its limit speaks of"),
  lastRun: z
    .strictObject({ run: DIGEST, at: TIME, operator: z.string() })
    .nullable()
    .describe("null where none is among the last 1,000 runs of all"),
});
export type RemedyShown = z.input<typeof REMEDY_SHOWN>;

export const registerRemedy = endpoint({
  id: "registerRemedy",
  method: "POST",
  path: "/api/v1/remedies",
  summary: "make a remedy known that landed with two approvals by passkey",
  access: "session",
  body: z.strictObject({
    change: z.string().max(200).describe("id of the change that brought it"),
    document: TEXT,
  }),
  answer: REMEDY_SHOWN,
});

export const remedies = endpoint({
  id: "remedies",
  method: "GET",
  path: "/api/v1/remedies",
  summary: "the remedies that one may run alone, each in its newest text",
  access: "person",
  answer: z.strictObject({ remedies: z.array(REMEDY_SHOWN) }),
});

export const showRemedy = endpoint({
  id: "showRemedy",
  method: "GET",
  path: "/api/v1/remedies/:remedy",
  summary: "one remedy with the text that runs",
  access: "person",
  params: z.strictObject({ remedy: z.string().max(60) }),
  answer: z.strictObject({ ...REMEDY_SHOWN.shape, text: TEXT }),
});

const NEXT = z.strictObject({
  kind: z.enum(["act", "find", "confirm", "choose", "end", "over"]),
  task: z.string().nullable(),
  part: z.string().nullable(),
  outcome: z.string().nullable(),
});

const RUN_LISTED = z.strictObject({
  run: DIGEST,
  index: z.int().describe("of the entry of its beginning"),
  at: TIME.describe("when it began"),
  change: z.string(),
  document: DIGEST,
  title: z.string(),
  operator: z.string(),
  second: z.string(),
  remedy: z.string().nullable(),
  lastAt: TIME.describe("when something was recorded in it last"),
  next: NEXT.nullable().describe("null where its entries cannot be read; its page says why"),
});
export type RunListed = z.input<typeof RUN_LISTED>;

export const runs = endpoint({
  id: "runs",
  method: "GET",
  path: "/api/v1/runs",
  summary: "runs of documents and remedies, those begun last first",
  access: "person",
  query: z.strictObject({
    before: z.coerce.number().int().min(0).optional().describe("index of the last one of a page"),
    remedy: z.string().max(60).optional().describe("only of this remedy, among the last 1,000"),
  }),
  answer: z.strictObject({
    runs: z.array(RUN_LISTED),
    more: z.boolean(),
    asOf: TIME,
  }),
});

export const RUN_SHOWN = z.strictObject({
  run: DIGEST.describe("its id, the subject of its entries"),
  change: z.string(),
  document: DIGEST,
  text: TEXT,
  values: VALUES,
  operator: z.string(),
  second: z.string(),
  remedy: z.string().nullable(),
  events: z.array(DATA).describe("what happened, in the order of the ledger"),
  entries: z
    .array(z.strictObject({ index: z.int(), at: TIME }))
    .describe("of its beginning, and then one for each event"),
  next: NEXT,
  differs: z.array(z.string()).describe("what ran otherwise than was approved"),
});
export type RunShown = z.input<typeof RUN_SHOWN>;

export const beginRun = endpoint({
  id: "beginRun",
  method: "POST",
  path: "/api/v1/runs",
  summary: "begin to carry out a document of an allowed change, or a remedy; you are its operator",
  access: "person",
  body: z.union([
    z.strictObject({
      once: ONCE,
      change: z.string().max(200).describe("id of the change whose document it is"),
      document: TEXT,
      second: z.string().max(200).default("").describe("id of the person who confirms"),
    }),
    z.strictObject({ once: ONCE, remedy: z.string().max(60), values: VALUES }),
  ]),
  answer: RUN_SHOWN,
});

const one = z.strictObject({ run: DIGEST });

export const showRun = endpoint({
  id: "showRun",
  method: "GET",
  path: "/api/v1/runs/:run",
  summary: "a run with everything that happened in it and what comes next",
  access: "person",
  params: one,
  answer: RUN_SHOWN,
});

const RECORDED = z.strictObject({
  number: z.int(),
  index: z.int().describe("of the entry in the ledger, which is durable"),
  entry: DIGEST,
  again: z.boolean().describe("it had been recorded before, and this is its first answer again"),
});

export const recordStep = endpoint({
  id: "recordStep",
  method: "POST",
  path: "/api/v1/runs/:run/steps",
  summary:
    "record what happens in your run, before the next thing happens; sending it again is safe",
  access: "person",
  params: one,
  body: z.strictObject({
    number: z.int().min(1).max(100_000).describe("one more than that of the step before"),
    event: DATA.describe("`started`, `finished`, `found`, `chosen` or `end`, as a journal has it"),
  }),
  answer: RECORDED,
});

export const confirmStep = endpoint({
  id: "confirmStep",
  method: "POST",
  path: "/api/v1/runs/:run/confirmations",
  summary:
    "say, as the second person of a run, whether a step worked; from a terminal at most 12 hours after it was let in",
  access: "person",
  params: one,
  body: z.strictObject({ task: z.string().max(80), agrees: z.boolean() }),
  answer: RECORDED,
});
