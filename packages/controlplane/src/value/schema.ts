// SPDX-License-Identifier: Apache-2.0
/**
 * The JSON Schema (draft 2020-12 and 7, in what they share) that a value of a set has to fit. A
 * general validator ignores keywords that it does not know, so that `minumum` would check nothing;
 * the fast ones generate code, which a content security policy forbids; and their patterns run in
 * exponential time. Here an unknown keyword is refused, and patterns are RE2.
 */
import { type Expression, expression } from "@interlock/core";
import { canonicalJson, type Json } from "@interlock/digest";

export type Node = { readonly [keyword: string]: Json };

export const isNode = (value: Json | undefined): value is Node =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Where a value does not fit: a JSON pointer, and what it is not. */
export type Misfit = { readonly at: string; readonly says: string };

/** Steps of one validation: `anyOf` and `$ref` together could double at every level. */
const STEPS_MAX = 2_000_000;
const TOLD_MAX = 20;

type Run = {
  readonly definitions: Node;
  readonly patterns: Map<string, Expression>;
  left: number;
};

/** Validates values against one schema that `schemaProblems` found nothing wrong with. */
export function validator(schema: Json): (value: Json) => readonly Misfit[] {
  const patterns = new Map<string, Expression>();
  const definitions = definitionsOf(schema);
  return (value) => {
    const run: Run = { definitions, patterns, left: STEPS_MAX };
    const found = fit(schema, value, "", run);
    if (run.left <= 0)
      return [{ at: "", says: "takes too many steps to check; make the schema simpler" }];
    return found.slice(0, TOLD_MAX);
  };
}

export function definitionsOf(schema: Json): Node {
  if (!isNode(schema)) return {};
  const { $defs = {}, definitions = {} } = schema;
  return { ...(isNode(definitions) ? definitions : {}), ...(isNode($defs) ? $defs : {}) };
}

/** The name in `#/$defs/NAME` or `#/definitions/NAME`, or `null`. */
export function definitionNamed(ref: Json | undefined): string | null {
  const match =
    typeof ref === "string" ? /^#\/(?:\$defs|definitions)\/([^/~%]{1,100})$/.exec(ref) : null;
  return match?.[1] ?? null;
}

function fit(schema: Json, value: Json, at: string, run: Run): readonly Misfit[] {
  if (run.left-- <= 0) return [{ at, says: "was not checked to the end" }];
  if (schema === true) return [];
  if (!isNode(schema)) return [{ at, says: "must not be there" }];
  const found: Misfit[] = [];
  for (const [keyword, given] of Object.entries(schema)) {
    const rule = Object.hasOwn(RULES, keyword) ? RULES[keyword] : undefined;
    if (rule !== undefined) found.push(...rule({ given, schema, value, at, run }));
    if (found.length >= TOLD_MAX || run.left <= 0) break;
  }
  return found;
}

type Asked = {
  readonly given: Json;
  readonly schema: Node;
  readonly value: Json;
  readonly at: string;
  readonly run: Run;
};
type Rule = (asked: Asked) => readonly Misfit[];

const said = (ok: boolean, { at }: Asked, says: string): readonly Misfit[] =>
  ok ? [] : [{ at, says }];
/** A step of a JSON pointer (RFC 6901 section 3). */
export const step = (key: string | number): string =>
  `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
const listOf = (given: Json): readonly Json[] => (Array.isArray(given) ? given : []);
const namesOf = (given: Json): readonly string[] =>
  listOf(given).filter((name): name is string => typeof name === "string");
const alike = (a: Json, b: Json): boolean => canonicalJson(a) === canonicalJson(b);

function hasType(value: Json, type: string): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isNode(value);
  if (type === "integer") return typeof value === "number" && Number.isInteger(value);
  return typeof value === type;
}

/** Of numbers, texts and collections alone: a keyword says nothing of values of another type. */
const number =
  (holds: (value: number, limit: number) => boolean, says: string): Rule =>
  (asked) =>
    said(
      typeof asked.value !== "number" || holds(asked.value, Number(asked.given)),
      asked,
      `is not ${says} ${String(asked.given)}`,
    );

const sized =
  (size: (value: Json) => number | null, least: boolean, what: string): Rule =>
  (asked) => {
    const found = size(asked.value);
    const limit = Number(asked.given);
    const ok = found === null || (least ? found >= limit : found <= limit);
    return said(
      ok,
      asked,
      `has ${String(found)} ${what}, not ${least ? "at least" : "at most"} ${limit}`,
    );
  };

const characters = (value: Json): number | null =>
  typeof value === "string" ? [...value].length : null;
const items = (value: Json): number | null => (Array.isArray(value) ? value.length : null);
const members = (value: Json): number | null => (isNode(value) ? Object.keys(value).length : null);

const fitting = (asked: Asked): number =>
  listOf(asked.given).filter((one) => fit(one, asked.value, asked.at, asked.run).length === 0)
    .length;

const RULES: Readonly<Record<string, Rule>> = {
  $ref: ({ given, value, at, run }) => {
    const target = run.definitions[definitionNamed(given) ?? ""];
    return target === undefined ? [{ at, says: "has no schema" }] : fit(target, value, at, run);
  },
  type: (asked) => {
    const types = typeof asked.given === "string" ? [asked.given] : namesOf(asked.given);
    return said(
      types.some((t) => hasType(asked.value, t)),
      asked,
      `is not ${types.join(" or ")}`,
    );
  },
  enum: (asked) =>
    said(
      listOf(asked.given).some((one) => alike(one, asked.value)),
      asked,
      "is none of the values that it may have",
    ),
  const: (asked) =>
    said(alike(asked.given, asked.value), asked, "is not the one value that it may have"),
  minimum: number((value, limit) => value >= limit, "at least"),
  maximum: number((value, limit) => value <= limit, "at most"),
  exclusiveMinimum: number((value, limit) => value > limit, "more than"),
  exclusiveMaximum: number((value, limit) => value < limit, "less than"),
  multipleOf: number((value, limit) => Number.isInteger(value / limit), "a multiple of"),
  minLength: sized(characters, true, "characters"),
  maxLength: sized(characters, false, "characters"),
  minItems: sized(items, true, "items"),
  maxItems: sized(items, false, "items"),
  minProperties: sized(members, true, "members"),
  maxProperties: sized(members, false, "members"),
  pattern: (asked) =>
    typeof asked.value === "string" && typeof asked.given === "string"
      ? said(
          matches(asked.given, asked.value, asked.run.patterns),
          asked,
          `does not match \`${asked.given}\``,
        )
      : [],
  uniqueItems: (asked) =>
    said(
      asked.given !== true || !Array.isArray(asked.value) || areUnique(asked.value),
      asked,
      "has an item twice",
    ),
  items: ({ given, value, at, run }) =>
    Array.isArray(value) ? value.flatMap((one: Json, i) => fit(given, one, at + step(i), run)) : [],
  required: (asked) => {
    const { value } = asked;
    if (!isNode(value)) return [];
    return namesOf(asked.given).flatMap((name) =>
      said(Object.hasOwn(value, name), asked, `has no \`${name}\``),
    );
  },
  properties: ({ given, value, at, run }) =>
    isNode(value) && isNode(given)
      ? Object.entries(given).flatMap(([name, one]) => {
          const member = Object.hasOwn(value, name) ? value[name] : undefined;
          return member === undefined ? [] : fit(one, member, at + step(name), run);
        })
      : [],
  additionalProperties: ({ given, schema, value, at, run }) => {
    if (!isNode(value)) return [];
    const known = isNode(schema["properties"]) ? schema["properties"] : {};
    const more = Object.entries(value).filter(([name]) => !Object.hasOwn(known, name));
    return more.flatMap(([name, one]) => fit(given, one, at + step(name), run));
  },
  propertyNames: ({ given, value, at, run }) =>
    isNode(value)
      ? Object.keys(value).flatMap((name) => fit(given, name, at + step(name), run))
      : [],
  allOf: ({ given, value, at, run }) => listOf(given).flatMap((one) => fit(one, value, at, run)),
  anyOf: (asked) => said(fitting(asked) > 0, asked, "fits none of the forms that it may have"),
  oneOf: (asked) => {
    const fits = fitting(asked);
    return said(fits === 1, asked, `fits ${fits} of the forms of which it must have one`);
  },
  not: (asked) =>
    said(
      fit(asked.given, asked.value, asked.at, asked.run).length > 0,
      asked,
      "has the form that it must not have",
    ),
};

/** Says nothing about values; of those that would, such as `format`, none is here unless it is checked. */
const SILENT = [
  "$schema",
  "$id",
  "$comment",
  "title",
  "description",
  "default",
  "examples",
  "deprecated",
];
const DEFINING = ["$defs", "definitions"];

export const KEYWORDS: readonly string[] = [...Object.keys(RULES), ...SILENT, ...DEFINING];

function areUnique(list: readonly Json[]): boolean {
  return new Set(list.map((one) => canonicalJson(one))).size === list.length;
}

/** The evaluator's patterns are RE2, so that no pattern takes more than linear time. */
export const patternExpression = (pattern: string): Expression =>
  expression(`it.matches(${JSON.stringify(pattern)})`);

function matches(pattern: string, value: string, known: Map<string, Expression>): boolean {
  const prepared = known.get(pattern) ?? patternExpression(pattern);
  known.set(pattern, prepared);
  const verdict = prepared.evaluate({ it: value });
  return verdict.kind === "known" && verdict.holds;
}
