// SPDX-License-Identifier: Apache-2.0
/** How much of what changes are made of is kept, for whom, and for how long. */
import {
  chargeContents,
  forgetSent,
  read,
  removeContents,
  type Store,
  staleContents,
  type Transaction,
  transaction,
} from "@interlock/store";
import type { Actor } from "../http/actor.ts";
import type { Refusal } from "../http/bind.ts";

export type ContentsQuota = {
  /** Bytes. */
  readonly repositoryBytes: number;
  /** Bytes of all repositories together. */
  readonly totalBytes: number;
  /** Bytes that a token may send in a day (UTC). */
  readonly tokenDayBytes: number;
  /** Bytes that a person may. */
  readonly personDayBytes: number;
  /** How long after a change was judged last; then Git is asked for it. */
  readonly keepMs: number;
};

const GIB = 1 << 30;
const DAY_MS = 86_400_000;

/** Two hundred changes of the largest size a day by one enforcement point; a quarter to look back. */
export const CONTENTS_QUOTA: ContentsQuota = {
  repositoryBytes: 5 * GIB,
  totalBytes: 50 * GIB,
  tokenDayBytes: 6 * GIB,
  personDayBytes: GIB / 4,
  keepMs: 90 * DAY_MS,
};

type Sent = {
  readonly quota: ContentsQuota;
  readonly actor: Actor;
  readonly repository: string;
  readonly bytes: number;
  readonly now: number;
};

/**
 * Counts what is being stored, and says which limit it passes, or `null`; then the transaction has to
 * be rolled back. The decision stands already, whatever becomes of its contents.
 */
export async function overQuota(
  tx: Transaction,
  { quota, actor, repository, bytes, now }: Sent,
): Promise<Refusal | null> {
  if (bytes === 0) return null;
  const isToken = actor.kind === "token";
  const sender = isToken ? `token:${actor.id}` : `person:${"person" in actor ? actor.person : ""}`;
  const usage = await chargeContents(tx, { repository, sender, bytes }, now);
  if (bytes < 0) return null;
  const most = isToken ? quota.tokenDayBytes : quota.personDayBytes;
  if (usage.sent > most)
    return {
      code: "TOO_MANY_REQUESTS",
      message: `more than ${most} bytes of contents were sent ${isToken ? "with this token" : "by you"} today`,
      help: "the decision stands; push again tomorrow to send them, and ask who holds the token why it is so much",
    };
  const full = usage.repository > quota.repositoryBytes ? "this repository" : "this server";
  if (usage.repository <= quota.repositoryBytes && usage.total <= quota.totalBytes) return null;
  return {
    code: "CONTENTS_FULL",
    message: `the contents that ${full} may keep are used up`,
    help: "the decision stands, and can be signed with `interlock approve` in a clone; whoever runs the server gives more room or keeps contents for less long (docs/operate/server.md)",
  };
}

/** Of one transaction: a change has 40,000 contents at most, and whoever sends others waits for it. */
const BATCH = 10;

/** Removes the contents of changes that were judged last too long ago; how many changes. */
export async function removeStaleContents(
  store: Store,
  { keepMs }: Pick<ContentsQuota, "keepMs">,
  now: () => number,
): Promise<number> {
  const before = now() - keepMs;
  let removed = 0;
  for (;;) {
    const found = await read(store, (db) => staleContents(db, before));
    if (!found.ok) return removed;
    if (found.value === null) break;
    const given = { repository: found.value, before, limit: BATCH, at: now() };
    const outcome = await transaction(
      store,
      async (tx) => ({ ok: true, value: await removeContents(tx, given) }),
      { isolation: "read committed" },
    );
    // The store is away, or another server is at it: the next time goes on.
    if (outcome.kind !== "committed" || outcome.value.changes === 0) return removed;
    removed += outcome.value.changes;
  }
  await transaction(store, async (tx) => ({ ok: true, value: await forgetSent(tx, now()) }));
  return removed;
}
