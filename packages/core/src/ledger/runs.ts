// SPDX-License-Identifier: Apache-2.0
/** What the ledger holds of documents that were carried out, and of remedies that one may run alone. */
import { about, bool, count, int, list, object, optional, record, text } from "../schema.ts";

export const RUN_PARTS = ["do", "verify", "undo"] as const;
export const RUN_OUTCOMES = ["done", "stopped", "undone", "partly-undone", "left"] as const;
export const RUN_CHOICES = ["retry", "undo", "leave"] as const;

const person = text({ max: 200 });
const digest = text({ max: 64, form: "digest" });
const entry = about("id of an entry: its leaf hash in the log", digest);
const task = about("a pre-check or a step of the document", text({ max: 80 }));

/** A remedy that landed under an allowed decision with two approvals by passkey. */
export const REMEDY = object({
  remedy: about("its id, by which it is run", text({ max: 60 })),
  title: text({ max: 200 }),
  document: about("digest of its text", digest),
  change: text({ max: 200 }),
  digest: about("the change digest, which the approvals name", digest),
  decision: about("the entry of the decision that allowed it", entry),
  approvals: about("entries of the approvals that counted, sorted", list(entry, 50)),
  approvedBy: about("who gave them, sorted", list(person, 50)),
  by: about("who registered it", person),
});

/** The subject of this and the following entries is the run's own id. */
export const RUN = object({
  change: text({ max: 200 }),
  decision: about("the entry of the decision that allowed it", entry),
  document: about("digest of the text that is carried out", digest),
  plan: about("digest of every command that it can run", digest),
  values: about("of the parameters of a remedy", record(text({ max: 200 }), 20)),
  operator: person,
  second: about("who confirms; empty where nobody has to", text({ max: 200 })),
  remedy: about("id of the remedy that is run", optional(text({ max: 60 }))),
});

/** One thing that happened in a run. It is durable before what follows it happens. by (entry-first) */
export const RUN_STEP = object({
  number: about("1 for the first after the beginning, without a gap", int(1)),
  previous: about("the entry of this run before this one", entry),
  by: person,
  what: text({ values: ["started", "finished", "found", "confirmed", "chosen"] }),
  task,
  part: optional(text({ values: RUN_PARTS })),
  passed: about("of what finished", optional(bool())),
  asApproved: about(
    "whether the command that ran is the document's, word for word",
    optional(bool()),
  ),
  exit: optional(int()),
  output: optional(object({ digest, bytes: count() })),
  missed: about("what was expected and not seen", optional(list(text({ max: 2_000 }), 60))),
  ran: about("whether what a crash interrupted took place", optional(bool())),
  agrees: about("what the second person says", optional(bool())),
  via: about(
    "where the second person was signed in",
    optional(text({ values: ["browser", "terminal"] })),
  ),
  choice: optional(text({ values: RUN_CHOICES })),
  reason: optional(text({ max: 2_000 })),
});

export const RUN_END = object({
  number: int(1),
  previous: entry,
  by: person,
  outcome: text({ values: RUN_OUTCOMES }),
  left: about("steps that took place and were not undone", list(task, 100)),
});
