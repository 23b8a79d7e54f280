// SPDX-License-Identifier: Apache-2.0
import type { Json } from "@interlock/digest";
import { didYouMean } from "@interlock/policy";
import {
  definitionNamed,
  definitionsOf,
  isNode,
  KEYWORDS,
  type Node,
  patternExpression,
} from "./schema.ts";

/** What is wrong with a schema itself, with the path to it inside the schema. */
export type SchemaProblem = {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly help: string;
};

const DEPTH_MAX = 32;
const PATTERN_MAX = 500;
const TYPES = ["string", "integer", "number", "boolean", "array", "object", "null"];

type Where = {
  readonly path: SchemaProblem["path"];
  readonly definitions: Node;
  readonly found: SchemaProblem[];
};

/** Everything that would check nothing, or could not be checked. */
export function schemaProblems(schema: Json): readonly SchemaProblem[] {
  const definitions = definitionsOf(schema);
  const found: SchemaProblem[] = [];
  look(schema, { path: [], definitions, found });
  for (const name of Object.keys(definitions))
    if (reaches(name, name, definitions, new Set()))
      found.push({
        path: [],
        message: `\`${name}\` contains itself`,
        help: "write out the levels that a value has",
      });
  return found;
}

const tell = ({ path, found }: Where, step: string, message: string, help: string): void => {
  found.push({ path: [...path, step], message, help });
};
const below = (where: Where, ...steps: readonly (string | number)[]): Where => ({
  ...where,
  path: [...where.path, ...steps],
});

function look(schema: Json, where: Where): void {
  if (typeof schema === "boolean") return;
  const { path, found } = where;
  if (!isNode(schema)) {
    found.push({
      path,
      message: "a schema is a mapping",
      help: "write `{type: string}`, for example",
    });
    return;
  }
  if (path.length > DEPTH_MAX) {
    found.push({
      path,
      message: `nested deeper than ${DEPTH_MAX}`,
      help: "name parts under `$defs` and use `$ref`",
    });
    return;
  }
  for (const [keyword, given] of Object.entries(schema)) {
    const check = Object.hasOwn(CHECKS, keyword) ? CHECKS[keyword] : undefined;
    if (!KEYWORDS.includes(keyword))
      tell(
        where,
        keyword,
        `\`${keyword}\` would check nothing here`,
        didYouMean(keyword, KEYWORDS),
      );
    else if (check !== undefined) check(given, keyword, where);
  }
}

type Check = (given: Json, keyword: string, where: Where) => void;

const wrongUnless =
  (holds: (given: Json) => boolean, says: string, help: string): Check =>
  (given, keyword, where) => {
    if (!holds(given)) tell(where, keyword, `\`${keyword}\` is not ${says}`, help);
  };

const isCount = (given: Json): boolean =>
  typeof given === "number" && Number.isSafeInteger(given) && given >= 0;
const COUNT = wrongUnless(isCount, "a whole number", "write one of at least 0");
const NUMBER = wrongUnless((given) => typeof given === "number", "a number", "write a number");

const deeper: Check = (given, keyword, where) => look(given, below(where, keyword));
const eachOf: Check = (given, keyword, where) => {
  if (Array.isArray(given) && given.length > 0)
    for (const [i, one] of given.entries()) look(one, below(where, keyword, i));
  else tell(where, keyword, `\`${keyword}\` is no list of schemas`, "write one schema an item");
};
const named: Check = (given, keyword, where) => {
  if (isNode(given))
    for (const [name, one] of Object.entries(given)) look(one, below(where, keyword, name));
  else
    tell(
      where,
      keyword,
      `\`${keyword}\` is no mapping from names to schemas`,
      "write `name: {type: string}`",
    );
};

const CHECKS: Readonly<Record<string, Check>> = {
  $ref: (given, keyword, where) => {
    const name = definitionNamed(given);
    if (name === null || !Object.hasOwn(where.definitions, name))
      tell(
        where,
        keyword,
        "nothing is defined there",
        "write `#/$defs/NAME`, with the name under `$defs` of the schema's root",
      );
  },
  type: (given, keyword, where) => {
    const types = Array.isArray(given) ? given : [given];
    const odd = types.find((one) => !TYPES.includes(String(one)));
    if (odd !== undefined || types.length === 0)
      tell(where, keyword, `\`${String(odd)}\` is no type`, didYouMean(String(odd), TYPES));
  },
  enum: wrongUnless(
    (given) => Array.isArray(given) && given.length > 0,
    "a list of values",
    "write `[a, b]`",
  ),
  required: wrongUnless(
    (given) => Array.isArray(given) && given.every((name) => typeof name === "string"),
    "a list of names",
    "write `[a, b]`",
  ),
  uniqueItems: wrongUnless((given) => typeof given === "boolean", "true or false", "write `true`"),
  pattern: (given, keyword, where) => {
    if (typeof given !== "string" || given.length > PATTERN_MAX)
      return tell(
        where,
        keyword,
        `\`pattern\` is no text of at most ${PATTERN_MAX} characters`,
        "write a regular expression of RE2",
      );
    const tried = patternExpression(given).evaluate({ it: "" });
    if (tried.kind === "unknown")
      tell(
        where,
        keyword,
        `the pattern cannot be used: ${tried.because}`,
        "patterns are RE2: no look-around and no back-references",
      );
  },
  minimum: NUMBER,
  maximum: NUMBER,
  exclusiveMinimum: NUMBER,
  exclusiveMaximum: NUMBER,
  multipleOf: wrongUnless(
    (given) => typeof given === "number" && given > 0,
    "more than 0",
    "write a number",
  ),
  minLength: COUNT,
  maxLength: COUNT,
  minItems: COUNT,
  maxItems: COUNT,
  minProperties: COUNT,
  maxProperties: COUNT,
  items: deeper,
  additionalProperties: deeper,
  propertyNames: deeper,
  not: deeper,
  allOf: eachOf,
  anyOf: eachOf,
  oneOf: eachOf,
  properties: named,
  $defs: named,
  definitions: named,
};

function refsIn(schema: Json): readonly string[] {
  if (Array.isArray(schema)) return schema.flatMap(refsIn);
  if (!isNode(schema)) return [];
  const own = definitionNamed(schema["$ref"]);
  return [...(own === null ? [] : [own]), ...Object.values(schema).flatMap(refsIn)];
}

function reaches(from: string, to: string, definitions: Node, seen: Set<string>): boolean {
  const schema = Object.hasOwn(definitions, from) ? definitions[from] : undefined;
  if (schema === undefined || seen.has(from)) return false;
  seen.add(from);
  return refsIn(schema).some((name) => name === to || reaches(name, to, definitions, seen));
}
