// SPDX-License-Identifier: Apache-2.0

/** What the index remembers of one path. */
export type FilePast = {
  changes: number;
  /** Numbers of the authors, for counting only. */
  readonly authors: Set<number>;
  /** Ordinals of the newest changes, oldest first. */
  readonly newest: number[];
  /** Lines after the last change; undefined when they could not be counted from the beginning. */
  lines: number | undefined;
  lastMs: number;
  lastAuthor: number;
  reverts: number;
};

/** What the index remembers of one author. */
export type AuthorPast = {
  readonly number: number;
  changes: number;
  readonly changesByQuarter: Map<number, number>;
  readonly changesBySubsystem: Map<string, number>;
  lastMs: number;
};

/** How much is remembered. Beyond a limit the oldest goes, and the history is no longer complete. */
export type Limits = {
  /** Paths; a record is about 200 bytes, so that the default stays below 100 MB. */
  readonly files: number;
  readonly authors: number;
  readonly authorsPerFile: number;
  readonly subsystemsPerAuthor: number;
  readonly newestPerFile: number;
  /** Newest changes from which the rhythm is read; more in a week count as this many. */
  readonly recent: number;
};

export const HISTORY_LIMITS: Limits = {
  files: 200_000,
  authors: 20_000,
  authorsPerFile: 200,
  subsystemsPerAuthor: 500,
  newestPerFile: 128,
  recent: 2_000,
};

/** Writes a key and forgets the least recently written one beyond `limit`; true if it forgot. */
export function remember<V>(map: Map<string, V>, key: string, value: V, limit: number): boolean {
  map.delete(key);
  map.set(key, value);
  if (map.size <= limit) return false;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
  return true;
}
