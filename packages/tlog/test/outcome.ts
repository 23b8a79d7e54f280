// SPDX-License-Identifier: Apache-2.0
import type { Outcome } from "@interlock/tlog";

export function taken<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.failure.code}: ${outcome.failure.message}`);
  return outcome.value;
}

/** The code of a refusal, whose message must be fit for a person; or `accepted`. */
export function codeOf(outcome: Outcome<unknown>): string {
  if (outcome.ok) return "accepted";
  const { code, message } = outcome.failure;
  if (/\p{Cc}|\.$|^[A-Z]/u.test(message)) throw new Error(`no message for people: ${message}`);
  return code;
}
