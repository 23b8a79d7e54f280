// SPDX-License-Identifier: Apache-2.0
/** What the ledger holds of refs and of keys of targets that nothing in it explains. */
import { about, count, type Infer, int, object, optional, text } from "../schema.ts";
import type { Invalid } from "../validate.ts";

const name = text({ max: 200 });
const key = text({ max: 1_024 });
const digest = text({ max: 64, form: "digest" });
const entry = about("id of an entry: its leaf hash in the log", digest);

const GIT_TIP = about(
  "a commit; all zeros where the ref was not there",
  text({ max: 64, form: "git-id" }),
);

/** A protected ref moved, and nothing in the ledger allowed it; somebody has to look. */
const UNRECORDED = object({
  repository: text({ max: 400 }),
  ref: text({ max: 1_000 }),
  old: GIT_TIP,
  new: GIT_TIP,
  because: about(
    "`first-seen`: where it stood when watching began",
    text({ values: ["not-allowed", "deleted", "unreadable", "first-seen"] }),
  ),
  token: about("public id of the token that reported it", text({ max: 64 })),
});

export const UNRECORDED_BECAUSE = ["not-written", "stranger"] as const;
export const UNRECORDED_ENDS = ["came-back", "explained", "changed-again", "described"] as const;

export const WRITER_TRUST = ["told", "claimed"] as const;

/** As the target tells it, when the difference was found. No decision reads it. */
const LAST_WRITER = object({
  trust: about(
    "`told`: the target noted it itself; `claimed`: whoever wrote could have written anything there",
    text({ values: WRITER_TRUST }),
  ),
  name: about("what the target calls whoever it was", optional(text({ max: 200 }))),
  how: about("what else it says of how it was written", optional(text({ max: 200 }))),
  at: about("milliseconds since 1970 UTC", optional(int(0, 253_402_300_799_999))),
  write: about(
    "what the target calls the write, such as the id of a commit",
    optional(text({ max: 200 })),
  ),
});
export type LastWriterBody = Infer<typeof LAST_WRITER>;

/** A key holds what nobody wrote by a rollout. */
export const UNRECORDED_KEY = object({
  target: name,
  cell: name,
  key,
  before: about("SHA-256 of what the ledger explains; empty: nothing", text({ max: 64 })),
  after: about("SHA-256 of what it holds; empty: nothing", text({ max: 64 })),
  because: about(
    "`stranger`: no config set knows the key, and it was not there when watching began",
    text({ values: UNRECORDED_BECAUSE }),
  ),
  version: about(
    "by which the target may tell who wrote it and when",
    optional(text({ max: 200 })),
  ),
  writer: about("absent: the target does not tell", optional(LAST_WRITER)),
});

/** It is over: the value came back, or a rollout or a new description explains it. */
export const UNRECORDED_CLOSED = object({
  entry,
  target: name,
  cell: name,
  key,
  how: text({ values: UNRECORDED_ENDS }),
});

/** What keys of a cell held when they were looked at first; from there on every change has to be explained. */
export const WATCH_BEGAN = object({
  target: name,
  cell: name,
  keys: count(),
  holds: about("digest of the pairs of key and SHA-256, sorted by key", digest),
});

export const UNRECORDED_BODIES = {
  unrecorded: UNRECORDED,
  "unrecorded-key": UNRECORDED_KEY,
  "unrecorded-closed": UNRECORDED_CLOSED,
  "watch-began": WATCH_BEGAN,
} as const;

const none = (): readonly Invalid[] => [];

const valueDigest = (sha256: string, path: string): readonly Invalid[] =>
  /^(?:[0-9a-f]{64})?$/.test(sha256) ? [] : [{ path, message: "is no SHA-256" }];

export const RULES_OF_UNRECORDED = {
  unrecorded: ({ old, new: fresh }: Infer<typeof UNRECORDED>): readonly Invalid[] =>
    old === fresh ? [{ path: "new", message: "it did not move" }] : [],
  "unrecorded-key": ({ before, after }: Infer<typeof UNRECORDED_KEY>): readonly Invalid[] => [
    ...valueDigest(before, "before"),
    ...valueDigest(after, "after"),
    ...(before === after ? [{ path: "after", message: "it did not change" }] : []),
  ],
  "unrecorded-closed": none,
  "watch-began": none,
} as const;

/** Who wrote a value last, in one line for people; when is theirs to add. */
export function writerText({
  trust,
  name,
  how,
  write,
}: {
  readonly trust: LastWriterBody["trust"];
  readonly name?: string | undefined;
  readonly how?: string | undefined;
  readonly write?: string | undefined;
}): string {
  const who = name === undefined ? `somebody (${trust} without a name)` : `${name} (${trust})`;
  const rest = [how, write === undefined ? undefined : `write ${write.slice(0, 12)}`];
  return [who, ...rest.filter((one) => one !== undefined)].join(", ");
}
