// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { endpoint } from "../endpoint.ts";

const TIME = z.int().describe("milliseconds since 1970 UTC");
const INDEX = z.int().describe("of the entry in the ledger; the id of the event");

/**
 * What happens, as `data` of an event whose name is its `kind`. Events of entries carry the entry's
 * index as their id, so that whoever comes back goes on where they were, on any server.
 */
export const EVENT = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("judged"), index: INDEX, change: z.string(), at: TIME }),
  z.strictObject({
    kind: z.literal("signed"),
    ...{ index: INDEX, change: z.string(), at: TIME, person: z.string() },
    signed: z.enum(["approval", "rejection", "withdrawal", "override", "debt-review"]),
  }),
  z.strictObject({
    kind: z.literal("ran"),
    ...{ index: INDEX, run: z.string().describe("id of the run"), at: TIME },
  }),
  z.strictObject({
    kind: z.literal("rolled"),
    ...{ index: INDEX, rollout: z.string().describe("id of the rollout"), at: TIME },
  }),
  z.strictObject({ kind: z.literal("published"), size: z.int().describe("of the checkpoint") }),
  z.strictObject({ kind: z.literal("beat"), at: TIME.describe("the stream is alive") }),
  z.strictObject({
    kind: z.literal("restart"),
    index: INDEX.describe("goes on from here: too much happened in between to tell"),
  }),
  z.strictObject({ kind: z.literal("end"), because: z.enum(["signed-out", "stopping"]) }),
]);
export type LiveEvent = z.output<typeof EVENT>;

/** Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export const events = endpoint({
  id: "events",
  method: "GET",
  path: "/api/v1/events",
  summary:
    "what happens: changes judged and signed, runs and rollouts that go on, checkpoints published; resumes after `Last-Event-ID`",
  access: "session",
  streams: true,
  query: z.strictObject({
    after: z.coerce
      .number()
      .int()
      .min(-1)
      .optional()
      .describe("index of the last entry that is known; `Last-Event-ID` goes before it"),
  }),
  answer: EVENT,
});
