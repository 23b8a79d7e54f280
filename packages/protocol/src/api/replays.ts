// SPDX-License-Identifier: Apache-2.0
/** What somebody says came of recorded inputs under the old and new values of a change. */
import { z } from "zod";
import { endpoint } from "../endpoint.ts";

const DIGEST = z.string().regex(/^[0-9a-f]{64}$/);
const VALUE = DIGEST.nullable().describe("SHA-256 of the bytes; null: there is none");
const NAME = z.string().min(1).max(200);
const COUNT = z.int().min(0);
const PPM = z.int().min(0).max(1_000_000);
const TIME = z.int().describe("milliseconds since 1970 UTC");

/** What is more is counted and left out: a result is to be read by people. */
export const REPLAY_LIMITS = {
  ...{ fields: 20, breaches: 20, examples: 5, exampleLength: 300, bins: 24, files: 1_000 },
  kept: 20,
} as const;

const SPREAD = z
  .strictObject({
    least: z.number(),
    most: z.number(),
    counts: z.array(COUNT).min(1).max(REPLAY_LIMITS.bins).describe("of equal steps between them"),
    same: COUNT.describe("that did not move, and are in none of the steps"),
  })
  .describe("how far numbers moved, new less old");

const FIELD = z.strictObject({
  at: z.string().max(1_000).describe("JSON pointer; empty: the answer itself"),
  ...{ seen: COUNT, changed: COUNT, changedPpm: PPM },
  meanShift: z.number().nullable(),
  maxShift: z.number().nullable(),
  limit: z
    .strictObject({
      changedPpm: PPM.nullable(),
      meanShift: z.number().nullable(),
      maxShift: z.number().nullable(),
    })
    .nullable()
    .describe("null: the set limits it in no way"),
  spread: SPREAD.nullable(),
});

const ANSWER = z.string().max(REPLAY_LIMITS.exampleLength);

export const REPLAY_RESULT = z.strictObject({
  version: z.literal(1),
  ...{ set: NAME, cell: NAME },
  answered: z.string().max(1_000).describe("the program or the address that answered"),
  inputsDigest: DIGEST.describe("SHA-256 of the recorded inputs"),
  files: z
    .array(z.strictObject({ path: z.string().max(4_096), before: VALUE, after: VALUE }))
    .min(1)
    .max(REPLAY_LIMITS.files)
    .describe("of the change, whose contents were the old and new values"),
  ok: z.boolean(),
  ...{ inputs: COUNT, changed: COUNT, changedPpm: PPM },
  ...{ newErrors: COUNT, newErrorsPpm: PPM, oldErrors: COUNT },
  limits: z.strictObject({ changedPpm: PPM, newErrorsPpm: PPM }),
  fields: z.array(FIELD).max(REPLAY_LIMITS.fields),
  fieldsLeft: COUNT.describe("fields that changed and are not told"),
  breaches: z
    .array(z.strictObject({ code: z.string().max(40), message: z.string().max(500) }))
    .max(REPLAY_LIMITS.breaches),
  examples: z
    .array(z.strictObject({ input: COUNT, before: ANSWER, after: ANSWER }))
    .max(REPLAY_LIMITS.examples),
});
export type ReplayResult = z.output<typeof REPLAY_RESULT>;

const one = z.strictObject({ id: z.string().regex(/^[0-9a-f]{20}$/) });

export const attachReplay = endpoint({
  id: "attachReplay",
  method: "POST",
  path: "/api/v1/changes/:id/replays",
  summary: "bring what came of a replay to a change, for those who read it; it decides nothing",
  access: "person",
  params: one,
  body: z.strictObject({ result: REPLAY_RESULT }),
  answer: z.strictObject({ index: z.int().describe("of its entry"), digest: DIGEST }),
});

const REPLAY_SHOWN = z.strictObject({
  index: z.int().describe("of its entry"),
  at: TIME,
  by: z.string().describe("who ran it and brought it"),
  digest: DIGEST,
  result: REPLAY_RESULT.nullable().describe("null: the kept text is not what was brought"),
});
export type ReplayShown = z.input<typeof REPLAY_SHOWN>;

export const listReplays = endpoint({
  id: "listReplays",
  method: "GET",
  path: "/api/v1/changes/:id/replays",
  summary: "what people say came of replays of a change, newest first",
  access: "person",
  params: one,
  answer: z.strictObject({ replays: z.array(REPLAY_SHOWN) }),
});
