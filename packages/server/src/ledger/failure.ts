// SPDX-License-Identifier: Apache-2.0
import type { FailureCode } from "@interlock/core";

/** Why the server does not sign, or could not publish. */
export type LedgerFailure = {
  readonly code: Extract<FailureCode, `LEDGER_${string}` | `STORE_${string}`>;
  readonly message: string;
  /** One sentence: what to do next. */
  readonly help: string;
};

export type LedgerResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: LedgerFailure };
