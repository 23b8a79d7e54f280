// SPDX-License-Identifier: Apache-2.0
import { about, bool, type Infer, list, object, text } from "../schema.ts";

export const PERSON = object({
  id: text({ max: 200 }),
  accounts: about("every account, key and token of this person", list(text({ max: 400 }), 200)),
  agents: about("agents and machine accounts this person sponsors", list(text({ max: 400 }), 200)),
  teams: list(text({ max: 200 }), 200),
  active: about("may approve now; a person who left still counts as a contributor", bool()),
});
export type Person = Infer<typeof PERSON>;

/** A machine author that a team trusts, with what it may touch. It never counts as a person. */
export const MACHINE = object({
  account: text({ max: 400 }),
  purpose: text({ max: 200 }),
  mayTouch: about(
    "path globs; a change outside them has an unknown author",
    list(text({ max: 1_000 }), 100),
  ),
});
export type Machine = Infer<typeof MACHINE>;

export const PEOPLE = object({
  persons: list(PERSON, 50_000),
  machines: list(MACHINE, 1_000),
});
export type People = Infer<typeof PEOPLE>;
