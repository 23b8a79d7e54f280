// SPDX-License-Identifier: Apache-2.0
/** How long changes of a repository waited for two approvals, as far as a server's ledger knows. */
import { listChanges, showChange } from "@interlock/protocol";
import { call, type Remote } from "../remote/client.ts";

export type Waits =
  | {
      readonly kind: "known";
      /** Changes that two persons approved. */
      readonly changes: number;
      /** Milliseconds from when the gate first saw a change to the second approval. */
      readonly medianMs: number;
      readonly p90Ms: number;
    }
  | { readonly kind: "unknown"; readonly because: string };

/** Each is one request more; the newest say what it takes now. */
const LOOKED_AT = 30;
const LISTED = "200";

export async function waitsFor(remote: Remote, repository: string, since: number): Promise<Waits> {
  const listed = await call(remote, listChanges, { query: { repository, limit: LISTED } });
  if (listed.kind !== "answered") return unknown(remote, listed);
  const approved = listed.value.changes.filter((c) => c.given >= 2 && c.firstSeenAt >= since);
  const waits: number[] = [];
  for (const { id } of approved.slice(0, LOOKED_AT)) {
    const shown = await call(remote, showChange, { params: { id } });
    if (shown.kind !== "answered") return unknown(remote, shown);
    const second = secondApproval(shown.value.signatures);
    if (second !== null) waits.push(Math.max(0, second - shown.value.change.firstSeenAt));
  }
  if (waits.length === 0)
    return { kind: "unknown", because: "the ledger has no change that two people approved" };
  const sorted = waits.sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
  return { kind: "known", changes: sorted.length, medianMs: at(0.5), p90Ms: at(0.9) };
}

const unknown = (
  { server }: Remote,
  called: { readonly kind: "away"; readonly says: string } | { readonly kind: "refused" },
): Waits => ({
  kind: "unknown",
  because: `\`${server}\` ${called.kind === "away" ? `is away: ${called.says}` : "does not show it"}`,
});

type Signature = { readonly kind: string; readonly person: string; readonly at: number };

/** When a second person had approved as well. */
export function secondApproval(signatures: readonly Signature[]): number | null {
  const first = new Map<string, number>();
  for (const { kind, person, at } of signatures)
    if (kind === "approval") first.set(person, Math.min(at, first.get(person) ?? at));
  return [...first.values()].sort((a, b) => a - b)[1] ?? null;
}
