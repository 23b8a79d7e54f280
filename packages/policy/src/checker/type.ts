// SPDX-License-Identifier: Apache-2.0
import type { Field, Schema } from "@interlock/core";

/**
 * The type of an expression: a fact's schema, narrowed by what the expression itself says. A text
 * carries the values it can have, an integer its range, a condition whether it always holds.
 */
export type Type =
  | Exclude<Schema, { kind: "bool" } | { kind: "list" }>
  | { readonly kind: "bool"; readonly always?: boolean }
  | { readonly kind: "list"; readonly of: Type; readonly max: number }
  | { readonly kind: "empty-list" };

export type IntType = Extract<Type, { kind: "int" }>;
export type TextType = Extract<Type, { kind: "text" }>;

/**
 * Intermediate results stay within ±2^62. The evaluator's integers end at 2^63, and ranges are
 * computed in doubles, whose rounding the factor of two absorbs.
 */
const INT_LIMIT = 2 ** 62;
/** Longest text a literal or a concatenation is taken for; no fact is longer. */
const TEXT_MAX = 4_096;

export const BOOL: Type = { kind: "bool" };
export const TEXT: Type = { kind: "text", max: TEXT_MAX };

export const always = (value: boolean): Type => ({ kind: "bool", always: value });

export const textLiteral = (value: string): Type => ({
  kind: "text",
  max: value.length,
  values: [value],
});

/** An integer between two bounds, or `null` when the evaluator could overflow. */
export const intBetween = (min: number, max: number): IntType | null =>
  min < -INT_LIMIT || max > INT_LIMIT ? null : { kind: "int", min, max };

export function typeName(type: Type): string {
  switch (type.kind) {
    case "list":
      return `list of ${typeName(type.of)}`;
    case "record":
      return `map of ${typeName(type.of)}`;
    case "empty-list":
      return "empty list";
    default:
      return type.kind;
  }
}

/** Values of both types can be compared with `==`. */
export function comparable(a: Type, b: Type): boolean {
  if (a.kind === "empty-list" || b.kind === "empty-list")
    return [a.kind, b.kind].every((k) => k === "list" || k === "empty-list");
  if (a.kind === "list" && b.kind === "list") return comparable(a.of, b.of);
  return a.kind === b.kind && (a.kind === "bool" || a.kind === "int" || a.kind === "text");
}

/** The least type that holds the values of two comparable ones. */
export function union(a: Type, b: Type): Type {
  if (a.kind === "empty-list") return b;
  if (b.kind === "empty-list") return a;
  if (a.kind === "list" && b.kind === "list")
    return { kind: "list", of: union(a.of, b.of), max: Math.max(a.max, b.max) };
  if (a.kind === "int" && b.kind === "int")
    return { kind: "int", min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
  if (a.kind === "text" && b.kind === "text") {
    const max = Math.max(a.max, b.max);
    return a.values === undefined || b.values === undefined
      ? { kind: "text", max }
      : { kind: "text", max, values: [...new Set([...a.values, ...b.values])] };
  }
  return a.kind === "bool" && b.kind === "bool" && a.always === b.always ? a : BOOL;
}

/** Why no value of `a` ever equals one of `b`; `null` when some do. */
export function neverEqual(a: Type, b: Type): string | null {
  if (a.kind === "text" && b.kind === "text") {
    if (a.values === undefined || b.values === undefined) return null;
    const known = b.values;
    return a.values.some((v) => known.includes(v)) ? null : `it is never ${shown(a, b)}`;
  }
  if (a.kind !== "int" || b.kind !== "int" || (a.max >= b.min && b.max >= a.min)) return null;
  const [literal, fact] = a.min === a.max ? [a, b] : [b, a];
  return `it is never \`${literal.min}\`, being between ${fact.min} and ${fact.max}`;
}

function shown(a: TextType, b: TextType): string {
  const literal = a.values?.length === 1 ? a : b;
  return (literal.values ?? []).map((v) => `\`${v.slice(0, 60)}\``).join(" or ");
}

export const isOptional = (field: Field): boolean => field.optional === true;
