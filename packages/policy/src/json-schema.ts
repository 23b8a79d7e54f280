// SPDX-License-Identifier: Apache-2.0
import { FACTS, type Field, type Fields, type Schema } from "@interlock/core";
import { closed, DRAFT, type JsonSchema, listOf, text, texts } from "./schema-parts.ts";

const UNKNOWN: JsonSchema = {
  type: "object",
  description: "a fact that could not be had; every rule that reads it holds",
  properties: {
    $unknown: {
      type: "object",
      properties: { because: { type: "string" }, help: { type: "string" } },
      required: ["because", "help"],
      additionalProperties: false,
    },
  },
  required: ["$unknown"],
  additionalProperties: false,
};

/** A schema of ours as JSON Schema (2020-12), with the sentences that editors show on hover. */
export function jsonSchema(schema: Schema | Field): JsonSchema {
  const own = withoutUnknown(schema);
  const described =
    "about" in schema && schema.about !== undefined ? { ...own, description: schema.about } : own;
  return "unknowable" in schema && schema.unknowable === true
    ? { anyOf: [described, { $ref: "#/$defs/unknown" }] }
    : described;
}

function withoutUnknown(schema: Schema): JsonSchema {
  switch (schema.kind) {
    case "text":
      return schema.values === undefined
        ? { type: "string", maxLength: schema.max }
        : { enum: schema.values };
    case "int":
      return { type: "integer", minimum: schema.min, maximum: schema.max };
    case "bool":
      return { type: "boolean" };
    case "list":
      return { type: "array", items: jsonSchema(schema.of), maxItems: schema.max };
    case "record":
      return {
        type: "object",
        additionalProperties: jsonSchema(schema.of),
        maxProperties: schema.max,
      };
    case "object":
      return objectSchema(schema.fields);
  }
}

function objectSchema(fields: Fields): JsonSchema {
  return {
    type: "object",
    properties: Object.fromEntries(
      Object.entries(fields).map(([name, field]) => [name, jsonSchema(field)]),
    ),
    required: Object.entries(fields)
      .filter(([, f]) => f.optional !== true && f.unknowable !== true)
      .map(([name]) => name),
    additionalProperties: false,
  };
}

/** The JSON Schema of the facts document that `interlock decide` reads. */
export function factsJsonSchema(): JsonSchema {
  return {
    $schema: DRAFT,
    title: "Interlock facts",
    ...jsonSchema(FACTS),
    $defs: { unknown: UNKNOWN },
  };
}

const MODE: JsonSchema = {
  enum: ["observe", "warn", "enforce"],
  description: "`observe` records, `warn` says it, `enforce` holds",
};
const DURATION: JsonSchema = {
  type: "string",
  pattern: "^([0-9]+(ms|s|m|h|d|w))+$",
  description: "a number and a unit: `30m`, `24h`, `90d`",
};

const REQUIREMENT = closed(
  {
    approvals: closed(
      {
        count: { type: "integer", minimum: 1 },
        from: text("`owners`, `anyone` or `team:NAME`"),
        distinct: { enum: ["teams"] },
        via: { enum: ["review", "passkey"] },
      },
      [],
    ),
    document: closed({ sections: texts("sections that the change document must have") }, []),
    check: texts(
      "names of checks that must have passed; `name@source` when only that source counts",
    ),
    staged: closed(
      {
        firstWave: closed(
          { cells: { type: "integer", minimum: 1 }, traffic: text("a percentage such as `1%`") },
          [],
        ),
        bake: DURATION,
      },
      [],
    ),
    window: texts("calendars that must be open"),
    rollback: closed({ rehearsedWithin: DURATION }, ["rehearsedWithin"]),
    ticket: { description: "`true`, or the ticket systems in which one must be open" },
    cooldown: DURATION,
    deny: texts("why nothing can meet it"),
  },
  [],
);

const RULE = closed(
  {
    id: text("unique among all rules of the policy"),
    title: text("what it asks, in one sentence"),
    when: text("CEL over the change; without it the rule applies to every change"),
    each: text("a list of facts to look through, such as `config`, `kubernetes` or `change.files`"),
    where: text("CEL over `it`, one item of `each`; every match is a finding"),
    says: text("the finding in one sentence, with `{field}` of the item"),
    help: text("what the author can do about it"),
    class: {
      enum: ["H", "2", "1", "n", 1, 2],
      description:
        "H denies; 2 and 1 ask for so many owners whose statement names the finding; n is a notice",
    },
    require: listOf(REQUIREMENT, "what the change then needs"),
    covers: { type: "boolean", description: "its approvals stand in for `otherwise`" },
    mode: MODE,
    motive: closed(
      { says: text("the event or source behind the rule"), links: texts("where to read about it") },
      ["says"],
    ),
  },
  ["id"],
);

/** The JSON Schema of policy files, for completion and hover in any YAML language server. */
export function policyJsonSchema(): JsonSchema {
  const instant = text("`2026-12-24T18:00:00Z` or `2026-12-24 18:00 Europe/Berlin`");
  return {
    $schema: DRAFT,
    title: "Interlock policy",
    ...closed(
      {
        policy: text("the name of the policy"),
        version: { type: "integer", minimum: 1 },
        mode: MODE,
        otherwise: {
          ...listOf(
            REQUIREMENT,
            "what a change needs that no covering rule covers; one owner when left out",
          ),
        },
        missingOwner: {
          enum: ["hold", "anyone"],
          description: "what a file without an owner means for approvals from owners",
        },
        packs: {
          description: "packs to switch on: a list of names, or a mapping that tunes single rules",
        },
        rules: listOf(RULE, "rules of this policy"),
        overrides: listOf(
          closed(
            {
              rule: text("rule id"),
              system: text("system id; empty for every system"),
              mode: MODE,
            },
            ["rule", "mode"],
          ),
          "modes of single rules and systems",
        ),
        calendars: {
          type: "object",
          additionalProperties: closed(
            {
              zone: text("such as `Europe/Berlin`"),
              days: texts("mon … sun"),
              hours: text("`09:00-16:00`"),
              except: texts("dates on which it stays closed"),
            },
            [],
          ),
        },
        freezes: listOf(
          closed(
            {
              name: text("shown to people"),
              from: instant,
              until: instant,
              systems: texts("empty: every system"),
            },
            ["name", "from"],
          ),
          "times in which nothing goes out",
        ),
        addenda: listOf(
          closed(
            {
              id: text("name"),
              title: text("what it is for"),
              from: instant,
              until: instant,
              rules: listOf(RULE, "its rules"),
            },
            ["id", "until"],
          ),
          "time-boxed sets of rules",
        ),
      },
      ["policy"],
    ),
  };
}

export function peopleJsonSchema(): JsonSchema {
  const person = closed(
    {
      id: text("unique name"),
      name: text("shown to people"),
      accounts: texts("`@login`, an address, `key:…`"),
      agents: texts("agents and bots this person sponsors"),
      teams: texts("teams"),
      active: { type: "boolean" },
    },
    ["id"],
  );
  const machine = closed(
    {
      account: text("`@login` or an address"),
      purpose: text("what it is for"),
      mayTouch: texts("globs of what it may change"),
    },
    ["account", "mayTouch"],
  );
  return {
    $schema: DRAFT,
    title: "Interlock people",
    ...closed(
      {
        version: { type: "integer" },
        persons: listOf(person, "natural persons"),
        machines: listOf(machine, "trusted machine authors"),
      },
      [],
    ),
  };
}
