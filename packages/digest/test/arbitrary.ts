// SPDX-License-Identifier: Apache-2.0
import type { Json } from "@interlock/digest";
import fc from "fast-check";

/** Any JSON value, with keys and texts from the whole of Unicode. */
export function json(): fc.Arbitrary<Json> {
  return fc.jsonValue({ stringUnit: "binary", maxDepth: 4 }) as fc.Arbitrary<Json>;
}

/** The same value with the keys of every object in another order. */
export function shuffled(value: Json, seed: number): Json {
  if (Array.isArray(value)) return value.map((item: Json) => shuffled(item, seed));
  if (value === null || typeof value !== "object") return value;
  const fields = Object.entries(value).map(([key, item]) => [key, shuffled(item, seed)] as const);
  fields.sort(([a], [b]) => rank(a, seed) - rank(b, seed));
  return Object.fromEntries(fields);
}

function rank(key: string, seed: number): number {
  let rank = seed | 0;
  for (let i = 0; i < key.length; i++) rank = Math.imul(rank ^ key.charCodeAt(i), 0x01000193);
  return rank;
}
