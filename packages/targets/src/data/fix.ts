// SPDX-License-Identifier: Apache-2.0
/** A data fix as it was read from its file: one statement on one table, and its bounds. */
import type { FailureCode } from "@interlock/core";

export const DATA_LIMITS = {
  batchRows: 50_000,
  insertRows: 10_000,
  /** How many rows a plan shows. */
  sample: 5,
} as const;

/** A column that is set, and what its new value is made of. */
export type SetColumn = {
  readonly column: string;
  /** Other and the same columns of the row that its expression names, sorted. */
  readonly reads: readonly string[];
  /** A signed integer where it is the column plus or minus a constant, else `null`. */
  readonly adds: string | null;
};

type Of = {
  /** As written; `null`: found by the search path. */
  readonly schema: string | null;
  readonly table: string;
  readonly alias: string | null;
  /** Functions that are called, as written, without arguments. */
  readonly functions: readonly string[];
};

/** A statement that touches rows only by what they hold themselves, cut into its parts. */
export type DataStatement = Of &
  (
    | {
        readonly action: "update";
        /** SQL, as written between `SET` and `WHERE`. */
        readonly set: string;
        readonly columns: readonly SetColumn[];
        readonly where: string;
        readonly whereReads: readonly string[];
      }
    | { readonly action: "delete"; readonly where: string; readonly whereReads: readonly string[] }
    | {
        readonly action: "insert";
        /** The whole statement, without `RETURNING` and `;`. */
        readonly text: string;
        readonly rows: number;
      }
  );

export type Bounds = { readonly min: number; readonly max: number };

/** What rows stand for, as SQL over all of them that says whole numbers. */
export type Touches = {
  readonly orders: string | null;
  readonly money: string | null;
  /** Of the money, with its unit, such as `EUR cents`. */
  readonly currency: string | null;
  /** Functions that are called, as written, without arguments. */
  readonly functions: readonly string[];
};

export type Touched = {
  readonly orders: number | null;
  readonly money: number | null;
  readonly currency: string | null;
};

/** How fast, and how much at most. */
export type DataTerms = {
  /** Rows of the whole run. */
  readonly expect: Bounds;
  /** What all its rows stand for. */
  readonly touched?: { readonly orders?: Bounds | undefined; readonly money?: Bounds | undefined };
  /** Percents of the rows after each of which it waits for a word, rising. */
  readonly waves?: readonly number[];
  readonly batch: number;
  readonly pauseMs: number;
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
  /** Tries of one batch that met a lock, a time-out or a deadlock. */
  readonly tries: number;
};

export type DataFix = {
  readonly statement: DataStatement;
  readonly key: readonly string[];
  /** Triggers and foreign keys whose effects the file says are known, as the plan names them. */
  readonly beyond: readonly string[];
  readonly touches?: Touches;
  readonly terms: DataTerms;
};

/** Which change a run belongs to, by whose ledger entry it may write. */
export type RunOf = {
  /** Id of the run, as the ledger has it: 64 hexadecimal digits. */
  readonly run: string;
  readonly change: string;
  /** SHA-256 of the file. */
  readonly digest: string;
  /** Id of the durable entry without which nothing is written. by (entry-first) */
  readonly entry: string;
};

export type DataFailure = {
  readonly code: FailureCode;
  readonly message: string;
  readonly help: string;
};

export type DataAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: DataFailure };

export const did = <T>(value: T): DataAnswer<T> => ({ ok: true, value });

export const failed = (
  code: FailureCode,
  message: string,
  help: string,
): { readonly ok: false; readonly failure: DataFailure } => ({
  ok: false,
  failure: { code, message, help },
});
