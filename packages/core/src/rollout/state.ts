// SPDX-License-Identifier: Apache-2.0
import { about, bool, count, type Infer, int, list, object, optional, text } from "../schema.ts";
import { CONTENT, type Effect } from "./effect.ts";
import { CELLS_MAX, MILLION, PLAN } from "./plan.ts";

/** Version 2 watches a wave while it is written, and numbers questions that a bake began before. */
export const STATE_VERSION = 2;

/** A lease and a turn make one number that fences: more turns than a rollout has halts. */
export const TURNS = 2 ** 20;
export const FENCE_MAX = 2 ** 32;

const name = text({ max: 200 });
const entry = text({ max: 64, form: "digest" });

export const PHASES = [
  "proposed",
  "running",
  "halted",
  "going-back",
  "completed",
  "gone-back",
  "withdrawn",
] as const;
export type Phase = (typeof PHASES)[number];

/** A version to which one may go back. Items are added, never changed but to be marked bad. */
export const PROVEN = object({
  version: name,
  kind: text({ values: ["baked", "baseline"] }),
  entry,
  fits: about("the other halves of the pair with which it is proven, sorted", list(name, 1_000)),
  halted: about("it was halted on its way", bool()),
  bad: bool(),
});
export type Proven = Infer<typeof PROVEN>;

const OPERATION = object({
  way: text({ values: ["forward", "back"] }),
  content: CONTENT,
  entry,
  attempt: about("one more whenever the target said yes and did nothing", int(1)),
  failures: count(),
  status: about(
    "`queued`: not handed out; `sent`: handed out, unanswered; `checking`: to be read back",
    text({ values: ["queued", "sent", "checking"] }),
  ),
  answer: text({ values: ["none", "yes", "unknown", "conflict"] }),
  notBefore: about("on the machine's clock", count()),
});
export type Operation = Infer<typeof OPERATION>;

export const CELL_STATE = object({
  id: name,
  runs: name,
  content: about("as last read back", CONTENT),
  doubtful: about("a write was handed out that may yet take effect", bool()),
  touched: about("a write of this rollout was handed out", bool()),
  operation: optional(OPERATION),
  conflict: about("what it was found to hold that no one here wrote", optional(name)),
});
export type CellState = Infer<typeof CELL_STATE>;

const VERDICT = object({
  source: name,
  outcome: text({ values: ["successful", "inconclusive"] }),
  samples: count(),
  excludesPpm: int(0, MILLION),
  observedAt: int(0),
});
export type HeldVerdict = Infer<typeof VERDICT>;

const BAKING = object({
  from: about("on the machine's clock", count()),
  fromAt: int(0),
  askAt: about("on the machine's clock", count()),
  after: about("answers to questions numbered so far are of the time before", optional(count())),
  verdicts: about("the newest of each source, sorted by source", list(VERDICT, 100)),
});

/** Cells of a wave that is being written, watched for harm. */
const WATCHING = object({
  since: about("when the first of them was read back", int(0)),
  askAt: about("on the machine's clock", count()),
  cells: about("sorted; asked about until twice as many have the version", list(name, CELLS_MAX)),
});

const HALT = object({
  by: name,
  because: text({ max: 500 }),
  during: text({ values: ["running", "going-back"] }),
  index: about("of its entry in the ledger; absent until that is durable", optional(count())),
});

const GOING_BACK = object({
  to: about("a proven version; empty: what each cell had", name),
  entry: about("absent until it is durable; nothing is written before", optional(entry)),
  anyway: about("a person said not to wait for capacity", bool()),
  capacity: text({ values: ["unknown", "enough", "lacking"] }),
  nextAt: about("when the next batch may go, on the machine's clock", count()),
});

export const STATE = object({
  version: int(1, STATE_VERSION),
  id: name,
  revision: count(),
  serial: count(),
  plan: PLAN,
  phase: text({ values: PHASES }),
  clockMs: about("time that the machine saw pass; a clock that jumps moves it little", count()),
  seenAt: about("the latest `now`", int(0)),
  fence: about("of the lease", int(0, FENCE_MAX)),
  turn: about("one more whenever writes that were handed out are given up", int(0, TURNS - 1)),
  leased: bool(),
  persons: about("who stand behind it: author or operator, and approvers; sorted", list(name, 100)),
  decision: about("the entry that allows it", optional(entry)),
  wave: count(),
  stage: text({ values: ["waiting", "entering", "writing", "baking", "proving"] }),
  /** Why it waits for a person although nobody paused it. */
  hold: text({ values: ["none", "second-person", "break-glass-over", "entry-refused"] }),
  paused: bool(),
  resuming: about("id of the entry after which it goes on", optional(text({ max: 40 }))),
  wasHalted: bool(),
  halt: optional(HALT),
  watching: optional(WATCHING),
  baking: optional(BAKING),
  back: optional(GOING_BACK),
  freeAt: about("when exposure may grow again, on the machine's clock", count()),
  provenRuns: about("the plan's, and those that a wave has added, sorted", list(name, 2_000)),
  cells: about("sorted by id", list(CELL_STATE, CELLS_MAX)),
  proven: list(PROVEN, 1_000),
});

export type RolloutState = Infer<typeof STATE> & { readonly outbox: readonly Effect[] };
