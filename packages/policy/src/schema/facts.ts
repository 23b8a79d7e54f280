// SPDX-License-Identifier: Apache-2.0
import { FACTS, type Field, type Fields, type Schema } from "@interlock/core";
import { DRAFT, type JsonSchema } from "./parts.ts";

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

const DELTA: Schema = FACTS.fields.config.of;

/** A delta in which every field may be left out. */
export const partialDelta = (): JsonSchema => ({ ...withoutUnknown(DELTA), required: [] });

/** A schema of ours as JSON Schema, with the sentences that editors show on hover. */
function jsonSchema(schema: Schema | Field): JsonSchema {
  // Every source speaks this one shape, which would make half of the document.
  const own = schema === DELTA ? { $ref: "#/definitions/delta" } : withoutUnknown(schema);
  const described =
    "about" in schema && schema.about !== undefined ? { ...own, description: schema.about } : own;
  return "unknowable" in schema && schema.unknowable === true
    ? { anyOf: [described, { $ref: "#/definitions/unknown" }] }
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
    description: "what `interlock decide` reads: one change, and everything a decision depends on",
    ...jsonSchema(FACTS),
    definitions: { unknown: UNKNOWN, delta: withoutUnknown(DELTA) },
  };
}
