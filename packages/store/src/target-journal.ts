// SPDX-License-Identifier: Apache-2.0
/** What was written to targets and what stood there before; and what of it is proven. */
import { sql } from "kysely";
import type { Database } from "./driver.ts";
import type { Transaction } from "./transaction.ts";

/** One key of one write, by the SHA-256 of its values; `null`: nothing. */
export type JournalItem = {
  readonly key: string;
  readonly before: string | null;
  readonly after: string | null;
};

export type JournalWrite = {
  readonly change: string;
  readonly rollout: string;
  readonly target: string;
  readonly cell: string;
  /** JSON. */
  readonly operation: string;
  readonly at: number;
  readonly items: readonly JournalItem[];
};

/**
 * INVARIANT (journal-first, halt-wins): the before-image is durable before the write is sent, and it
 * is written only under the fence that the stored rollout has, by a lease that has not run out: after
 * a halt, and with another driver, it is not. `false`: do not write.
 */
export async function journalWrite(
  db: Database,
  { fence, ...write }: JournalWrite & { readonly fence: number },
): Promise<boolean> {
  const column = (of: (item: JournalItem) => string | null) => write.items.map(of);
  const { numAffectedRows } = await sql`
    with held as (
      select id from rollout
      where id = ${write.rollout} and fence = ${fence} and leased_until > clock_timestamp()
      for update
    )
    insert into target_journal
      (change, rollout, target, cell, operation, at, key, before, after)
    select ${write.change}, held.id, ${write.target}, ${write.cell}, ${write.operation},
      ${write.at}::bigint, g.*
    from held, unnest(${column(({ key }) => key)}::text[],
      ${column(({ before }) => before)}::text[],
      ${column(({ after }) => after)}::text[]) as g`.execute(db);
  return numAffectedRows === BigInt(write.items.length);
}

/** Notes what was read back: writes of what the keys hold now took effect. */
export async function confirmWrites(
  db: Database,
  at: { readonly rollout: string; readonly cell: string; readonly now: number },
  held: readonly { readonly key: string; readonly sha256: string | null }[],
): Promise<void> {
  await sql`update target_journal j set confirmed_at = ${at.now}
    from unnest(${held.map(({ key }) => key)}::text[],
      ${held.map(({ sha256 }) => sha256)}::text[]) as g(key, sha256)
    where j.rollout = ${at.rollout} and j.cell = ${at.cell} and j.confirmed_at is null
      and j.key = g.key and j.after is not distinct from g.sha256`.execute(db);
}

export type JournalRow = JournalItem & {
  readonly sequence: number;
  readonly rollout: string;
  readonly target: string;
  readonly cell: string;
  readonly operation: string;
  readonly at: number;
  readonly confirmedAt: number | null;
};

/** Writes of a rollout in their order, after a sequence number, at most `limit`. */
export async function journalOf(
  db: Database,
  given: { readonly rollout: string; readonly after: number; readonly limit: number },
): Promise<readonly JournalRow[]> {
  return await db
    .selectFrom("target_journal")
    .select(["sequence", "rollout", "target", "cell", "key", "before", "after", "operation", "at"])
    .select("confirmed_at as confirmedAt")
    .where("rollout", "=", given.rollout)
    .where("sequence", ">", given.after)
    .orderBy("sequence")
    .limit(given.limit)
    .execute();
}

/** A write with the change of its rollout and where that stands. */
export type KeyWrite = Omit<JournalRow, "target" | "at"> & {
  readonly change: string;
  readonly at: number;
  readonly phase: string;
};

/**
 * Every write, whoever's, of every key that rollouts of a change wrote in a system, in order, at most
 * `limit`.
 */
export async function writesOfKeys(
  db: Database,
  of: {
    readonly change: string;
    readonly system: string;
    readonly target: string;
    readonly limit: number;
  },
): Promise<readonly KeyWrite[]> {
  const { rows } = await sql<KeyWrite>`
    with own as (
      select distinct j.cell, j.key from target_journal j join rollout r on r.id = j.rollout
      where j.change = ${of.change} and r.system = ${of.system} and j.target = ${of.target}
    )
    select j.sequence, j.rollout, j.cell, j.key, j.before, j.after, j.operation, j.at,
      j.confirmed_at as "confirmedAt", r.change, r.phase
    from own join target_journal j
        on j.target = ${of.target} and j.cell = own.cell and j.key = own.key
      join rollout r on r.id = j.rollout
    order by j.sequence limit ${of.limit}`.execute(db);
  return rows;
}

export async function journalCounts(
  db: Database,
  rollout: string,
): Promise<{ readonly writes: number; readonly confirmed: number }> {
  const { writes, confirmed } = await db
    .selectFrom("target_journal")
    .select((all) => [
      all.fn.countAll<number>().as("writes"),
      all.fn.count<number>("confirmed_at").as("confirmed"),
    ])
    .where("rollout", "=", rollout)
    .executeTakeFirstOrThrow();
  return { writes, confirmed };
}

export type StoredExposure = {
  readonly person: string;
  readonly at: number;
  readonly tier: number;
  readonly cells: readonly string[];
  readonly trafficPpm: number;
};

export async function saveExposure(
  tx: Transaction,
  { rollout, index }: { readonly rollout: string; readonly index: number },
  { person, at, tier, cells, trafficPpm }: StoredExposure,
): Promise<void> {
  await tx
    .insertInto("solo_exposure")
    .values({ rollout, index, person, at, tier, cells: [...cells], traffic_ppm: trafficPpm })
    .execute();
}

/** What a person exposed alone after a time, across all rollouts. */
export async function exposuresOf(
  tx: Transaction,
  { person, after }: { readonly person: string; readonly after: number },
): Promise<readonly StoredExposure[]> {
  return await tx
    .selectFrom("solo_exposure")
    .select(["person", "at", "tier", "cells", "traffic_ppm as trafficPpm"])
    .where("person", "=", person)
    .where("at", ">", after)
    .execute();
}

/** A value in its cell with the code that read it; an empty `sha256`: the key is not there. */
export type ProvenValue = {
  readonly cell: string;
  readonly key: string;
  readonly sha256: string;
  readonly runs: string;
};

export async function saveProven(
  tx: Transaction,
  from: { readonly target: string; readonly rollout: string; readonly entry: string },
  values: readonly ProvenValue[],
): Promise<void> {
  const column = (of: (one: ProvenValue) => string) => values.map(of);
  await sql`insert into proven_value (target, cell, key, sha256, runs, rollout, entry)
    select ${from.target}, g.*, ${from.rollout}, ${from.entry}
    from unnest(${column(({ cell }) => cell)}::text[], ${column(({ key }) => key)}::text[],
      ${column(({ sha256 }) => sha256)}::text[], ${column(({ runs }) => runs)}::text[]) as g
    on conflict do nothing`.execute(tx);
}

/** What is proven of these keys of a target, whichever cell and value. */
export async function provenOf(
  db: Database,
  { target, keys }: { readonly target: string; readonly keys: readonly string[] },
): Promise<readonly (ProvenValue & { readonly entry: string })[]> {
  return await db
    .selectFrom("proven_value")
    .select(["cell", "key", "sha256", "runs", "entry"])
    .where("target", "=", target)
    .where("key", "=", sql<string>`any(${[...keys]}::text[])`)
    .execute();
}
