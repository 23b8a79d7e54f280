// SPDX-License-Identifier: Apache-2.0
/** How the API server writes an object of a known kind: what it adds, leaves out and orders. */
import type { Json } from "@interlock/digest";

export type JsonMap = { readonly [name: string]: Json };

/** What stands around a value: its parent as approved and as held, and the whole held object. */
export type Around = {
  readonly approved: JsonMap;
  readonly held: JsonMap;
  readonly root: JsonMap;
};

export type Shape = {
  /** What is written where nothing is said, or how it follows from what stands around it. */
  readonly default?: Json | ((around: Around) => Json | undefined);
  /** Whether the API server may choose this value by itself. */
  readonly allocated?: (value: Json, around: Around) => boolean;
  /** A map that is written where nothing is said, with no members but the defaults of `fields`. */
  readonly made?: true;
  /** `false`, `0`, `""` or `{}` mean the same as nothing, and are left out. */
  readonly zero?: true;
  /** Numbers with units, written in one way of several (resource.Quantity). */
  readonly quantity?: true;
  readonly fields?: Readonly<Record<string, Shape>>;
  /** Members of a map whose names are free. */
  readonly values?: Shape;
  /** Items of a list. */
  readonly each?: Shape;
  /** By which its items are told apart: each with what it is where it is not said. Else by their order. */
  readonly keys?: Readonly<Record<string, Json | undefined>>;
  /** Items of a keyed list that the API server adds. */
  readonly added?: (item: JsonMap, around: Around) => boolean;
};

export const isMap = (value: Json | undefined): value is JsonMap =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

/** A member that an object has itself: `constructor` is no field. */
export function own<T>(map: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(map, name) ? map[name] : undefined;
}

/** The map at a member, or an empty one. */
export function mapAt(map: JsonMap, ...names: readonly string[]): JsonMap {
  let at = map;
  for (const name of names) {
    const next = own(at, name);
    at = isMap(next) ? next : {};
  }
  return at;
}

export const textAt = (map: JsonMap, name: string): string => {
  const value = own(map, name);
  return typeof value === "string" ? value : "";
};

/** Whether two values say the same; the order of members is none. */
export function sameJson(one: Json, other: Json): boolean {
  if (one === other) return true;
  if (isList(one) && isList(other))
    return one.length === other.length && one.every((item, i) => sameJson(item, other[i] ?? null));
  if (!isMap(one) || !isMap(other)) return false;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => {
      const value = own(one, name);
      const its = own(other, name);
      return value !== undefined && its !== undefined && sameJson(value, its);
    })
  );
}

/** Whether a value nests no deeper than that; it is not followed further. */
export function within(value: Json, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (depth <= 0) return false;
  for (const inner of isList(value) ? value : Object.values(value))
    if (!within(inner, depth - 1)) return false;
  return true;
}
