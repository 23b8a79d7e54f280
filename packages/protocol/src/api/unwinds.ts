// SPDX-License-Identifier: Apache-2.0
/** Taking away what the rollouts of a change wrote, and leaving all else as it is. */
import { z } from "zod";
import { endpoint } from "../endpoint.ts";
import { oneLine } from "./people.ts";

const DIGEST = z.string().regex(/^[0-9a-f]{64}$/);
const PLAN = DIGEST.describe("SHA-256 of the plan's text, which passkeys sign");
const VALUE = DIGEST.nullable().describe("SHA-256 of the bytes; null: the key is not there");
const NAME = z.string().min(1).max(200);
const COUNT = z.int().min(0);
const TIME = z.int().describe("milliseconds since 1970 UTC");
const WAY = z.enum(["undo", "redo"]).describe("`redo` brings back what unwinds took away");

/** What the rollout of an unwind has for its change: no change that a gate judged has a colon. */
export const changeOfPlan = (plan: string): string => `unwind:${plan}`;

/** The plan behind the change of a rollout, or `null`: the rollout brings a change. */
export const planOfChange = (change: string): string | null =>
  change.startsWith("unwind:") ? change.slice("unwind:".length) : null;

const WAVE = z.strictObject({
  name: z.string(),
  cells: z.array(z.strictObject({ cell: z.string(), runs: z.string() })),
  bake: z.strictObject({ ms: COUNT, samples: COUNT, marginPpm: COUNT }),
});

/** All that an unwind will do; two people sign the SHA-256 of its text. */
export const UNWIND_PLAN = z.strictObject({
  version: z.literal(1),
  ...{ way: WAY, change: NAME, system: NAME, target: NAME },
  rollouts: z.array(DIGEST).describe("of the change, whose writes are meant; sorted"),
  round: COUNT.describe("unwinds of this target that the ledger had before"),
  upTo: COUNT.describe("number of the last write to these keys that was looked at"),
  counts: z.strictObject({
    ...{ restore: COUNT, keep: COUNT, "re-run": COUNT, quarantine: COUNT, guessed: COUNT },
  }),
  keys: z.array(
    z.strictObject({
      ...{ cell: z.string(), key: z.string() },
      action: z.enum(["restore", "keep", "re-run", "quarantine"]),
      because: z.enum([
        ...(["nothing-later", "later-write-stays", "already-so", "subtracted"] as const),
        ...(["run-again", "cannot-run-again", "changed-outside"] as const),
      ]),
      before: VALUE,
      after: VALUE,
      guessed: z.boolean().describe("nobody recorded what a later write used"),
    }),
  ),
  values: z.record(DIGEST, z.string()).describe("short texts among the values, by their SHA-256"),
  waves: z.array(WAVE).describe("in which it is written, as a rollout; none: nothing is"),
  lossOrders: COUNT.describe("orders lost if the unwind itself is bad, by its plan"),
  needs: z.strictObject({
    owners: z.int().min(1).max(2).describe("how many of those who sign have to be owners"),
    of: z.array(NAME).describe("owners of the config sets; one of each at least signs"),
  }),
});
export type UnwindPlanText = z.output<typeof UNWIND_PLAN>;

const SIGNERS = z
  .array(z.strictObject({ owner: z.string(), persons: z.array(z.string()) }))
  .describe("who could sign for each owner");

export const planUnwind = endpoint({
  id: "planUnwind",
  method: "GET",
  path: "/api/v1/unwinds/plan",
  summary: "what an unwind of a change would do, key by key; nothing is begun",
  access: "person",
  query: z.strictObject({
    change: z.string().max(200),
    system: NAME.optional().describe("where its rollouts went to several"),
    way: WAY.default("undo"),
  }),
  answer: z.strictObject({
    plan: PLAN,
    text: UNWIND_PLAN,
    nothing: z.boolean().describe("all of it is so already"),
    ordersSince: COUNT.describe(
      "that its cells took since the first write, by the figures of the description; not a count",
    ),
    signers: SIGNERS,
  }),
});

export const proposeUnwind = endpoint({
  id: "proposeUnwind",
  method: "POST",
  path: "/api/v1/unwinds",
  summary: "propose the plan of an unwind; two people endorse it with passkeys, owners among them",
  onceByKey: true,
  access: "person",
  body: z.strictObject({
    change: z.string().max(200),
    system: NAME.optional(),
    way: WAY.default("undo"),
    plan: PLAN.describe("the one that you looked at"),
    reason: oneLine(2_000),
  }),
  answer: z.strictObject({ proposal: z.string(), plan: PLAN }),
});

const LISTED = {
  plan: PLAN,
  ...{ change: z.string(), system: z.string(), target: z.string(), way: WAY },
  proposal: z.string(),
  state: z.enum(["proposed", "expired", "withdrawn", "agreed", "begun"]),
  by: z.string(),
  at: TIME,
  endorsedBy: z.array(z.string()),
  rollout: DIGEST.nullable().describe("which writes it; null: not begun, or nothing to write"),
  phase: z.string().nullable().describe("of that rollout"),
} as const;
const UNWIND_LISTED = z.strictObject(LISTED);
export type UnwindListed = z.input<typeof UNWIND_LISTED>;

export const unwinds = endpoint({
  id: "unwinds",
  method: "GET",
  path: "/api/v1/unwinds",
  summary: "unwinds that were proposed, the last 50, newest first",
  access: "person",
  answer: z.strictObject({
    unwinds: z.array(UNWIND_LISTED),
    unread: z.array(DIGEST).describe("plans whose kept text is not what was proposed"),
  }),
});

const UNWIND_SHOWN = z.strictObject({
  ...LISTED,
  text: UNWIND_PLAN,
  signers: SIGNERS,
  waitsFor: z
    .strictObject({ what: z.string(), who: z.string(), how: z.string() })
    .nullable()
    .describe("what is missing, and who can supply it"),
});
export type UnwindShown = z.input<typeof UNWIND_SHOWN>;

const one = z.strictObject({ plan: PLAN });

export const showUnwind = endpoint({
  id: "showUnwind",
  method: "GET",
  path: "/api/v1/unwinds/:plan",
  summary: "an unwind: its plan, who signed it, what is missing, and the rollout that writes it",
  access: "person",
  params: one,
  answer: UNWIND_SHOWN,
});

export const startUnwind = endpoint({
  id: "startUnwind",
  method: "POST",
  path: "/api/v1/unwinds/:plan/start",
  summary: "begin an unwind that was agreed upon; asked again, it is the one that began",
  access: "person",
  params: one,
  answer: UNWIND_SHOWN,
});
