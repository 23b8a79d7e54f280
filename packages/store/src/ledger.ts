// SPDX-License-Identifier: Apache-2.0
import { type RawBuilder, sql } from "kysely";
import type { Database } from "./driver.ts";
import { failed, type Result, succeeded } from "./failure.ts";
import type { Transaction } from "./transaction.ts";

/** An entry as it is to be appended. Everything is bounded by `checkEntries`. */
export type NewEntry = {
  readonly leaf: Uint8Array;
  /** RFC 6962 hash of the leaf, 32 bytes; no two entries may have the same. */
  readonly leafHash: Uint8Array;
  /** One word, such as `decision`. */
  readonly kind: string;
  /** What the entry is about, for looking it up. */
  readonly subject: string | null;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** What the leaf commits to by a salted digest, as canonical JSON; `null` when the leaf says all. */
  readonly body: { readonly salt: Uint8Array; readonly text: string } | null;
};

/** A body that was erased keeps when, and the entry that says why. */
export type StoredBody =
  | { readonly kind: "kept"; readonly salt: Uint8Array; readonly text: string }
  | { readonly kind: "erased"; readonly at: number; readonly reasonIndex: number }
  | { readonly kind: "none" };

export type StoredEntry = Omit<NewEntry, "body"> & {
  readonly index: number;
  readonly body: StoredBody;
};

/** Limits of one call of `append`. A leaf's is that of an entry bundle (c2sp.org/tlog-tiles). */
export const ENTRY_LIMITS = {
  entries: 10_000,
  leafBytes: 65_535,
  bodyChars: 1 << 20,
  saltBytes: 64,
  subjectChars: 512,
  hashBytes: 32,
} as const;

const KIND = /^[a-z][a-z0-9-]{0,63}$/;

/** The rules that an entry has to keep; the first that one breaks. */
export function checkEntries(entries: readonly NewEntry[]): Result<null> {
  if (entries.length > ENTRY_LIMITS.entries)
    return invalid(`${entries.length} entries at once, ${ENTRY_LIMITS.entries} are allowed`);
  const hashes = new Set<string>();
  for (const [at, entry] of entries.entries()) {
    const wrong = wrongWith(entry);
    if (wrong !== null) return invalid(`entry ${at}: ${wrong}`);
    hashes.add(Buffer.from(entry.leafHash).toString("latin1"));
  }
  return hashes.size === entries.length ? succeeded(null) : invalid("an entry is there twice");
}

function wrongWith({ leaf, leafHash, kind, subject, at, body }: NewEntry): string | null {
  const limits = ENTRY_LIMITS;
  if (leaf.length > limits.leafBytes)
    return `a leaf of ${leaf.length} bytes, ${limits.leafBytes} are allowed`;
  if (leafHash.length !== limits.hashBytes) return `a hash of ${leafHash.length} bytes`;
  if (!KIND.test(kind)) return "its kind is no lower-case word";
  if (subject !== null && (subject.length > limits.subjectChars || !isStorable(subject)))
    return "its subject is too long or no text";
  if (!Number.isSafeInteger(at)) return "its time is no whole number of milliseconds";
  if (body === null) return null;
  if (body.text.length > limits.bodyChars || !isStorable(body.text))
    return "its body is too long or no text";
  return body.salt.length > limits.saltBytes ? `a salt of ${body.salt.length} bytes` : null;
}

/** Postgres holds neither U+0000 nor lone surrogates; canonical JSON has the former escaped. */
function isStorable(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}

function invalid(because: string): Result<never> {
  return failed("LEDGER_INVALID", because, "send an entry within the limits");
}

/**
 * Appends entries and returns their indexes, consecutive and in the order given.
 *
 * INVARIANT (no-gap): the head's row is locked and moved in the same statement that inserts, and rolls
 * back with it; so whatever commits has the next indexes, and commits in their order.
 *
 * The lock is held until the transaction ends: append last. Under `serializable` a second writer is
 * run again after the first has committed; work that can do with `read committed` waits instead.
 */
export async function append(
  tx: Transaction,
  entries: readonly NewEntry[],
): Promise<Result<readonly number[]>> {
  return await appendWith(tx, entries, sql``);
}

/** Appends in one statement with further parts of it, which begin with a comma; `head.first` is the first index. */
export async function appendWith(
  tx: Transaction,
  entries: readonly NewEntry[],
  parts: RawBuilder<unknown>,
): Promise<Result<readonly number[]>> {
  const checked = checkEntries(entries);
  if (!checked.ok) return checked;
  if (entries.length === 0) return succeeded([]);
  const { rows } = await appendStatement(entries, parts).execute(tx);
  const first = rows[0]?.first;
  if (first === undefined) throw new Error("the ledger has no head");
  return succeeded(entries.map((_, offset) => first + offset));
}

/**
 * Takes the head's lock and gives the index that comes next. Until the transaction ends nobody else
 * appends, so that whatever is read now stands before what is appended then.
 */
export async function lockHead(tx: Transaction): Promise<number> {
  const { next_index } = await tx
    .selectFrom("ledger_head")
    .select("next_index")
    .where("one", "=", true)
    .forUpdate()
    .executeTakeFirstOrThrow();
  return next_index;
}

function appendStatement(
  entries: readonly NewEntry[],
  parts: RawBuilder<unknown>,
): RawBuilder<{ readonly first: number }> {
  const column = <T>(of: (entry: NewEntry) => T): T[] => entries.map(of);
  return sql<{ readonly first: number }>`
    with head as (
      update ledger_head set next_index = next_index + ${entries.length}::bigint
      where one returning next_index - ${entries.length}::bigint as first
    ), given as (
      select head.first + g.place - 1 as index, g.*
      from head, unnest(
        ${column(({ leaf }) => bytes(leaf))}::bytea[],
        ${column(({ leafHash }) => bytes(leafHash))}::bytea[],
        ${column(({ kind }) => kind)}::text[],
        ${column(({ subject }) => subject)}::text[],
        ${column(({ at }) => at)}::bigint[],
        ${column(({ body }) => (body === null ? null : bytes(body.salt)))}::bytea[],
        ${column(({ body }) => body?.text ?? null)}::text[]
      ) with ordinality as g(leaf, leaf_hash, kind, subject, at, salt, body, place)
    ), entry as (
      insert into ledger_entry (index, leaf, leaf_hash, kind, subject, at)
      select index, leaf, leaf_hash, kind, subject, at from given
    ), body as (
      insert into ledger_body (index, salt, body)
      select index, salt, body from given where body is not null
    )${parts}
    select first from head`;
}

export function bytes(view: Uint8Array): Buffer {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
}

/**
 * What became of entries whose COMMIT was not answered: their indexes, or `null` for each that is not
 * there and can no longer come. Waits on the head's row, which the other transaction holds while its
 * end is open.
 */
export async function settle(
  tx: Transaction,
  leafHashes: readonly Uint8Array[],
): Promise<readonly (number | null)[]> {
  await lockHead(tx);
  const rows = await tx
    .selectFrom("ledger_entry")
    .select(["index", "leaf_hash"])
    .where("leaf_hash", "=", sql<Buffer>`any(${leafHashes.map(bytes)}::bytea[])`)
    .execute();
  const found = new Map(rows.map((row) => [row.leaf_hash.toString("hex"), row.index]));
  return leafHashes.map((hash) => found.get(bytes(hash).toString("hex")) ?? null);
}

/** How many entries there are. */
export async function ledgerSize(db: Database): Promise<number> {
  const { next_index } = await db
    .selectFrom("ledger_head")
    .select("next_index")
    .where("one", "=", true)
    .executeTakeFirstOrThrow();
  return next_index;
}

/** At most this many leaves are read at once: 256 of the longest are 16 MiB. */
export const MOST_LEAVES = 256;

/** Leaves from `start` on, in order; fewer than asked for at the end of the ledger. */
export async function readLeaves(
  db: Database,
  start: number,
  count: number,
): Promise<
  readonly { readonly index: number; readonly leaf: Uint8Array; readonly leafHash: Uint8Array }[]
> {
  const rows = await db
    .selectFrom("ledger_entry")
    .select(["index", "leaf", "leaf_hash"])
    .where("index", ">=", start)
    .where("index", "<", start + Math.min(count, MOST_LEAVES))
    .orderBy("index")
    .execute();
  return rows.map(({ index, leaf, leaf_hash }) => ({ index, leaf, leafHash: leaf_hash }));
}

/** At most this many hashes are read at once: 2 MiB. */
export const MOST_HASHES = 1 << 16;

/** Leaf hashes from `start` on, in order, 32 bytes each, joined. */
export async function readLeafHashes(
  db: Database,
  start: number,
  count: number,
): Promise<Uint8Array> {
  const rows = await db
    .selectFrom("ledger_entry")
    .select("leaf_hash")
    .where("index", ">=", start)
    .where("index", "<", start + Math.min(count, MOST_HASHES))
    .orderBy("index")
    .execute();
  return Buffer.concat(rows.map(({ leaf_hash }) => leaf_hash));
}

/**
 * Erases a body for good; the leaf and every proof stay. The salt goes too, since with it a short body
 * could be guessed from the leaf. `reasonIndex` is the entry that says why, and has to be there.
 * Returns `false` when there is no body left to erase. The bytes leave the disk with the next vacuum,
 * and backups as they expire.
 */
export async function eraseBody(
  tx: Transaction,
  {
    index,
    reasonIndex,
    at,
  }: { readonly index: number; readonly reasonIndex: number; readonly at: number },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("ledger_body")
    .set({ salt: null, body: null, erased_at: at, erased_reason_index: reasonIndex })
    .where("index", "=", index)
    .where("erased_at", "is", null)
    .where(({ exists, selectFrom }) =>
      exists(selectFrom("ledger_entry").select("index").where("index", "=", reasonIndex)),
    )
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}
