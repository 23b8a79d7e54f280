// SPDX-License-Identifier: Apache-2.0
import type { Field, Fields } from "@interlock/core";
import type { Json } from "@interlock/digest";
import { definitionNamed, definitionsOf, isNode, type Node } from "./schema.ts";

const INT_MAX = Number.MAX_SAFE_INTEGER;
const DEPTH_MAX = 32;

/**
 * What the checker of expressions may take for granted of a value that fits a schema; `null` where
 * that is nothing, so that no expression can read it: fractions, several types, forms to choose from.
 */
export function typeOfSchema(schema: Json, maxBytes: number): Field | null {
  return typeIn(schema, { definitions: definitionsOf(schema), maxBytes, depth: 0 });
}

type In = { readonly definitions: Node; readonly maxBytes: number; readonly depth: number };

function typeIn(schema: Json, given: In): Field | null {
  if (!isNode(schema) || given.depth > DEPTH_MAX) return null;
  const inner = { ...given, depth: given.depth + 1 };
  const ref = definitionNamed(schema["$ref"]);
  if (ref !== null) {
    const target = given.definitions[ref];
    return target === undefined ? null : typeIn(target, inner);
  }
  switch (schema["type"]) {
    case "string":
      return textType(schema, given.maxBytes);
    case "integer":
      return {
        kind: "int",
        min: bound(schema["minimum"], -INT_MAX),
        max: bound(schema["maximum"], INT_MAX),
      };
    case "boolean":
      return { kind: "bool" };
    case "array": {
      const of = schema["items"] === undefined ? null : typeIn(schema["items"], inner);
      // Every item takes two bytes at least, with its comma.
      const max = bound(schema["maxItems"], Math.ceil(given.maxBytes / 2));
      return of === null ? null : { kind: "list", of, max };
    }
    case "object":
      return objectType(schema, inner);
    default:
      return null;
  }
}

function textType({ enum: given, maxLength }: Node, maxBytes: number): Field {
  const values = Array.isArray(given)
    ? given.filter((one): one is string => typeof one === "string")
    : null;
  const max = bound(maxLength, maxBytes);
  return values === null ? { kind: "text", max } : { kind: "text", max, values };
}

const bound = (given: Json | undefined, otherwise: number): number =>
  typeof given === "number" && Number.isSafeInteger(given) ? given : otherwise;

function objectType(schema: Node, given: In): Field {
  const properties = isNode(schema["properties"]) ? schema["properties"] : {};
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  const fields: Record<string, Field> = {};
  for (const [name, one] of Object.entries(properties)) {
    const type = typeIn(one, given);
    if (type === null) continue;
    // Defined, because a schema may name a member `__proto__`.
    Object.defineProperty(fields, name, {
      enumerable: true,
      value: required.includes(name) ? type : { ...type, optional: true },
    });
  }
  return { kind: "object", fields: fields satisfies Fields };
}
