// SPDX-License-Identifier: Apache-2.0
/** What the ledger holds of emergency keys, and of what landed or was signed while the server was away. */
import { about, bool, type Infer, int, list, object, optional, text } from "../schema.ts";

const person = text({ max: 200 });
const entry = about("id of an entry: its leaf hash in the log", text({ max: 64, form: "digest" }));
const line = about("as it was handed on: `interlock-emergency-1.…`", text({ max: 8_000 }));

/** An Ed25519 key on its owner's own machine, which counts only while the server is away. */
export const EMERGENCY_KEY = object({
  person,
  credential: about("SHA-256 of the key", text({ max: 43, form: "32-bytes" })),
  key: about("its 32 bytes", text({ max: 43, form: "32-bytes" })),
  usableFrom: about("when its cool-down ends, in milliseconds since 1970 UTC", int(0)),
  by: list(person, 20),
  agreed: entry,
});

/** A line of a signer's journal, brought in afterwards, whether or not anything landed by it. */
export const EMERGENCY_SIGNED = object({
  signed: line,
  verified: bool(),
  says: about("why it does not verify", optional(text({ max: 1_000 }))),
  by: about("who brought it", person),
});

export const AWAY_WAYS = ["if-down", "emergency"] as const;

/** A push that landed while the server was away, as the enforcement point recorded it before it let it through. */
export const LANDED_AWAY = object({
  record: about("SHA-256 of the record as it was brought", text({ max: 64, form: "digest" })),
  change: text({ max: 200 }),
  repository: text({ max: 400 }),
  target: text({ max: 1_000 }),
  environment: text({ max: 100 }),
  base: text({ max: 64 }),
  head: text({ max: 64 }),
  landedAt: about("by the clock of the enforcement point", int(0)),
  pushedBy: about("sorted; empty: nobody knows", list(text({ max: 400 }), 20)),
  because: text({ max: 2_000 }),
  way: text({ values: AWAY_WAYS }),
  signed: list(line, 10),
  signers: about("persons whose signatures verify, sorted", list(person, 10)),
  teams: about("owners of what landed, sorted; empty: nobody knows", list(text({ max: 200 }), 100)),
  verified: bool(),
  says: about("why it does not verify", optional(text({ max: 1_000 }))),
  by: about("public id of the token that brought it", text({ max: 64 })),
});
export type LandedAway = Infer<typeof LANDED_AWAY>;
