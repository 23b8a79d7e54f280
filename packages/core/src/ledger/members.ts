// SPDX-License-Identifier: Apache-2.0
import { about, type Infer, int, list, object, optional, text } from "../schema.ts";
import type { Invalid } from "../validate.ts";
import { sortedSet } from "./lists.ts";

const person = text({ max: 200 });
const token = about("public id of the token that said so", text({ max: 64 }));

/**
 * Who came to a group and who left it: a token of an identity provider said so, or the server read it
 * from a forge.
 */
export const MEMBERS = object({
  group: about("id that the provider uses; of a forge such as `github:55`", text({ max: 64 })),
  name: about("what the provider calls it, or nothing once it is gone", text({ max: 400 })),
  added: about("persons, sorted", list(person, 5_000)),
  removed: about("persons, sorted", list(person, 5_000)),
  token: optional(token),
  forge: about(
    "read from a forge, and until when the whole membership stands if nobody can read it again",
    optional(object({ goodUntil: int(0) })),
  ),
});

/** What a schema cannot say of `members`. */
export function problemsOfMembers(body: Infer<typeof MEMBERS>): readonly Invalid[] {
  const { added, removed, token: by, forge } = body;
  const neither = by === undefined && forge === undefined;
  const both = by !== undefined && forge !== undefined;
  return [
    ...sortedSet(added, "added"),
    ...sortedSet(removed, "removed"),
    ...(neither ? [{ path: "token", message: "missing" }] : []),
    ...(both ? [{ path: "forge", message: "what a token said was not read from a forge" }] : []),
  ];
}
