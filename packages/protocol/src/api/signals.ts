// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { endpoint } from "../endpoint.ts";

const NAME = z.string().min(1).max(200);
const TIME = z.int().describe("milliseconds since 1970 UTC");
const PPM = z.int().min(0).max(1_000_000);

/** Slots of one answer. */
export const SERIES_MAX = 20_000;

const SIGNAL = z.strictObject({
  name: NAME,
  system: NAME,
  kind: z.enum(["prometheus", "sql", "http", "push"]),
  measures: z.enum(["orders", "errors", "latency"]),
  unit: z.string(),
  slotMs: z.int(),
  freshMs: z.int(),
  minimumSamples: z.int(),
  weightPpm: PPM,
  readUntil: TIME.nullable().describe("end of the newest slot; null: nothing was read yet"),
  trouble: z.string().nullable().describe("why its source does not answer this server"),
});

export const listSignals = endpoint({
  id: "listSignals",
  method: "GET",
  path: "/api/v1/signals",
  summary: "the signals by which harm is seen, and how fresh they are",
  access: "reader",
  answer: z.strictObject({ signals: z.array(SIGNAL) }),
});

export const signalSeries = endpoint({
  id: "signalSeries",
  method: "GET",
  path: "/api/v1/signals/:name/series",
  summary: "counts of a signal by slot, with the limit beyond which one slot alone stands out",
  access: "reader",
  params: z.strictObject({ name: NAME }),
  query: z.strictObject({
    cell: NAME.optional().describe("all cells together where this and `cells` are left out"),
    cells: z
      .string()
      .min(1)
      .max(20_000)
      .optional()
      .describe("such as those that a wave has changed, with commas between; not with `cell`"),
    control: z
      .string()
      .min(1)
      .max(20_000)
      .optional()
      .describe("cells to compare with; all others where it is left out"),
    since: z.coerce
      .number()
      .int()
      .min(0)
      .optional()
      .describe("when they were changed: their share is that of the day before; `from` by default"),
    from: z.coerce.number().int().min(0),
    to: z.coerce.number().int().min(0),
  }),
  answer: z.strictObject({
    slotMs: z.int(),
    unit: z.string(),
    slots: z.array(
      z.strictObject({
        start: TIME,
        counts: z
          .array(z.int())
          .nullable()
          .describe("orders; errors and requests; or answers by bucket; null: not read"),
        value: z
          .number()
          .nullable()
          .describe("to be drawn: the first count, or the quantile of a latency in its unit"),
        expected: z
          .number()
          .nullable()
          .describe("what the cells to compare with lead one to expect of it"),
        limit: z.number().nullable().describe("of `value`; null: none is known"),
      }),
    ),
  }),
});

const TAKEN = z.strictObject({
  accepted: z.int(),
  ignored: z.int().describe("of other metrics or cells, sent twice, too late, or from the future"),
  partialSuccess: z
    .strictObject({ rejectedDataPoints: z.string(), errorMessage: z.string() })
    .optional()
    .describe("as OTLP/HTTP says it"),
});

export const pushPoints = endpoint({
  id: "pushPoints",
  method: "POST",
  path: "/api/v1/signals/:name/points",
  summary:
    "counts of a pushed signal as OpenMetrics text or OTLP/HTTP JSON, with a token for `system:NAME`",
  access: "token:push",
  params: z.strictObject({ name: NAME }),
  body: z.unknown(),
  answer: TAKEN,
});

export const RESULTS = ["successful", "failed", "inconclusive"] as const;

/** What the analysis of one wave says; a list of these is what is known of a rollout. */
export const WAVE_ANALYSIS = z.strictObject({
  rollout: z.string(),
  wave: z.int(),
  system: NAME,
  since: TIME,
  cells: z.array(z.string()),
  control: z.array(z.string()).describe("cells to compare with; empty: earlier weeks"),
  kind: z.enum(["halt", "promote", "not-enough-evidence", "inconclusive"]),
  because: z.array(z.string()),
  waitMs: z.int().nullable(),
  evidenceMilliNats: z.int(),
  haltMilliNats: z.int(),
  promoteMilliNats: z.int(),
  promised: z.boolean().describe("whether the false-halt rate is promised for every signal"),
  signals: z.array(
    z.strictObject({
      name: NAME,
      outcome: z.enum(RESULTS),
      state: z.enum(["fresh", "stale", "missing"]),
      against: z.enum(["cells", "history", "nothing"]),
      samples: z.int(),
      excludesPpm: PPM,
      observedAt: TIME,
      harmMilliNats: z.int(),
      safeMilliNats: z.int(),
      promised: z.boolean(),
      doubts: z.array(z.string()),
      alarm: z.boolean(),
    }),
  ),
  found: z
    .strictObject({
      signal: NAME,
      at: TIME,
      halt: z.array(z.string()),
      noneOfThesePpm: PPM,
      cannotBeToldApart: z.array(z.array(z.string())),
      blames: z.array(z.strictObject({ rollout: z.string(), blamePpm: PPM })),
    })
    .nullable()
    .describe("blame among the rollouts that ran at once"),
});

export const rolloutAnalysis = endpoint({
  id: "rolloutAnalysis",
  method: "GET",
  path: "/api/v1/rollouts/:rollout/analysis",
  summary: "what the signals say of each wave of a rollout",
  access: "person",
  params: z.strictObject({ rollout: z.string().regex(/^[0-9a-f]{64}$/) }),
  answer: z.strictObject({
    waves: z.array(WAVE_ANALYSIS).describe("the newest first"),
    asOf: TIME,
  }),
});
export type WaveAnalysisShown = z.input<typeof WAVE_ANALYSIS>;

/** Where nobody says another one. */
export const MARGIN_PPM = 50_000;

/** What somebody asks who drives rollouts with another engine. */
const ASKED = {
  system: NAME,
  key: NAME.describe("names the release: the same key goes on with the same analysis"),
  since: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .describe("when the cells had the new version; the first question where it is left out"),
  marginPpm: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .default(MARGIN_PPM)
    .describe(
      "harm that has to be excluded: orders lost of all orders of the system, not of those of the cells",
    ),
};

const SAID = z.strictObject({
  result: z.enum(RESULTS),
  value: z
    .number()
    .describe(
      "evidence for harm of what halts: at 1 and above it failed; below 0 there is less than none",
    ),
  because: z.array(z.string()),
  waitMs: z.int().nullable(),
  promised: z.boolean(),
});

export const analysisForArgo = endpoint({
  id: "analysisForArgo",
  method: "GET",
  path: "/api/v1/analysis/argo",
  summary: "a measurement for the web provider of Argo Rollouts, with a token for `system:NAME`",
  access: "token:read",
  query: z.strictObject({
    ...ASKED,
    cells: z.string().min(1).max(20_000).describe("with commas between"),
  }),
  answer: SAID,
});

export const checkAnalysis = endpoint({
  id: "checkAnalysis",
  method: "POST",
  path: "/api/v1/analysis",
  summary: "what the analysis says of a release, for pipelines, with a token for `system:NAME`",
  access: "token:read",
  body: z.strictObject({ ...ASKED, cells: z.array(NAME).min(1).max(5_000) }),
  answer: SAID,
});

/** Of Flagger, https://docs.flagger.app/usage/webhooks; what it adds later is left out. */
export const FLAGGER = z.object({
  name: NAME,
  namespace: NAME,
  phase: z.string().max(100),
  checksum: z.string().max(200).optional(),
  metadata: z.record(z.string().max(200), z.string().max(20_000)).default({}),
});

export const FLAGGER_PATH = "/api/v1/analysis/flagger";
