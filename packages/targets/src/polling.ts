// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Seen } from "./target.ts";

/** What the keys of every cell hold at a moment: cell, key, something that differs when the value does. */
export type Snapshot = ReadonlyMap<string, ReadonlyMap<string, string>>;

export type Polling = {
  /** `null`: the target does not answer now. */
  readonly look: () => Promise<Snapshot | null>;
  readonly everyMs: number;
};

/**
 * Watches a target that cannot tell what changes, by looking again and again. A place is a digest of
 * everything, so that going on from one is without a gap exactly when nothing changed meanwhile.
 */
export async function* polled(
  { look, everyMs }: Polling,
  since: string | null,
  signal: AbortSignal,
): AsyncGenerator<Seen> {
  let last: Snapshot | null = null;
  let at = since ?? "";
  while (!signal.aborted) {
    const now = await look();
    const place = now === null ? at : digestOf(now);
    if (now !== null && last === null && place !== at) yield { kind: "gap", at: place };
    else if (now !== null && last !== null && place !== at) {
      const changes = differences(last, now);
      // Whoever stops in the middle has not seen the rest: only the last one moves the place on.
      for (const [nth, change] of changes.entries())
        yield { kind: "changed", ...change, at: nth === changes.length - 1 ? place : at };
    }
    at = place;
    last = now ?? last;
    await waited(everyMs, signal);
  }
}

/** Ends early and without an error when it is aborted. */
export async function waited(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await pause(ms, undefined, { signal });
  } catch {
    // Only the abort ends it so; the caller looks at the signal.
  }
}

function differences(
  before: Snapshot,
  after: Snapshot,
): readonly { readonly cell: string; readonly key: string }[] {
  const changes: { readonly cell: string; readonly key: string }[] = [];
  for (const cell of new Set([...before.keys(), ...after.keys()])) {
    const old = before.get(cell) ?? new Map<string, string>();
    const now = after.get(cell) ?? new Map<string, string>();
    for (const key of new Set([...old.keys(), ...now.keys()]))
      if (old.get(key) !== now.get(key)) changes.push({ cell, key });
  }
  return changes;
}

function digestOf(snapshot: Snapshot): string {
  const hash = createHash("sha256");
  for (const [cell, keys] of [...snapshot].sort(byName)) {
    hash.update(JSON.stringify([cell, keys.size]));
    for (const [key, state] of [...keys].sort(byName)) hash.update(JSON.stringify([key, state]));
  }
  return hash.digest("hex");
}

const byName = (a: readonly [string, unknown], b: readonly [string, unknown]): number =>
  a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
