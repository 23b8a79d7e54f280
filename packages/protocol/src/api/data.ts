// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { endpoint } from "../endpoint.ts";
import { CHANGE_INPUT } from "./contents.ts";
import { RESULTS } from "./signals.ts";

const DIGEST = z.string().regex(/^[0-9a-f]{64}$/);
const COUNT = z.int().min(0);
const WAY = z.enum(["fix", "undo", "redo"]);

const HALTED = z.strictObject({
  at: z.int().min(0).describe("when, as the journal has it, in milliseconds since 1970 UTC"),
  role: z.string().max(200).describe("who, as the database knows them"),
  because: z.string().max(1_000),
});
/** A halt as the journal of a database has it. */
export type DataHalted = z.input<typeof HALTED>;
const HALTED_ALREADY = HALTED.nullable()
  .default(null)
  .describe("that the journal has; recorded where it is not on record");

const RESULT = z.enum(RESULTS);
const VERDICT = z.strictObject({
  wave: z.int().min(1).describe("the wave that it lets begin, or not"),
  result: RESULT,
  because: z.array(z.string().max(1_000)).max(20),
});
/** What the analysis says before a wave. */
export type DataVerdict = z.input<typeof VERDICT>;

export const DATA_RUN_SHOWN = z.strictObject({
  run: DIGEST.describe("its id, the subject of its entries"),
  change: z.string(),
  fix: DIGEST.describe("SHA-256 of its file"),
  path: z.string(),
  way: WAY,
  of: DIGEST.nullable().describe("the run that is taken back or brought back"),
  by: z.string().describe("who began it"),
  entry: DIGEST.describe("of its beginning, which is durable"),
  index: z.int(),
  at: z.int().describe("when it began, in milliseconds since 1970 UTC"),
  ends: z
    .array(z.record(z.string(), z.unknown()))
    .describe("what it came to each time, as whoever ran it said; the last one stands"),
  halts: z.array(z.record(z.string(), z.unknown())).describe("who halted it, and why"),
});
export type DataRunShown = z.input<typeof DATA_RUN_SHOWN>;

export const beginDataRun = endpoint({
  id: "beginDataRun",
  method: "POST",
  path: "/api/v1/data-runs",
  summary:
    "let a data fix of an allowed change write; begun twice, the answer is the run that began",
  access: "person",
  body: z.strictObject({
    change: z.string().max(200).describe("id of the change that has the file"),
    ...CHANGE_INPUT,
    path: z.string().max(4_096).describe("of the file, in that change"),
    fix: DIGEST,
    way: WAY,
    of: DIGEST.nullable(),
    halted: HALTED_ALREADY,
  }),
  answer: DATA_RUN_SHOWN,
});

export const haltDataRun = endpoint({
  id: "haltDataRun",
  method: "POST",
  path: "/api/v1/data-runs/:run/halts",
  summary: "record that somebody halted a data fix: it goes on only by approvals given after that",
  access: "person",
  params: z.strictObject({ run: DIGEST }),
  body: HALTED,
  answer: DATA_RUN_SHOWN,
});

export const endDataRun = endpoint({
  id: "endDataRun",
  method: "POST",
  path: "/api/v1/data-runs/:run/ends",
  summary: "say what a data fix came to; said twice in the same words, it is recorded once",
  access: "person",
  params: z.strictObject({ run: DIGEST }),
  body: z.strictObject({
    outcome: z.enum(["done", "stopped", "failed"]),
    rows: COUNT,
    batches: COUNT,
    touched: z
      .strictObject({
        orders: z.int().nullable(),
        money: z.int().nullable(),
        currency: z.string().max(60).nullable(),
      })
      .nullable()
      .default(null)
      .describe("what all its rows stand for, as counted before the first was written"),
    wave: COUNT.nullable().default(null).describe("that comes next, where it waits for a word"),
    unwound: z
      .strictObject({ restored: COUNT, kept: COUNT, rerun: COUNT, quarantined: COUNT })
      .nullable()
      .describe("of an unwind; null of a fix"),
    verdict: VERDICT.nullable()
      .default(null)
      .describe("what the analysis said before its wave, of a file that watches"),
    halted: HALTED_ALREADY,
  }),
  answer: DATA_RUN_SHOWN,
});

export const showDataRun = endpoint({
  id: "showDataRun",
  method: "GET",
  path: "/api/v1/data-runs/:run",
  summary: "a data fix or an unwind of one, as the ledger has it",
  access: "person",
  params: z.strictObject({ run: DIGEST }),
  answer: DATA_RUN_SHOWN,
});

export const judgeDataWave = endpoint({
  id: "judgeDataWave",
  method: "POST",
  path: "/api/v1/data-runs/:run/verdicts",
  summary:
    "what the analysis says of the cells that a data fix watches, before a wave of it; what it lets begin is watched from then on",
  access: "person",
  params: z.strictObject({ run: DIGEST }),
  body: z.strictObject({
    system: z.string().min(1).max(200),
    cells: z.array(z.string().min(1).max(200)).min(1).max(5_000),
    wave: z.int().min(1).max(99).describe("the wave that would begin, from 1"),
  }),
  answer: VERDICT.extend({
    waitMs: z.int().nullable().describe("until there is enough evidence, where that is known"),
    promised: z.boolean(),
  }),
});
