// SPDX-License-Identifier: Apache-2.0
/** What the ledger holds of incidents, and of what break-glass left to be reviewed. */
import { about, type Infer, list, object, optional, text } from "../schema.ts";

const person = text({ max: 200 });
const entry = about("id of an entry: its leaf hash in the log", text({ max: 64, form: "digest" }));
const incident = text({ max: 64 });

/** Something is wrong in production; break-glass needs an open one. Anybody who is signed in opens it. */
export const INCIDENT = object({
  incident,
  title: text({ max: 300 }),
  systems: about("sorted; empty: not known yet", list(text({ max: 200 }), 100)),
  by: person,
});

export const INCIDENT_CLOSED = object({ incident, reason: text({ max: 2_000 }), by: person });

/**
 * A change may go forward by break-glass, which two people review afterwards. It is an entry of its
 * own kind and not read out of decisions, so that erasing a decision hides no debt. by (erasable)
 */
export const DEBT_LEFT = object({
  change: text({ max: 200 }),
  repository: text({ max: 400 }),
  target: text({ max: 1_000 }),
  environment: text({ max: 100 }),
  decision: about("the decision that allowed it", entry),
  overrides: about("entries of the overrides, sorted", list(entry, 50)),
  incidents: about("sorted", list(incident, 12)),
  teams: about(
    "owners of what went forward, sorted; empty: nobody knows whose it is, and it holds everybody",
    list(text({ max: 200 }), 100),
  ),
  by: about("who signed the overrides; they cannot review it", list(person, 50)),
  cause: about(
    "what landed while the server was away; `decision` and `overrides` are then its entry",
    optional(text({ values: ["away", "emergency"] })),
  ),
});
export type DebtBody = Infer<typeof DEBT_LEFT>;
