// SPDX-License-Identifier: Apache-2.0
/** What the ledger holds of data fixes in databases, and of unwinds of them. */
import { about, count, type Infer, int, list, object, optional, text } from "../schema.ts";
import type { Invalid } from "../validate.ts";

export const DATA_WAYS = ["fix", "undo", "redo"] as const;
export const DATA_RESULTS = ["successful", "failed", "inconclusive"] as const;
export const DATA_OUTCOMES = ["done", "stopped", "failed"] as const;

const person = text({ max: 200 });
const digest = text({ max: 64, form: "digest" });
const entry = about("id of an entry: its leaf hash in the log", digest);

/**
 * A data fix may write from here on. The subject of this and the following entries is the run's id,
 * which follows from change and file: a file of a change runs once.
 */
const DATA_STARTED = object({
  change: text({ max: 200 }),
  decision: about("the entry of the decision that allowed it", entry),
  digest: about("the change digest", digest),
  fix: about("SHA-256 of the file, which the change digest covers", digest),
  path: about("where the file stands in the change", text({ max: 4_096 })),
  way: text({ values: DATA_WAYS }),
  of: about("the run that is taken back or brought back", optional(digest)),
  by: person,
});

/** What the analysis said before the wave that a run went into. */
const VERDICT = object({
  wave: about("the wave that it let begin", count()),
  result: text({ values: DATA_RESULTS }),
  because: list(text({ max: 1_000 }), 20),
});

const ENDED = {
  previous: about("the entry of this run before this one", entry),
  by: person,
  outcome: text({ values: DATA_OUTCOMES }),
  batches: count(),
  rows: about("rows whose images are in the journal, as whoever ran it says", int(0)),
  orders: about("orders that all its rows stand for, as counted before the first", optional(int())),
  money: about("the same of money, in `currency`", optional(int())),
  currency: about("with its unit, such as `EUR cents`", optional(text({ max: 60 }))),
  wave: about("the wave that comes next, where it waits for a word", optional(count())),
  verdict: about(
    "what the analysis said before its wave, of a file that watches",
    optional(VERDICT),
  ),
};

/** What a data fix came to, as whoever ran it says; one that stopped or failed may go on. */
const DATA_FINISHED = object(ENDED);

/** The same of an unwind. */
const DATA_UNWOUND = object({
  ...ENDED,
  restored: count(),
  kept: about("where a later write stays", count()),
  rerun: about("where later sums were made again", count()),
  quarantined: about("left for people", count()),
});

/** Somebody stopped a run; only approvals after this entry let it go on. by (halt-wins) */
const DATA_HALTED = object({
  previous: about("the entry of this run before this one", entry),
  by: about(
    "who brought it here: who halted it, or whoever ran it when the server was away",
    person,
  ),
  role: about("who halted it, as the database knows them", text({ max: 200 })),
  because: text({ max: 1_000 }),
  halted: about("when, in milliseconds since 1970 UTC, by the database's clock", int(0)),
});

export const DATA_BODIES = {
  "data-started": DATA_STARTED,
  "data-finished": DATA_FINISHED,
  "data-unwound": DATA_UNWOUND,
  "data-halted": DATA_HALTED,
} as const;

/** What the schemas cannot say. */
export const RULES_OF_DATA = {
  "data-started": ({ way, of }: Infer<typeof DATA_STARTED>): readonly Invalid[] =>
    (way === "fix") === (of === undefined)
      ? []
      : [{ path: "of", message: "an unwind names the run that it unwinds, and a fix none" }],
  "data-finished": () => [],
  "data-unwound": () => [],
  "data-halted": () => [],
} as const;
