// SPDX-License-Identifier: Apache-2.0

/** One file of a change, against the state before it. */
export type HistoryFile = {
  readonly path: string;
  /** Where it was moved from; its past comes along. Leave it out for copies. */
  readonly oldPath?: string;
  /** False for a file that the change creates. */
  readonly existed: boolean;
  /** Lines added and deleted: 0 for binary content, absent where it could not be read. */
  readonly added?: number;
  readonly deleted?: number;
  /** Lines before the change, where the caller knows them; otherwise the index keeps count. */
  readonly linesBefore?: number;
};

/** What the index needs to know of a commit, or of a change that is not committed yet. */
export type HistoryCommit = {
  /** Tells contributors apart inside the index; no feature carries it. */
  readonly authorKey: string;
  /** When it was committed (or now), in milliseconds since 1970 UTC. */
  readonly timeMs: number;
  readonly subject: string;
  readonly files: readonly HistoryFile[];
  /** True if a limit cut the list of files off. */
  readonly filesCut: boolean;
};
