// SPDX-License-Identifier: Apache-2.0
import {
  about,
  bool,
  count,
  type Infer,
  int,
  list,
  object,
  optional,
  text,
  unknowable,
} from "../schema.ts";
import { ENVIRONMENTS } from "./delta.ts";

export const FILE_STATUSES = [
  "added",
  "modified",
  "deleted",
  "renamed",
  "copied",
  "retyped",
] as const;
export const FILE_KINDS = [
  "source",
  "test",
  "config",
  "docs",
  "generated",
  "vendored",
  "lock",
  "data",
  "migration",
  "manifest",
  "infrastructure",
  "workflow",
  "gate",
  "other",
] as const;

export const FILE = object({
  path: text({ max: 4_096 }),
  oldPath: about("where it came from, if renamed or copied", optional(text({ max: 4_096 }))),
  status: text({ values: FILE_STATUSES }),
  kind: text({ values: FILE_KINDS }),
  language: text({ max: 40 }),
  environment: text({ values: ENVIRONMENTS }),
  mode: about("Git mode after, e.g. `100644`, `120000` link, `160000` submodule", text({ max: 6 })),
  oldMode: text({ max: 6 }),
  added: about("lines added; 0 for binary", count()),
  deleted: about("lines deleted; 0 for binary", count()),
  binary: bool(),
  bytesBefore: count(),
  bytesAfter: count(),
  owners: about(
    "sorted teams and people that own the path; empty when nobody does",
    unknowable(list(text({ max: 200 }), 100)),
  ),
  systems: about("sorted ids of the systems it belongs to", list(text({ max: 200 }), 100)),
});
export type FileFact = Infer<typeof FILE>;

export const SYSTEM = object({
  id: text({ max: 200 }),
  tier: about("1 (most critical) to 4", int(1, 4)),
  owner: about("the owning team", unknowable(text({ max: 200 }))),
  org: about("team, director, VP", list(text({ max: 200 }), 10)),
  cells: list(text({ max: 200 }), 1_000),
  orderSharePpm: about("share of orders in parts per million", int(0, 1_000_000)),
  incidents: about("order-impacting incidents in the last year", count()),
});
export type SystemFact = Infer<typeof SYSTEM>;

/** What a person or machine did to the change; each of them bars the person from approving it. */
export const CONTRIBUTIONS = [
  "author",
  "committer",
  "co-author",
  "pusher",
  "prompter",
  "sponsor",
  "rebaser",
] as const;

export const CONTRIBUTOR = object({
  account: about("`email:…`, `github:login`, `key:…`, `agent:…`", text({ max: 400 })),
  did: text({ values: CONTRIBUTIONS }),
  identical: about(
    "a rebaser whose delta was proven byte-identical contributes nothing",
    optional(bool()),
  ),
});
export type Contributor = Infer<typeof CONTRIBUTOR>;

export const CHANGE_KINDS = [
  "commit",
  "range",
  "index",
  "merge",
  "configuration",
  "command",
  "plan",
] as const;

export const CHANGE = object({
  digest: about("what approvals are bound to", unknowable(text({ max: 64 }))),
  kind: text({ values: CHANGE_KINDS }),
  repository: text({ max: 400 }),
  target: about("the ref it lands on", text({ max: 1_000 })),
  environment: text({ values: ENVIRONMENTS }),
  subject: about("first line of the message", text({ max: 1_000 })),
  files: unknowable(list(FILE, 20_000)),
  totals: object({
    files: count(),
    added: count(),
    deleted: count(),
    binary: count(),
    directories: count(),
  }),
  systems: unknowable(list(SYSTEM, 500)),
  contributors: unknowable(list(CONTRIBUTOR, 1_000)),
  pushedBy: about(
    "accounts that pushed it, where somebody watched",
    unknowable(list(text({ max: 400 }), 100)),
  ),
  provenance: object({
    ai: text({ values: ["declared", "likely", "unknown"] }),
    agents: list(text({ max: 100 }), 50),
    signals: list(text({ max: 300 }), 100),
  }),
  gate: about(
    "which parts of the gate it touches: `policy`, `catalog`, `people`, `owners`, `folder-owners`, `workflow`, `agent-rules`, `enforcement`",
    list(text({ max: 40 }), 20),
  ),
  reverts: about("the commit that it undoes", optional(text({ max: 64 }))),
});
export type Change = Infer<typeof CHANGE>;
