// SPDX-License-Identifier: Apache-2.0
import { about, type Infer, int, list, object, optional, record, unknowable } from "../schema.ts";
import { CHANGE } from "./change.ts";
import { DELTA, DELTAS_MAX } from "./delta.ts";
import { EVIDENCE } from "./evidence.ts";
import { PEOPLE } from "./people.ts";
import { BLAST, CALENDAR, CONTEXT, EFFECT, GAP } from "./reach.ts";

/** Grows additively; a document of another version is refused, never half understood. */
export const FACTS_VERSION = 1;

const deltas = (sentence: string) => about(sentence, unknowable(list(DELTA, DELTAS_MAX)));

/**
 * What an expression may read. Evidence, people and the time are not here: a rule that could see
 * an approval could be loosened by one (only-tightens), so only requirements look at them.
 */
export const VISIBLE = object({
  change: CHANGE,
  blast: unknowable(BLAST),
  config: deltas("configuration keys and values that change"),
  kubernetes: deltas("fields of Kubernetes objects that change"),
  terraform: deltas("resources and settings of Terraform files and plans that change"),
  sql: deltas("statements of new migrations"),
  code: deltas("calls and patterns that the change brings into code"),
  workflows: deltas("CI workflows that change"),
  dependencies: deltas("dependencies and their locks that change"),
  commands: deltas("operator and agent commands that the change runs or adds"),
  network: deltas("DNS records, routes, filters, certificates that change"),
  contracts: deltas("declared consumer contracts that the new state breaks"),
  hidden: deltas("content that a reviewer would not see"),
  effects: about("the computed effect", unknowable(list(EFFECT, 1_000))),
  // So few that an expression may ask about each of them for each of the deltas of a group.
  context: about("knowledge from outside the change", list(CONTEXT, 100)),
});

export const FACTS = object({
  version: int(1),
  now: about("milliseconds since 1970 UTC", int()),
  ...VISIBLE.fields,
  gaps: about("what could not be read", list(GAP, 1_000)),
  people: unknowable(PEOPLE),
  calendars: about("the policy's calendars as UTC intervals", record(CALENDAR, 100)),
  evidence: EVIDENCE,
  history: about(
    "integer features for the risk score, which decides nothing",
    optional(record(int(), 100)),
  ),
});

export type Facts = Infer<typeof FACTS>;
export type Visible = Infer<typeof VISIBLE>;
export type Group = Exclude<keyof Visible, never>;

/** The groups that hold deltas; every source of facts fills one. */
export const DELTA_GROUPS = [
  "config",
  "kubernetes",
  "terraform",
  "sql",
  "code",
  "workflows",
  "dependencies",
  "commands",
  "network",
  "contracts",
  "hidden",
] as const satisfies readonly (keyof Visible)[];
export type DeltaGroup = (typeof DELTA_GROUPS)[number];
