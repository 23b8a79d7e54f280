// SPDX-License-Identifier: Apache-2.0
import { DECISION_OF, type Statement } from "@interlock/core";
import type { SignedKind } from "@interlock/store";

/**
 * Whether a later statement of the same person about the same change takes an earlier one back or
 * replaces it. An approval does not lift a rejection: only a withdrawal does. An override replaces
 * that of its own rule alone. What was signed about a debt stays.
 */
export function ends(later: Statement, kind: SignedKind, earlier: Statement): boolean {
  if (kind === "withdrawal" || kind === "debt-review") return false;
  if (later.decision === "withdraw") return true;
  return later.decision === DECISION_OF[kind] && later.waives?.rule === earlier.waives?.rule;
}
