// SPDX-License-Identifier: Apache-2.0
import { about, bool, count, type Infer, int, list, object, text } from "../schema.ts";

export const ENVIRONMENTS = ["production", "non-production", "unknown"] as const;
export const DELTA_OPS = [
  "added",
  "removed",
  "changed",
  "emptied",
  "reordered",
  "duplicated",
  "executed",
] as const;
export const VALUE_KINDS = [
  "absent",
  "null",
  "bool",
  "int",
  "decimal",
  "string",
  "list",
  "map",
] as const;

/**
 * One thing that a change does, whatever the source: a configuration key, a field of a manifest,
 * a resource of a plan, a statement, a call in code. Every source speaks this one shape, so that a
 * rule author learns it once and a finding always has a path and a line.
 * Text sides are cut at 400 characters. Numbers are in millionths (`micro`) of the base unit.
 */
export const DELTA = object({
  path: about("repository path of the file", text({ max: 4_096 })),
  line: about("1-based line in the new text, or where it stood before if it was removed", count()),
  subject: about(
    "what is changed: `Deployment/shop/web`, `aws_db_instance.main`, a JSON pointer",
    text({ max: 2_000 }),
  ),
  aspect: about("what of it: `replicas`, `timeout`, `drop-table`, …", text({ max: 200 })),
  op: text({ values: DELTA_OPS }),
  key: about("nearest mapping key, as written", text({ max: 500 })),
  words: about("lower-case words of the whole key path, sorted", list(text({ max: 100 }), 64)),
  format: text({ max: 40 }),
  beforeKind: text({ values: VALUE_KINDS }),
  afterKind: text({ values: VALUE_KINDS }),
  before: text({ max: 400 }),
  after: text({ max: 400 }),
  numeric: about("both sides are numbers (or quantities of one unit)", bool()),
  beforeMicro: about("old number in millionths; 0 when there is none", int()),
  afterMicro: about("new number in millionths; 0 when there is none", int()),
  ratioPpm: about("after / before in parts per million; 0 when undefined", int()),
  unit: about("`ms`, `bytes`, `ppm`, `millicpu` or empty", text({ max: 20 })),
  beforeCount: about("items, rows or entries before", count()),
  afterCount: about("items, rows or entries after", count()),
  addedCount: count(),
  removedCount: count(),
  environment: text({ values: ENVIRONMENTS }),
  tags: about(
    "sorted properties of this delta: `stateful`, `wildcard`, …",
    list(text({ max: 60 }), 32),
  ),
});

export type Delta = Infer<typeof DELTA>;

/** The longest text a side of a delta carries. */
export const DELTA_TEXT_MAX = 400;
/** How many deltas one source may report for a change before it must report a gap. */
export const DELTAS_MAX = 10_000;

const EMPTY: Delta = {
  path: "",
  line: 0,
  subject: "",
  aspect: "",
  op: "changed",
  key: "",
  words: [],
  format: "",
  beforeKind: "absent",
  afterKind: "absent",
  before: "",
  after: "",
  numeric: false,
  beforeMicro: 0,
  afterMicro: 0,
  ratioPpm: 0,
  unit: "",
  beforeCount: 0,
  afterCount: 0,
  addedCount: 0,
  removedCount: 0,
  environment: "unknown",
  tags: [],
};

/** Builds a whole delta from what its source knows; the rest says "not applicable". */
export function delta(known: Partial<Delta> & Pick<Delta, "path" | "aspect" | "op">): Delta {
  const whole = { ...EMPTY, ...known };
  return {
    ...whole,
    before: cut(whole.before),
    after: cut(whole.after),
    tags: [...new Set(whole.tags)].sort(),
    words: [...new Set(whole.words)].sort().slice(0, 64),
  };
}

function cut(side: string): string {
  if (side.length <= DELTA_TEXT_MAX) return side;
  const head = side.slice(0, DELTA_TEXT_MAX - 1);
  // A cut through a surrogate pair would leave a lone surrogate, which no digest accepts.
  return `${/[\uD800-\uDBFF]$/.test(head) ? head.slice(0, -1) : head}…`;
}
