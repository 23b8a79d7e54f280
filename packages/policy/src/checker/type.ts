// SPDX-License-Identifier: Apache-2.0
import type { Field, Schema } from "@interlock/core";

/** The type of an expression: a fact's schema, or a list literal whose items are not known. */
export type Type = Schema | { readonly kind: "empty-list" };

export const BOOL: Type = { kind: "bool" };
export const INT: Type = {
  kind: "int",
  min: Number.MIN_SAFE_INTEGER,
  max: Number.MAX_SAFE_INTEGER,
};
export const TEXT: Type = { kind: "text", max: 4_000 };

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

export const isOptional = (field: Field): boolean => field.optional === true;
