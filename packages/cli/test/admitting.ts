/** Manifests against objects, as a person reads it. */
import type { Json } from "@interlock/digest";
import { findingText } from "../src/admission/judge.ts";
import { matchOf } from "../src/admission/match/match.ts";
import type { Path } from "../src/admission/match/pointer.ts";
import type { JsonMap } from "../src/admission/match/shape.ts";

const NONE: readonly Path[] = [];

/** What speaks against an object, as a person reads it. */
export function against(
  approved: JsonMap,
  held: JsonMap,
  old: JsonMap | null = null,
  declared = NONE,
) {
  const match = matchOf(approved, { held, old, declared });
  return match.against.map((one) => findingText(one, String(approved["kind"])));
}

/** A copy with another value at a path; `undefined` removes it. */
export function changed(
  object: Json,
  path: readonly (string | number)[],
  to: Json | undefined,
): JsonMap {
  const copy = structuredClone(object) as Record<string, Json>; // a copy of a map
  let at = copy as Record<string | number, Json>;
  for (const part of path.slice(0, -1)) at = at[part] as Record<string | number, Json>;
  const last = path.at(-1) ?? "";
  if (to !== undefined) at[last] = to;
  else if (Array.isArray(at)) at.splice(Number(last), 1);
  else delete at[last];
  return copy;
}
