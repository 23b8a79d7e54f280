// SPDX-License-Identifier: Apache-2.0
import type { Json } from "@interlock/digest";

/** What an answer holds as JSON; `undefined` where it is none. */
export function parseJson(text: string): Json | undefined {
  try {
    // The boundary: everything that is taken out of it is looked at before it is used.
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** What lies at a path of member names and indices, of the value's own members alone. */
export function inside(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  let here = value;
  for (const step of path) {
    if (typeof here !== "object" || here === null) return undefined;
    if (!Object.hasOwn(here, step)) return undefined;
    // An array's members are named by their indices.
    here = (here as { readonly [name: string]: Json })[step];
  }
  return here;
}

export function textIn(value: Json | undefined, ...path: readonly string[]): string | undefined {
  const found = inside(value, ...path);
  return typeof found === "string" ? found : undefined;
}

export function listIn(value: Json | undefined, ...path: readonly string[]): readonly Json[] {
  const found = inside(value, ...path);
  return isList(found) ? found : [];
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
/** The members of an object, or none. */
export function membersIn(
  value: Json | undefined,
  ...path: readonly string[]
): ReadonlyMap<string, Json> {
  const found = inside(value, ...path);
  if (typeof found !== "object" || found === null || isList(found)) return new Map();
  return new Map(Object.entries(found));
}
