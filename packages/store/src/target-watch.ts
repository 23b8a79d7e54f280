// SPDX-License-Identifier: Apache-2.0
/** What keys of targets held when watching began, what explains them since, and what does not. */
import { sql } from "kysely";
import type { Database } from "./driver.ts";
import type { Transaction } from "./transaction.ts";

export type TargetWatchTables = {
  readonly target_key: KeyRow;
  readonly target_look: LookRow;
  readonly unrecorded_key: UnrecordedRow;
  readonly target_watcher: { readonly one: boolean; readonly owner: string; readonly until: Date };
};

type KeyRow = {
  readonly target: string;
  readonly cell: string;
  readonly key: string;
  readonly sha256: string | null;
  readonly stranger: boolean;
  readonly at: number;
};

type LookRow = {
  readonly target: string;
  readonly cell: string;
  readonly seen_at: number | null;
  readonly tried_at: number;
  readonly says: string | null;
  readonly keys: number;
  readonly strangers: number;
};

type UnrecordedRow = {
  readonly index: number;
  readonly entry: string;
  readonly target: string;
  readonly cell: string;
  readonly key: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly because: string;
  readonly version: string | null;
  readonly at: number;
  readonly closed_at: number | null;
  readonly how: string | null;
};

export type WatchedCell = { readonly target: string; readonly cell: string };

/** A key whose value nothing explains; times in milliseconds since 1970. */
export type UnrecordedKey = Omit<UnrecordedRow, "closed_at"> & { readonly closedAt: number | null };

export type CellLook = WatchedCell & {
  readonly seenAt: number | null;
  readonly triedAt: number;
  readonly says: string | null;
  readonly keys: number;
  readonly strangers: number;
};

/**
 * INVARIANT (one-watcher): whoever holds this lease looks, and writes what it found only while it
 * holds it, so that nothing is recorded twice.
 */
export async function claimWatch(
  db: Database,
  { owner, leaseMs }: { readonly owner: string; readonly leaseMs: number },
): Promise<boolean> {
  const { rows } = await sql<{ owner: string }>`
    insert into target_watcher (one, owner, until)
    values (true, ${owner}, clock_timestamp() + ${leaseMs} * interval '1 millisecond')
    on conflict (one) do update set owner = excluded.owner, until = excluded.until
      where target_watcher.owner = excluded.owner or target_watcher.until <= clock_timestamp()
    returning owner`.execute(db);
  return rows.length === 1;
}

/** Whether the lease is this owner's; nobody else gets it before the transaction ends. */
export async function lockWatch(tx: Transaction, owner: string): Promise<boolean> {
  const { rows } = await sql`select 1 from target_watcher
    where owner = ${owner} and until > clock_timestamp() for update`.execute(tx);
  return rows.length === 1;
}

export async function releaseWatch(db: Database, owner: string): Promise<void> {
  await db.deleteFrom("target_watcher").where("owner", "=", owner).execute();
}

/** What is known of a cell; `began`: watching did. */
export type KnownCell = {
  readonly began: boolean;
  readonly keys: ReadonlyMap<
    string,
    { readonly sha256: string | null; readonly stranger: boolean }
  >;
  /** By key. */
  readonly open: ReadonlyMap<string, UnrecordedKey>;
  /** Keys that rollouts wrote. */
  readonly written: ReadonlySet<string>;
};

export async function knownCell(db: Database, at: WatchedCell): Promise<KnownCell> {
  const keys = await cellRows(db, at);
  const open = await db
    .selectFrom("unrecorded_key")
    .selectAll()
    .where("target", "=", at.target)
    .where("cell", "=", at.cell)
    .where("closed_at", "is", null)
    .execute();
  const written = await db
    .selectFrom("target_journal")
    .select("key")
    .distinct()
    .where("target", "=", at.target)
    .where("cell", "=", at.cell)
    .execute();
  const look = await db
    .selectFrom("target_look")
    .select("seen_at")
    .where("target", "=", at.target)
    .where("cell", "=", at.cell)
    .executeTakeFirst();
  return {
    began: (look?.seen_at ?? null) !== null,
    keys: new Map(keys.map((row) => [row.key, row])),
    open: new Map(open.map((row) => [row.key, unrecordedOf(row)])),
    written: new Set(written.map(({ key }) => key)),
  };
}

const cellRows = async (db: Database, at: WatchedCell): Promise<readonly KeyRow[]> =>
  await db
    .selectFrom("target_key")
    .selectAll()
    .where("target", "=", at.target)
    .where("cell", "=", at.cell)
    .execute();

const unrecordedOf = ({ closed_at, ...row }: UnrecordedRow): UnrecordedKey => ({
  ...row,
  closedAt: closed_at,
});

export type RecentWrite = {
  readonly sequence: number;
  readonly after: string | null;
  readonly at: number;
  readonly confirmed: boolean;
};

/** Older unconfirmed writes of one key explain nothing any more. */
const WRITES_A_KEY = 20;

/** The newest writes of keys, newest first; keys that no rollout wrote are left out. */
export async function recentWrites(
  db: Database,
  { target, cell }: WatchedCell,
  keys: readonly string[],
): Promise<ReadonlyMap<string, readonly RecentWrite[]>> {
  const { rows } = await sql<RecentWrite & { readonly key: string }>`
    select j.key, j.sequence, j.after, j.at, j.confirmed_at is not null as confirmed
    from unnest(${[...keys]}::text[]) as k(key) cross join lateral (
      select * from target_journal
      where target = ${target} and cell = ${cell} and key = k.key
      order by sequence desc limit ${WRITES_A_KEY}) j
    order by j.key, j.sequence desc`.execute(db);
  const writes = new Map<string, RecentWrite[]>();
  for (const { key, ...write } of rows) writes.set(key, [...(writes.get(key) ?? []), write]);
  return writes;
}

/** Keeps what keys held when they were looked at first. */
export async function saveWatchedKeys(
  tx: Transaction,
  { target, cell, at }: WatchedCell & { readonly at: number },
  keys: readonly {
    readonly key: string;
    readonly sha256: string | null;
    readonly stranger: boolean;
  }[],
): Promise<void> {
  await sql`insert into target_key (target, cell, key, sha256, stranger, at)
    select ${target}, ${cell}, g.*, ${at}::bigint from unnest(${keys.map(({ key }) => key)}::text[],
      ${keys.map(({ sha256 }) => sha256)}::text[],
      ${keys.map(({ stranger }) => stranger)}::boolean[]) as g
    on conflict (target, cell, key) do update
      set sha256 = excluded.sha256, stranger = excluded.stranger, at = excluded.at`.execute(tx);
}

/** Strangers that are gone. */
export async function forgetStrangers(
  tx: Transaction,
  { target, cell }: WatchedCell,
  keys: readonly string[],
): Promise<void> {
  await tx
    .deleteFrom("target_key")
    .where("target", "=", target)
    .where("cell", "=", cell)
    .where("stranger", "=", true)
    .where("key", "=", sql<string>`any(${[...keys]}::text[])`)
    .execute();
}

export async function saveUnrecordedKeys(
  tx: Transaction,
  found: readonly Omit<UnrecordedKey, "closedAt" | "how">[],
): Promise<void> {
  if (found.length === 0) return;
  await tx
    .insertInto("unrecorded_key")
    .values(found.map((one) => ({ ...one, closed_at: null, how: null })))
    .execute();
}

export async function closeUnrecordedKey(
  tx: Transaction,
  { index, at, how }: { readonly index: number; readonly at: number; readonly how: string },
): Promise<void> {
  await tx
    .updateTable("unrecorded_key")
    .set({ closed_at: at, how })
    .where("index", "=", index)
    .execute();
}

/** A look that did not see the whole cell leaves the time of the last one that did. */
export async function saveLook(db: Database, look: CellLook): Promise<void> {
  const { target, cell, seenAt, triedAt, says, keys, strangers } = look;
  const row = { target, cell, seen_at: seenAt, tried_at: triedAt, says, keys, strangers };
  const next =
    seenAt === null
      ? { tried_at: triedAt, says }
      : { seen_at: seenAt, tried_at: triedAt, says, keys, strangers };
  await db
    .insertInto("target_look")
    .values(row)
    .onConflict((same) => same.columns(["target", "cell"]).doUpdateSet(next))
    .execute();
}

/** Forgets when cells were looked at that the description does not name any more. */
export async function keepLooks(db: Database, cells: readonly WatchedCell[]): Promise<void> {
  await sql`delete from target_look l where not exists (
    select 1 from unnest(${cells.map(({ target }) => target)}::text[],
      ${cells.map(({ cell }) => cell)}::text[]) as g(target, cell)
    where g.target = l.target and g.cell = l.cell)`.execute(db);
}

export async function cellLooks(db: Database, limit: number): Promise<readonly CellLook[]> {
  return await db
    .selectFrom("target_look")
    .select(["target", "cell", "says", "keys", "strangers"])
    .select(["seen_at as seenAt", "tried_at as triedAt"])
    .orderBy("target")
    .orderBy("cell")
    .limit(limit)
    .execute();
}

/** Open ones first, then newest first. */
export async function unrecordedKeys(
  db: Database,
  limit: number,
): Promise<readonly UnrecordedKey[]> {
  const rows = await db
    .selectFrom("unrecorded_key")
    .selectAll()
    .orderBy(sql`closed_at is not null`)
    .orderBy("index", "desc")
    .limit(limit)
    .execute();
  return rows.map(unrecordedOf);
}

/** Keys in cells that no config set knows. */
export async function strangersIn(
  db: Database,
  limit: number,
): Promise<readonly (WatchedCell & { readonly key: string; readonly at: number })[]> {
  return await db
    .selectFrom("target_key")
    .select(["target", "cell", "key", "at"])
    .where("stranger", "=", true)
    .orderBy("target")
    .orderBy("cell")
    .orderBy("key")
    .limit(limit)
    .execute();
}

/** How many values nothing explains now, and when the cell was seen that nobody saw for longest (0: never). */
export async function watchCounts(
  db: Database,
): Promise<{ readonly open: number; readonly oldest: number | null }> {
  const { rows } = await sql<{ open: number; oldest: number | null }>`
    select (select count(*) from unrecorded_key where closed_at is null)::bigint as open,
      (select min(coalesce(seen_at, 0)) from target_look)::bigint as oldest`.execute(db);
  return { open: rows[0]?.open ?? 0, oldest: rows[0]?.oldest ?? null };
}
