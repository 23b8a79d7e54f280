// SPDX-License-Identifier: Apache-2.0
/** What a driver is to do, as data. Each stays in the state until its answer comes back as an event. */
import { about, count, type Infer, int, list, object, optional, text } from "../schema.ts";
import { CELLS_MAX, MILLION } from "./plan.ts";

const name = text({ max: 200 });

/** What a cell serves: a version to a share of its traffic, and its base to the rest. */
export const CONTENT = object({ version: name, sharePpm: int(0, MILLION) });
export type Content = Infer<typeof CONTENT>;

export const ROLLOUT_ENTRIES = [
  "rollout-wave",
  "rollout-paused",
  "rollout-resumed",
  "rollout-halted",
  "rollout-back",
  "rollout-proven",
  "rollout-ended",
] as const;
export type RolloutEntry = (typeof ROLLOUT_ENTRIES)[number];

export const NOTICES = [
  "halted",
  "going-back",
  "completed",
  "gone-back",
  "needs-second",
  "break-glass-over",
  "entry-refused",
  "cell-in-conflict",
  "cell-not-back",
  "not-enough-capacity",
] as const;
export type Notice = (typeof NOTICES)[number];

const id = about("unique in its rollout; sending it twice is sending it once", text({ max: 40 }));
const fence = about("a target refuses a smaller one than it has seen", count());

/** To the ledger. The store refuses a wave whose solo exposure passes the ceiling with others' of that day. */
const APPEND = object({
  kind: text({ values: ["append"] }),
  id,
  entry: text({ values: ROLLOUT_ENTRIES }),
  wave: count(),
  by: about("a person, a signal, or empty where the machine goes on by itself", name),
  because: text({ max: 500 }),
  version: name,
  solo: optional(
    object({
      person: name,
      at: int(0),
      tier: int(1, 4),
      cells: list(name, CELLS_MAX),
      trafficPpm: int(0, MILLION),
    }),
  ),
});

/** Compare-and-swap: only over one of these contents, at the revision that the driver read them at. */
const WRITE = object({
  kind: text({ values: ["write"] }),
  id,
  cell: name,
  way: text({ values: ["forward", "back"] }),
  content: CONTENT,
  over: list(CONTENT, 4),
  key: about("idempotency key", text({ max: 64, form: "digest" })),
  entry: about("the entry that is durable before this", text({ max: 64, form: "digest" })),
  fence,
});

const READ = object({ kind: text({ values: ["read"] }), id, cell: name, fence });

const ANALYSE = object({
  kind: text({ values: ["analyse"] }),
  id,
  wave: count(),
  since: about(
    "when the wave was whole, or its first cell was while it is written; milliseconds since 1970 UTC",
    int(0),
  ),
  cells: about("those with the new version, sorted", list(name, CELLS_MAX)),
});

/** Whether these cells can take a restart now. */
const CAPACITY = object({
  kind: text({ values: ["capacity"] }),
  id,
  cells: list(name, CELLS_MAX),
});

const NOTIFY = object({
  kind: text({ values: ["notify"] }),
  id,
  what: text({ values: NOTICES }),
  about: text({ max: 500 }),
});

/** By kind, so that each is validated whole. */
export const EFFECTS = {
  append: APPEND,
  write: WRITE,
  read: READ,
  analyse: ANALYSE,
  capacity: CAPACITY,
  notify: NOTIFY,
} as const;

export type EffectKind = keyof typeof EFFECTS;
export type Effect = { [K in EffectKind]: Infer<(typeof EFFECTS)[K]> }[EffectKind];
export type EffectOf<K extends EffectKind> = Infer<(typeof EFFECTS)[K]>;
