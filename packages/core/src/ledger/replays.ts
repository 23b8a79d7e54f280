// SPDX-License-Identifier: Apache-2.0
import { about, bool, object, text } from "../schema.ts";

const name = text({ max: 200 });
const digest = text({ max: 64, form: "digest" });

/** That somebody says what came of recorded inputs under old and new values. Its subject is the change digest. */
export const CONFIG_REPLAYED = object({
  change: name,
  set: name,
  cell: name,
  result: about("SHA-256 of the text of what came of it", digest),
  ok: about("no limit of the set was passed, as whoever ran it says", bool()),
  by: about("who ran it and brought it", name),
});

export const REPLAY_BODIES = { "config-replayed": CONFIG_REPLAYED } as const;
export const RULES_OF_REPLAYS = { "config-replayed": () => [] } as const;
