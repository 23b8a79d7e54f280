// SPDX-License-Identifier: Apache-2.0
import type { FailureCode } from "@interlock/core";

/** The failures of the store and the ledger's rows, out of core's one list. */
export type StoreFailureCode = Extract<FailureCode, `STORE_${string}` | `LEDGER_${string}`>;

/** A failure of the world or of the caller, as a value. */
export type StoreFailure = {
  readonly code: StoreFailureCode;
  readonly message: string;
  /** One sentence: what to do next. */
  readonly help: string;
};

/** A result that is there, or why it is not. */
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: StoreFailure };

export function succeeded<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function failed(
  code: StoreFailureCode,
  message: string,
  help: string,
): {
  readonly ok: false;
  readonly failure: StoreFailure;
} {
  return { ok: false, failure: { code, message, help } };
}

/** The text of whatever was thrown. */
export function textOf(error: unknown): string {
  if (typeof error === "object" && error !== null && "message" in error) return `${error.message}`;
  return String(error);
}
