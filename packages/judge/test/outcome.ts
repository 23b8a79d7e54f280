// SPDX-License-Identifier: Apache-2.0
import type { Outcome } from "@interlock/judge";

/** The value of an outcome that must be one. */
export function got<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.failure.code}: ${outcome.failure.message}`);
  return outcome.value;
}
