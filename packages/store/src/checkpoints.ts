// SPDX-License-Identifier: Apache-2.0
import { sql } from "kysely";
import type { Database } from "./driver.ts";
import { failed, type Result, succeeded } from "./failure.ts";
import { ENTRY_LIMITS } from "./ledger.ts";
import type { Transaction } from "./transaction.ts";

/** A checkpoint as it was published: the signed note and what it says. */
export type StoredCheckpoint = {
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
  readonly note: string;
  /** Milliseconds since 1970. */
  readonly publishedAt: number;
};

/** A tile of hashes (c2sp.org/tlog-tiles), 1 to 256 of them joined; fewer than 256 are a partial tile. */
export type Tile = { readonly level: number; readonly n: number; readonly hashes: Uint8Array };

export type Publication = {
  /** The size of the checkpoint that this one was built upon; `null` for the first. */
  readonly previousSize: number | null;
  readonly checkpoint: StoredCheckpoint;
  /** Every tile that is new or has grown since. */
  readonly tiles: readonly Tile[];
};

const NOTE_CHARS = 1 << 16;
const TILES = 4_096;

/**
 * Publishes a checkpoint with its tiles.
 *
 * INVARIANT (one-history): a checkpoint is stored only on top of the one that its signer has seen, by
 * compare-and-swap on one row, and only over entries that are there. The same size may be published
 * again with the same root, for cosignatures that came later.
 */
export async function publish(
  tx: Transaction,
  { previousSize, checkpoint, tiles }: Publication,
): Promise<Result<null>> {
  const wrong = wrongWith({ previousSize, checkpoint, tiles });
  if (wrong !== null)
    return failed("LEDGER_INVALID", wrong, "build the checkpoint again from the stored entries");
  const { size, root, note, publishedAt: published_at } = checkpoint;
  const swapped = await tx
    .updateTable("ledger_published")
    .set({ size })
    .where("one", "=", true)
    .where("size", "is not distinct from", previousSize)
    .where(sql<number>`(select next_index from ledger_head)`, ">=", size)
    .executeTakeFirst();
  if (swapped.numUpdatedRows !== 1n) return await stale(tx, previousSize, size);
  const stored = await tx
    .insertInto("ledger_checkpoint")
    .values({ size, root: Buffer.from(root), note, published_at })
    .onConflict((same) =>
      same
        .column("size")
        .doUpdateSet({ note, published_at })
        .where("ledger_checkpoint.root", "=", Buffer.from(root)),
    )
    .executeTakeFirst();
  if (stored.numInsertedOrUpdatedRows !== 1n)
    return failed(
      "LEDGER_STALE",
      `a checkpoint of size ${size} with another root is published`,
      "stop signing and compare this server's tree with the published one",
    );
  await storeTiles(tx, tiles);
  return succeeded(null);
}

function wrongWith({ previousSize, checkpoint, tiles }: Publication): string | null {
  const { size, root, note, publishedAt } = checkpoint;
  if (!Number.isSafeInteger(size) || size < 0) return `a checkpoint of size ${size}`;
  if (previousSize !== null && size < previousSize)
    return `a checkpoint of size ${size} after one of ${previousSize}`;
  if (root.length !== ENTRY_LIMITS.hashBytes) return `a root of ${root.length} bytes`;
  if (note.length > NOTE_CHARS || note.includes("\0") || !note.isWellFormed())
    return "a note that is too long or no text";
  if (!Number.isSafeInteger(publishedAt)) return "its time is no whole number of milliseconds";
  if (tiles.length > TILES) return `${tiles.length} tiles at once, ${TILES} are allowed`;
  const bad = tiles.find(({ hashes }) => {
    const width = hashes.length / ENTRY_LIMITS.hashBytes;
    return !Number.isInteger(width) || width < 1 || width > 256;
  });
  return bad === undefined ? null : `tile ${bad.level}/${bad.n} of ${bad.hashes.length} bytes`;
}

async function stale(
  tx: Transaction,
  previousSize: number | null,
  size: number,
): Promise<Result<never>> {
  const { published, entries } = await tx
    .selectFrom("ledger_published")
    .select("size as published")
    .select(sql<number>`(select next_index from ledger_head)`.as("entries"))
    .executeTakeFirstOrThrow();
  if (published === previousSize)
    return failed(
      "LEDGER_STALE",
      `a checkpoint of size ${size} over ${entries} entries`,
      "the store is behind the signer: restore the newest backup before signing",
    );
  return failed(
    "LEDGER_STALE",
    `the newest checkpoint has size ${published ?? "none"}, not ${previousSize ?? "none"}`,
    "read the newest checkpoint and build on it",
  );
}

/** A tile only grows: a narrower one, such as of a writer that was late, changes nothing. */
async function storeTiles(tx: Transaction, tiles: readonly Tile[]): Promise<void> {
  if (tiles.length === 0) return;
  await sql`
    insert into ledger_tile (level, n, width, hashes)
    select level, n, octet_length(hashes) / 32, hashes from unnest(
      ${tiles.map(({ level }) => level)}::integer[],
      ${tiles.map(({ n }) => n)}::bigint[],
      ${tiles.map(({ hashes }) => Buffer.from(hashes))}::bytea[]
    ) as given(level, n, hashes)
    on conflict (level, n) do update set width = excluded.width, hashes = excluded.hashes
    where excluded.width > ledger_tile.width`.execute(tx);
}

/** The newest checkpoint, or `null` before the first. */
export async function latestCheckpoint(db: Database): Promise<StoredCheckpoint | null> {
  const row = await checkpoints(db).orderBy("size", "desc").limit(1).executeTakeFirst();
  return row ?? null;
}

/** Checkpoints over an entry, newest first. */
export async function checkpointsOver(
  db: Database,
  index: number,
  limit: number,
): Promise<readonly StoredCheckpoint[]> {
  return await checkpoints(db)
    .where("size", ">", index)
    .orderBy("size", "desc")
    .limit(limit)
    .execute();
}

/** The checkpoint of exactly this size, or `null`. */
export async function checkpointOf(db: Database, size: number): Promise<StoredCheckpoint | null> {
  return (await checkpoints(db).where("size", "=", size).executeTakeFirst()) ?? null;
}

const checkpoints = (db: Database) =>
  db
    .selectFrom("ledger_checkpoint")
    .select(["size", "root", "note", "published_at as publishedAt"]);

/** Tiles by level and number, in no order; what is not there is left out. */
export async function readTiles(
  db: Database,
  wanted: readonly Pick<Tile, "level" | "n">[],
): Promise<readonly Tile[]> {
  if (wanted.length === 0) return [];
  return await db
    .selectFrom("ledger_tile")
    .select(["level", "n", "hashes"])
    .where(
      sql<boolean>`(level, n) in (select * from unnest(
        ${wanted.map(({ level }) => level)}::integer[], ${wanted.map(({ n }) => n)}::bigint[]))`,
    )
    .execute();
}
