// SPDX-License-Identifier: Apache-2.0
/** The fields of `control-plane.yaml`, described once: the reader knows no others, and editors show the sentences. */
import { closed, DRAFT, described, type JsonSchema, listOf, oneOf, text } from "@interlock/policy";
import { MEASURES, SIGNAL_KINDS, TARGET_KINDS } from "./description.ts";
import { LIMITS } from "./read/fields.ts";

const count = (description: string, least = 0, most?: number): JsonSchema => ({
  type: "integer",
  minimum: least,
  ...(most === undefined ? {} : { maximum: most }),
  description,
});
const duration = (description: string): JsonSchema => ({
  type: "string",
  pattern: "^([0-9]{1,9}(ms|s|m|h|d|w))+$",
  description,
});
const share = (description: string): JsonSchema => ({
  type: "string",
  pattern: "^[0-9]{1,3}(\\.[0-9]{1,4})?\\s*%$",
  description,
});
const number = (description: string): JsonSchema => ({ type: "number", minimum: 0, description });
const name = (description: string): JsonSchema => ({
  type: "string",
  pattern: "^[a-z0-9][a-z0-9._-]*$",
  maxLength: 80,
  description,
});
const mapping = (description: string): JsonSchema => ({ type: "object", description });
const settings = mapping(
  "what its driver reads; credentials as `env:NAME` or `file:/PATH`, never written out",
);

export const TARGET = {
  name: name("by which config sets refer to it"),
  kind: oneOf(TARGET_KINDS, "which driver writes it"),
  settings,
};

export const CELL = {
  id: name("by which waves refer to it"),
  region: name("where it is"),
  share: share("of the system's orders; those of all cells add up to 100%"),
  runs: text("the version of the code that reads the configuration there"),
  parts: listOf(
    share("of the cell's traffic; those of all its parts add up to 100%"),
    "shares of its traffic that are written one by one, the smallest first",
  ),
};

export const EMERGENCY = {
  keys: count("keys that a change may bring there at most", 1, LIMITS.emergencyKeys),
  cells: count("cells that it may reach at most", 1, LIMITS.emergencyCells),
  bake: duration(
    "how long its waves but the last one bake: `asyncFailure` at least, a day at most; the last one bakes as always",
  ),
};

export const SYSTEM = {
  name: name("as the catalog names it"),
  tier: { enum: [1, 2, 3, 4], description: "1 is most critical" },
  ordersPerMinute: count("orders that it takes part in, a minute"),
  asyncFailure: duration("how long its slowest asynchronous failure takes to show"),
  lossBudget: count("orders that a bad change may cost at most, in the plan's own estimate"),
  emergency: described(
    "what may go out faster by break-glass; where it is left out nothing may",
    closed(EMERGENCY, ["keys", "cells", "bake"]),
  ),
  cells: listOf(
    closed(CELL, ["id", "region", "share", "runs"]),
    "its parts that can be written alone",
  ),
};

export const FILE = {
  path: text("path in the repository, with `{key}` and `{cell}`, one between two `/`"),
  key: text("the key that the file's content becomes, such as `{key}`"),
};

export const INVARIANT = {
  id: name("by which findings refer to it"),
  says: text("what it means, for people"),
  holds: text("CEL over `before`, `after` and `changes`"),
};

export const REFERENCE = {
  at: text("JSON pointer into each value; `*` is any one step"),
  to: name("the set whose key is named; this one where it is left out"),
  key: text("the key, with `{value}` for what stands there; `{value}` where it is left out"),
};

export const SET_LIMITS = {
  keys: count("at most so many keys in a cell; 1000 where it is left out", 1),
  valueBytes: count("at most so many bytes a value; 65536 where it is left out", 1),
  growth: share("by which keys, bytes and values may grow in one change; 50% where it is left out"),
  shrink: share("by which they may shrink; 30% where it is left out"),
};

export const FIELD_LIMITS = {
  at: text("JSON pointer into each answer; empty for the whole of it"),
  changed: share("of the answers in which it may differ"),
  meanShift: number("by which the mean of a number may move"),
  maxShift: number("by which one number may move"),
};

export const REPLAY = {
  run: {
    type: "array",
    items: { type: "string" },
    minItems: 1,
    maxItems: 50,
    description:
      "the program and its arguments; inputs on its input, answers on its output, the files in `$INTERLOCK_CONFIG`",
  },
  url: text("where each input is posted, with the values"),
  fields: listOf(closed(FIELD_LIMITS, ["at"]), "how far fields of the answers may differ"),
  changed: share("of the answers that may differ at all; 100% where it is left out"),
  newErrors: share("of the inputs that may newly fail; 0% where it is left out"),
};

export const CONFIG_SET = {
  name: name("by which people refer to it"),
  system: name("the system that reads it"),
  target: name("where it lives"),
  owner: text("the team that answers for it"),
  repository: text("the repository that its files come from, as a gate names it"),
  ref: text("the protected branch: `refs/heads/main`"),
  files: listOf(closed(FILE, ["path", "key"]), "which files become which keys"),
  schema: mapping("JSON Schema of one value; a keyword that is not checked is refused"),
  invariants: listOf(
    closed(INVARIANT, ["id", "says", "holds"]),
    "what holds across keys and over a change",
  ),
  references: listOf(closed(REFERENCE, ["at"]), "values that name a key, which has to exist"),
  limits: described("sizes, and how fast they may change", closed(SET_LIMITS, [])),
  replay: described("how recorded inputs are run under old and new values", closed(REPLAY, [])),
};

export const SIGNAL = {
  name: name("by which analyses refer to it"),
  system: name("the system that it watches"),
  kind: oneOf(SIGNAL_KINDS, "where it comes from"),
  measures: oneOf(MEASURES, "`orders` must not fall, `errors` and `latency` must not rise"),
  settings: mapping("what its source reads; `{cell}` in a query stands for the cell's id"),
  unit: text("of its values"),
  fresh: duration("after which a value is too old to say anything"),
  minimumSamples: count("fewer say nothing", 1),
  weight: share("among the signals of its system; they add up to 100%"),
};

export const ROOT = {
  version: { const: 1, description: "of this form" },
  targets: listOf(closed(TARGET, ["name", "kind", "settings"]), "control planes that are driven"),
  systems: listOf(
    closed(SYSTEM, ["name", "tier", "ordersPerMinute", "asyncFailure", "lossBudget", "cells"]),
    "what configuration is read by",
  ),
  configSets: listOf(
    closed(CONFIG_SET, ["name", "system", "target", "owner", "repository", "ref", "files"]),
    "configuration that lives in a target",
  ),
  signals: listOf(
    closed(SIGNAL, [
      "name",
      "system",
      "kind",
      "measures",
      "settings",
      "unit",
      "fresh",
      "minimumSamples",
      "weight",
    ]),
    "by which harm is seen",
  ),
};

/** The JSON Schema of `control-plane.yaml`. */
export function controlPlaneJsonSchema(): JsonSchema {
  return { $schema: DRAFT, title: "Interlock control plane", ...closed(ROOT, ["version"]) };
}

/** By the name of its file in `schemas/`. */
export const CONTROL_PLANE_SCHEMAS = { "control-plane": controlPlaneJsonSchema } as const;
