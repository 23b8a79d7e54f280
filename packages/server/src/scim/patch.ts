// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import type { Answer } from "../http/bind.ts";
import { done } from "../people/terms.ts";
import { saysOf, scimInvalid } from "./refusal.ts";

const OPERATIONS = z.object({
  Operations: z
    .array(
      z.object({
        op: z.string().transform((op) => op.toLowerCase()),
        path: z.string().max(2_000).nullish(),
        value: z.unknown().optional(),
      }),
    )
    .min(1)
    .max(1_000),
});
type Operation = z.output<typeof OPERATIONS>["Operations"][number];

/** One operation at one path; an operation without a path is one for each attribute of its value. */
export type At = {
  readonly op: "add" | "replace" | "remove";
  readonly path: string;
  readonly value: unknown;
};

/** What a PATCH makes of a resource (RFC 7644 section 3.5.2), all of it or nothing. */
export function patched<Draft>(
  before: Draft,
  body: unknown,
  at: (draft: Draft, operation: At) => Answer<Draft>,
): Answer<Draft> {
  const parsed = OPERATIONS.safeParse(body);
  if (!parsed.success) return scimInvalid(saysOf(parsed.error));
  let draft = before;
  for (const operation of parsed.data.Operations) {
    const places = placesOf(operation);
    if (!places.ok) return places;
    for (const place of places.value) {
      const next = at(draft, place);
      if (!next.ok) return next;
      draft = next.value;
    }
  }
  return done(draft);
}

function placesOf({ op, path, value }: Operation): Answer<readonly At[]> {
  if (op !== "add" && op !== "replace" && op !== "remove")
    return scimInvalid(`\`${op}\` is no operation`);
  if (path != null) return done([{ op, path, value }]);
  if (op === "remove" || typeof value !== "object" || value === null || Array.isArray(value))
    return scimInvalid(`\`${op}\` without a path needs an object`, "invalidPath");
  return done(Object.entries(value).map(([name, one]) => ({ op, path: name, value: one })));
}
