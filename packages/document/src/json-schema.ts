// SPDX-License-Identifier: Apache-2.0
import { closed, DRAFT, described, type JsonSchema, listOf, oneOf, text } from "@interlock/policy";
import { KINDS, LIMITS } from "./document.ts";
import { PARAMETER_TYPES } from "./remedy.ts";

const duration = (description: string): JsonSchema => ({
  type: "string",
  pattern: "^([0-9]{1,9}(ms|s|m|h|d|w))+$",
  description,
});
const names = (description: string): JsonSchema => ({
  oneOf: [{ type: "string" }, { type: "array", items: { type: "string" }, maxItems: LIMITS.list }],
  description,
});
const bounded = (items: JsonSchema, max: number, description: string): JsonSchema => ({
  ...listOf(items, description),
  maxItems: max,
});
const count = (description: string): JsonSchema => ({ type: "integer", minimum: 0, description });
const flag = (description: string): JsonSchema => ({ type: "boolean", description });

const expectation: JsonSchema = {
  oneOf: [
    { type: "string" },
    closed(
      {
        says: text("what a person should see"),
        exit: count("the exit code; 0 where it is left out"),
        contains: names("texts that the output contains"),
        lacks: names("texts that the output does not contain"),
      },
      [],
    ),
  ],
  description: "what is seen when it worked",
};

const ACT = {
  do: text("one sentence: what is done"),
  run: {
    type: "array",
    items: { type: ["string", "number", "boolean"] },
    minItems: 1,
    maxItems: LIMITS.arguments,
    description: "the program and its arguments; no shell reads them",
  },
  timeout: duration("how long the command may take; 10m where it is left out"),
  expect: expectation,
};
const act = (description: string): JsonSchema => ({
  oneOf: [{ type: "string" }, closed(ACT, [])],
  description,
});

const STEP = closed(
  {
    id: text("what runs and their records call it; lower-case letters, digits and `-`"),
    ...ACT,
    verify: act("how to see, elsewhere than in its own output, that it worked"),
    abortIf: text("when to stop, with a value"),
    undo: act("the way back from this step"),
    irreversible: text("why there is no way back"),
    repeatable: flag("whether running it twice is the same as once"),
    second: flag("a second person confirms its outcome"),
  },
  [],
);

const PARTS = {
  version: { const: 1, description: "of this form" },
  title: text("one line: what changes"),
  why: text("what is wrong today and what this changes, with a figure"),
  scope: closed(
    {
      systems: names("ids of the catalog"),
      environments: names("where it happens"),
      cells: names("which cells"),
      outside: text("what is deliberately left alone"),
      blast: closed(
        {
          systems: count("systems that it can reach"),
          cells: count("cells that it can reach"),
          trafficShare: text("share of traffic, such as `2.5%`"),
          ordersPerMinute: count("orders a minute that it can reach"),
        },
        [],
      ),
    },
    [],
  ),
  preChecks: bounded(act("one thing that must be true"), LIMITS.list, "before the first step"),
  steps: bounded(STEP, LIMITS.steps, "what is done, in order"),
  signals: bounded(
    closed(
      {
        name: text("what is measured"),
        where: text("where it is read"),
        normal: text("its usual values"),
        abort: text("the value, and for how long, that stops the work"),
      },
      [],
    ),
    LIMITS.list,
    "what shows harm",
  ),
  rollback: closed(
    {
      how: text("how to come back"),
      takes: duration("how long that takes"),
      rehearsed: closed(
        {
          at: { type: "string", pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description: "the day" },
          where: text("where it was tried"),
          by: text("who tried it"),
        },
        ["at"],
      ),
    },
    [],
  ),
  who: closed(
    {
      operator: text("who carries it out"),
      second: text("who watches and confirms"),
      informed: names("who is told before"),
    },
    [],
  ),
};

const PARAMETER = closed(
  {
    name: text("written `{name}` as a whole argument"),
    type: oneOf(PARAMETER_TYPES, "what it may be"),
    about: text("what it is"),
    min: { type: "integer", description: "of an integer" },
    max: { type: "integer", description: "of an integer" },
    values: names("of a choice"),
    maxLength: { type: "integer", minimum: 1, maximum: 200, description: "of a name" },
  },
  ["name", "type"],
);

/** The JSON Schema of the front matter of a change document. */
export function documentJsonSchema(): JsonSchema {
  const kinds = KINDS.filter((kind) => kind !== "remedy");
  return {
    $schema: DRAFT,
    title: "Interlock change document",
    ...closed({ ...PARTS, kind: oneOf(kinds, "which template it follows") }, ["version", "kind"]),
  };
}

/** The JSON Schema of the front matter of a standing remedy. */
export function remedyJsonSchema(): JsonSchema {
  return {
    $schema: DRAFT,
    title: "Interlock standing remedy",
    ...closed(
      {
        ...PARTS,
        kind: { const: "remedy" },
        id: text("by which it is run"),
        parameters: bounded(PARAMETER, 20, "what is filled in when it is run"),
        limits: described(
          "how often, and how old its rehearsal may be",
          closed(
            {
              runs: { type: "integer", minimum: 1, description: "at most so many" },
              within: duration("in so long"),
              rehearsalValid: duration("after this age of the rehearsal nobody may run it"),
            },
            ["runs", "within", "rehearsalValid"],
          ),
        ),
        mayRun: names("teams and accounts of which one is enough"),
      },
      ["version", "kind", "id", "limits"],
    ),
  };
}

/** By the name of their file in `schemas/`. */
export const DOCUMENT_SCHEMAS = {
  document: documentJsonSchema,
  remedy: remedyJsonSchema,
} as const;
