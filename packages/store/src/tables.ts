// SPDX-License-Identifier: Apache-2.0
/**
 * The tables of `sql/`, by hand: what a column holds once the driver has read it. `bigint` is a number
 * here, and the driver refuses one that a number cannot hold.
 */
export type Tables = {
  readonly schema_migration: SchemaMigration;
  readonly ledger_head: LedgerHead;
  readonly ledger_entry: LedgerEntry;
  readonly ledger_body: LedgerBody;
  readonly ledger_published: LedgerPublished;
  readonly ledger_checkpoint: LedgerCheckpoint;
  readonly ledger_tile: LedgerTile;
};

type SchemaMigration = {
  readonly version: number;
  readonly name: string;
  /** Of the file's bytes, lower-case hexadecimal. */
  readonly sha256: string;
  readonly min_safe_version: number;
  readonly applied_at: number;
};

type LedgerHead = {
  readonly one: boolean;
  readonly next_index: number;
};

type LedgerEntry = {
  readonly index: number;
  readonly leaf: Buffer;
  readonly leaf_hash: Buffer;
  readonly kind: string;
  readonly subject: string | null;
  /** Milliseconds since 1970. */
  readonly at: number;
};

type LedgerBody = {
  readonly index: number;
  readonly salt: Buffer | null;
  readonly body: string | null;
  readonly erased_at: number | null;
  readonly erased_reason_index: number | null;
};

type LedgerPublished = {
  readonly one: boolean;
  readonly size: number | null;
};

type LedgerCheckpoint = {
  readonly size: number;
  readonly root: Buffer;
  readonly note: string;
  readonly published_at: number;
};

type LedgerTile = {
  readonly level: number;
  readonly n: number;
  readonly width: number;
  readonly hashes: Buffer;
};
