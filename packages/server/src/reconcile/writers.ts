// SPDX-License-Identifier: Apache-2.0
import type { LastWriter, Target } from "@interlock/targets";
import { withinMs } from "../rollouts/queueing.ts";
import type { Found } from "./look.ts";
import type { ReconcileLimits } from "./terms.ts";

export type FoundBy = Found & { readonly writer: LastWriter | null };

/**
 * Asks a target who wrote what nothing explains. What it does not tell, or not in time, stays unknown:
 * that a difference is on record must not hang upon a question about it.
 */
export async function withWriters(
  {
    target,
    cell,
    limits,
  }: {
    readonly target: Target;
    readonly cell: string;
    readonly limits: ReconcileLimits;
  },
  found: readonly Found[],
): Promise<readonly FoundBy[]> {
  const writers = new Map<string, LastWriter>();
  const asked = found.filter(isOneVersion).slice(0, limits.writers);
  let isLate = false;
  const askAll = async (): Promise<void> => {
    for (const { key, version } of asked) {
      const told = isLate ? undefined : await target.lastWriter?.({ cell, key, version });
      if (told?.ok === true && told.value !== null) writers.set(key, told.value);
    }
  };
  // An error in it is a driver's bug, and no reason for the difference to stay off the record.
  await withinMs(limits.writersMs, () => askAll().catch(() => undefined), undefined);
  isLate = true;
  return found.map((one) => ({ ...one, writer: writers.get(one.key) ?? null }));
}

/** A version that was too long to keep is no version to ask about; nothing where nothing is held is one. */
const isOneVersion = ({ after, version }: Found): boolean =>
  (after === null) === (version === null);
