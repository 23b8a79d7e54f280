// SPDX-License-Identifier: Apache-2.0
import { about, bool, count, type Infer, int, list, object, text } from "../schema.ts";

export const CERTAINTIES = ["certain", "inferred", "unknown"] as const;

/** What the change can reach through the catalog's dependency graph. */
export const BLAST = object({
  systems: about("systems touched or reached through hard dependencies", count()),
  tier1: about("Tier-1 systems among them", count()),
  cells: count(),
  regions: count(),
  trafficPpm: int(0, 1_000_000),
  ordersPerMinute: count(),
  global: about("reaches every cell of a system at once", bool()),
  certainty: text({ values: CERTAINTIES }),
  reached: list(
    object({
      system: text({ max: 200 }),
      tier: int(1, 4),
      via: about(
        "the system through which it is reached; empty for one touched directly",
        text({ max: 200 }),
      ),
      depth: count(),
      certainty: text({ values: CERTAINTIES }),
    }),
    1_000,
  ),
});
export type Blast = Infer<typeof BLAST>;

/** The computed effect, which a reviewer sees first: rows, hosts, prefixes, objects, replicas. */
export const EFFECT = object({
  verb: text({ values: ["removes", "adds", "changes", "stops", "exposes", "locks", "replaces"] }),
  what: about(
    "`rows`, `hosts`, `prefixes`, `objects`, `replicas`, `records`, `items`, …",
    text({ max: 60 }),
  ),
  count: count(),
  of: about("how many there were; 0 when not known", count()),
  sharePpm: int(0, 1_000_000),
  certainty: text({ values: CERTAINTIES }),
  subject: text({ max: 2_000 }),
  path: text({ max: 4_096 }),
  line: count(),
});
export type Effect = Infer<typeof EFFECT>;

/** Live state or other knowledge from outside the change, with its source and age. */
export const CONTEXT = object({
  kind: about(
    "`live-role`, `capacity`, `consumer-version`, `approval-record`, …",
    text({ max: 100 }),
  ),
  subject: text({ max: 2_000 }),
  value: text({ max: 4_000 }),
  micro: about("the value as a number in millionths; 0 when it is none", int()),
  source: text({ max: 400 }),
  by: about("the account that supplied it", text({ max: 400 })),
  observedAt: about("milliseconds since 1970 UTC", int()),
  validForMs: count(),
});
export type Context = Infer<typeof CONTEXT>;

/** A part of the facts that could not be read; rules that read its group hold. */
export const GAP = object({
  group: text({ max: 40 }),
  path: text({ max: 4_096 }),
  code: about(
    "`too-large`, `missing-object`, `unparsable`, `truncated`, `stale`, …",
    text({ max: 60 }),
  ),
  detail: text({ max: 1_000 }),
  help: about("what to do about it, and who can", text({ max: 1_000 })),
});
export type Gap = Infer<typeof GAP>;

/** A recurring window as UTC intervals, known only between `from` and `until`. */
export const CALENDAR = object({
  zone: text({ max: 100 }),
  tzdata: about("version of the time-zone data that made the intervals", text({ max: 40 })),
  from: int(),
  until: int(),
  open: about(
    "sorted, disjoint, half open, in milliseconds since 1970 UTC",
    list(object({ from: int(), until: int() }), 1_000),
  ),
});
export type CalendarFact = Infer<typeof CALENDAR>;
