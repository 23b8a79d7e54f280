// SPDX-License-Identifier: Apache-2.0
import type { RecentWrite } from "@interlock/store";

/** `wait`: a write is under way, or nobody knows yet what became of one. */
export type Explanation =
  | { readonly kind: "explained" }
  | { readonly kind: "wait" }
  | { readonly kind: "unrecorded"; readonly before: string | null };

/**
 * Whether the ledger explains what a key holds, by SHA-256: its newest write that was read back, one
 * after it that may have taken effect, or, where no rollout wrote it, what it held when watching began.
 */
export function explanationOf(
  held: string | null,
  known: {
    /** Newest first. */
    readonly writes: readonly RecentWrite[];
    /** `undefined`: the key was not there then. */
    readonly baseline: string | null | undefined;
    readonly now: number;
    readonly settleMs: number;
  },
): Explanation {
  const { writes, baseline, now, settleMs } = known;
  const settled = writes.findIndex(({ confirmed }) => confirmed);
  const open = settled === -1 ? writes : writes.slice(0, settled);
  const before = writes[settled]?.after ?? (settled === -1 ? (baseline ?? null) : null);
  if (held === before || open.some(({ after }) => after === held)) return { kind: "explained" };
  // A clock that was set back must not make it wait for longer.
  const waits = open.some(({ at }) => Math.abs(now - at) < settleMs);
  return waits ? { kind: "wait" } : { kind: "unrecorded", before };
}
