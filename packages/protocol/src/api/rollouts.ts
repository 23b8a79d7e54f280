// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { endpoint } from "../endpoint.ts";
import { oneLine } from "./people.ts";

const DIGEST = z.string().regex(/^[0-9a-f]{64}$/);
const TIME = z.int().describe("milliseconds since 1970 UTC");
const PPM = z.int().min(0).max(1_000_000);
const NAME = z.string().min(1).max(200);

const WAVES = z
  .array(
    z.strictObject({
      name: NAME,
      cells: z
        .array(NAME)
        .min(1)
        .max(5_000)
        .describe(
          "also `region:us-east` for all cells of a region; of a divided cell its own name, or `na-1: 10%` for its parts up to there",
        ),
      bake: z.strictObject({
        ms: z.int().min(0),
        samples: z.int().min(0).describe("orders seen by the cells with the change"),
        marginPpm: PPM.describe(
          "harm that has to be excluded: orders lost of all orders of the system, not of those of the wave",
        ),
      }),
    }),
  )
  .min(1)
  .max(100);
export type GivenWaves = z.output<typeof WAVES>;

const LOSS = z
  .strictObject({
    orders: z.int().describe("bad everywhere, by so little that every bake before let it pass"),
    firstOrders: z.int().describe("bad everywhere, as a collapse is: the first wave shows it"),
    aloneOrders: z.int().describe("bad in the cells of one later wave alone: the dearest one"),
    budgetOrders: z.int().describe("what the system allows"),
  })
  .describe("orders lost if this is bad");
export type LossShown = z.input<typeof LOSS>;

const ASKED = z.strictObject({
  once: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .optional()
    .describe(
      "chosen at random; sent again with it by you, the rollout that it began is the answer",
    ),
  change: z.string().max(200).describe("its id"),
  system: NAME,
  deliveries: z
    .array(z.strictObject({ cell: NAME, key: z.string().max(1_024), path: z.string().max(4_096) }))
    .min(1)
    .max(20_000)
    .optional()
    .describe("by default every key that the config sets of the system make of the change's files"),
  waves: WAVES.optional().describe("by default the plan of fewest waves within the loss budget"),
  emergency: z
    .boolean()
    .optional()
    .describe("in the emergency lane, by the break-glass of the change that stands"),
});
export type RolloutAsked = z.output<typeof ASKED>;

const EMERGENCY = z
  .strictObject({
    entry: DIGEST.describe("of the debt that the break-glass left"),
    by: z.array(z.string()).describe("who broke the glass, sorted"),
    incidents: z.array(z.string()),
    over: z.string().nullable().describe("why it carries no further wave; null: it does"),
  })
  .nullable()
  .describe("null: it goes out as any change does");

export const planRollout = endpoint({
  id: "planRollout",
  method: "POST",
  path: "/api/v1/rollouts/plans",
  summary:
    "the plan by which a rollout would go out, and what it costs if it is bad; nothing is begun",
  access: "person",
  anyMeans: true,
  body: ASKED,
  answer: z.strictObject({
    waves: WAVES,
    loss: LOSS,
    persons: z.array(z.string()),
    emergency: EMERGENCY,
  }),
});

const VERDICT = z.strictObject({
  source: z.string(),
  outcome: z.enum(["successful", "inconclusive"]),
  samples: z.int(),
  excludesPpm: PPM,
  observedAt: TIME,
});

export const PHASE = z.enum([
  ...["proposed", "running", "halted", "going-back"],
  ...["completed", "gone-back", "withdrawn"],
] as const);

const LISTED = {
  rollout: DIGEST,
  change: z.string(),
  system: z.string(),
  target: z.string(),
  lane: z.enum(["normal", "emergency"]),
  phase: PHASE,
  paused: z.boolean(),
  wave: z.int().describe("from 0"),
  waves: z.int(),
  exposurePpm: PPM.describe("of the system's orders, as last read back"),
  startedBy: z.string(),
  startedAt: TIME,
  next: z.strictObject({
    what: z.enum([
      ...["wave", "write", "read", "analysis", "bake", "batch"],
      ...["person", "answer", "evidence", "nothing"],
    ] as const),
    at: TIME.nullable().describe("null: with an answer or a person, not at a time"),
  }),
  waitsFor: z
    .strictObject({ what: z.string(), who: z.string(), how: z.string() })
    .nullable()
    .describe("what is missing, and who can supply it"),
} as const;
const ROLLOUT_LISTED = z.strictObject(LISTED);
export type RolloutListed = z.input<typeof ROLLOUT_LISTED>;

export const rollouts = endpoint({
  id: "rollouts",
  method: "GET",
  path: "/api/v1/rollouts",
  summary: "rollouts, those begun last first",
  access: "person",
  query: z.strictObject({
    before: z.coerce.number().int().min(0).optional().describe("begun before this time"),
    show: z
      .enum(["open"])
      .optional()
      .describe("only those that are not over, however long ago they were begun"),
    change: z.string().max(200).optional().describe("of this one alone, the last 50"),
  }),
  answer: z.strictObject({
    rollouts: z.array(ROLLOUT_LISTED),
    unread: z.array(DIGEST).describe("rollouts whose stored state cannot be read"),
    more: z.boolean(),
    asOf: TIME,
  }),
});

const ROLLOUT_SHOWN = z.strictObject({
  ...LISTED,
  stage: z.enum(["waiting", "entering", "writing", "baking", "proving"]),
  plan: z
    .array(
      z.strictObject({
        name: z.string(),
        cells: z.array(z.string()),
        exposurePpm: PPM.describe("once it is written"),
        bake: z.strictObject({ ms: z.int(), samples: z.int(), marginPpm: PPM }),
        orders: z.int().describe("that it loses if the change is bad"),
        state: z.enum(["passed", "now", "to-come"]),
      }),
    )
    .describe("wave by wave"),
  cells: z.array(
    z.strictObject({
      cell: z.string(),
      region: z.string(),
      sharePpm: PPM,
      runs: z.string().describe("the code that reads the configuration there"),
      holds: z.enum(["before", "after", "part", "foreign"]).describe("as last read back"),
      conflict: z
        .string()
        .nullable()
        .describe("what it was found to hold that no rollout wrote, or why it cannot go back"),
      underWay: z
        .boolean()
        .describe("a write was handed out of which nobody knows yet what became"),
    }),
  ),
  divided: z
    .array(z.strictObject({ cell: NAME, ppm: PPM }))
    .describe("how much of the traffic of each divided cell has the change, as last read back"),
  baked: z
    .strictObject({
      since: TIME,
      ms: z.int().describe("by the rollout's own clock, which no jump moves"),
    })
    .nullable()
    .describe("of the wave that bakes"),
  verdicts: z.array(VERDICT).describe("of the wave that bakes, the newest of each signal"),
  halt: z
    .strictObject({
      by: z.string(),
      because: z.string(),
      during: z.enum(["running", "going-back"]),
    })
    .nullable(),
  persons: z
    .array(z.string())
    .describe(
      "operator and approvers, who stand behind it; in an emergency whoever broke the glass",
    ),
  emergency: EMERGENCY,
  loss: LOSS,
  journal: z.strictObject({ writes: z.int(), confirmed: z.int().describe("and read back") }),
  events: z
    .array(
      z.strictObject({
        index: z.int().describe("of the entry in the ledger"),
        at: TIME,
        kind: z.string(),
        wave: z.int().nullable(),
        by: z.string().describe("empty: it went on by itself"),
        because: z.string(),
      }),
    )
    .describe("what is recorded of it, newest first"),
  asksCapacity: z.boolean().describe("false: nobody is asked for room before it goes back"),
  asOf: TIME,
});
export type RolloutShown = z.input<typeof ROLLOUT_SHOWN>;

export const beginRollout = endpoint({
  id: "beginRollout",
  method: "POST",
  path: "/api/v1/rollouts",
  summary: "begin to bring an allowed change to the cells of a system, wave by wave",
  access: "person",
  body: ASKED,
  answer: ROLLOUT_SHOWN,
});

const one = z.strictObject({ rollout: DIGEST });

export const showRollout = endpoint({
  id: "showRollout",
  method: "GET",
  path: "/api/v1/rollouts/:rollout",
  summary: "a rollout: waves, cells, evidence, what comes next and when",
  access: "person",
  params: one,
  answer: ROLLOUT_SHOWN,
});

export const pauseRollout = endpoint({
  id: "pauseRollout",
  method: "POST",
  path: "/api/v1/rollouts/:rollout/pause",
  summary: "no further wave begins until it is resumed",
  access: "person",
  anyMeans: true,
  params: one,
  answer: ROLLOUT_SHOWN,
});

export const resumeRollout = endpoint({
  id: "resumeRollout",
  method: "POST",
  path: "/api/v1/rollouts/:rollout/resume",
  summary:
    "go on; after a halt, and where one person alone may not expose so much, with approvals by passkey of the change that count",
  access: "person",
  params: one,
  answer: ROLLOUT_SHOWN,
});

export const haltRollout = endpoint({
  id: "haltRollout",
  method: "POST",
  path: "/api/v1/rollouts/:rollout/halt",
  summary: "stop new writes at once; anybody who is signed in may",
  access: "person",
  anyMeans: true,
  params: one,
  body: z.strictObject({ because: z.string().max(500).default("") }),
  answer: ROLLOUT_SHOWN,
});

export const sendRolloutBack = endpoint({
  id: "sendRolloutBack",
  method: "POST",
  path: "/api/v1/rollouts/:rollout/back",
  summary: "bring every cell back to what it held before; one person may",
  access: "person",
  anyMeans: true,
  params: one,
  body: z.strictObject({
    anyway: z.boolean().default(false).describe("without waiting for room in the cells"),
  }),
  answer: ROLLOUT_SHOWN,
});

export const markRolloutBad = endpoint({
  id: "markRolloutBad",
  method: "POST",
  path: "/api/v1/rollouts/:rollout/bad",
  summary:
    "say that what it brought is bad: it halts, and nobody goes back to that; one person may",
  access: "person",
  params: one,
  body: z.strictObject({ because: oneLine(400) }),
  answer: ROLLOUT_SHOWN,
});

export const adoptRollout = endpoint({
  id: "adoptRollout",
  method: "POST",
  path: "/api/v1/rollouts/:rollout/adoption",
  summary: "propose that what it brought may be gone back to; two people have to endorse that",
  onceByKey: true,
  access: "person",
  params: one,
  body: z.strictObject({ reason: oneLine(400) }),
  answer: z.strictObject({ proposal: z.string(), digest: DIGEST }),
});

export const withdrawRollout = endpoint({
  id: "withdrawRollout",
  method: "POST",
  path: "/api/v1/rollouts/:rollout/withdraw",
  summary: "give up a rollout that nothing has approved yet",
  access: "person",
  params: one,
  body: z.strictObject({ because: z.string().max(500).default("") }),
  answer: ROLLOUT_SHOWN,
});

export const runsNow = endpoint({
  id: "runsNow",
  method: "POST",
  path: "/api/v1/rollouts/runs",
  summary:
    "say which code a cell runs now: a rollout of configuration that has not met it there halts",
  access: "token:gate",
  body: z.strictObject({ system: NAME, cell: NAME, version: NAME }),
  answer: z.strictObject({ told: z.int().describe("rollouts of the system that are under way") }),
});
