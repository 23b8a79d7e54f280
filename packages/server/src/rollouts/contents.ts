// SPDX-License-Identifier: Apache-2.0
/** Between what the machine calls versions and the bytes that keys of a cell hold. */
import type { Content, Plan } from "@interlock/core";
import { sha256Hex } from "@interlock/digest";
import type { RolloutDelivery } from "@interlock/store";
import type { CellRead } from "@interlock/targets";

const ALL = 1_000_000;

/** By key, the SHA-256 of what a cell holds; `null`: the key is not there. */
export type Held = ReadonlyMap<string, string | null>;

export function heldIn({ items }: CellRead): Held {
  return new Map(
    [...items].map(([key, held]) => [key, held === null ? null : sha256Hex(held.value)]),
  );
}

/**
 * Which version the bytes are. Where a target that is not atomic wrote a part, it is the new version
 * to a share; what is neither the old value nor the new one is nobody's.
 */
export function contentOf(
  plan: Plan,
  {
    cell,
    items,
    held,
  }: { readonly cell: string; readonly items: readonly RolloutDelivery[]; readonly held: Held },
): Content {
  const foreign = items.find(({ key, base, next }) => {
    const has = held.get(key);
    return has === undefined || (has !== base && has !== next);
  });
  if (foreign !== undefined) {
    const has = held.get(foreign.key);
    return { version: `found ${has?.slice(0, 16) ?? "nothing"}`, sharePpm: ALL };
  }
  const changed = items.filter(({ base, next }) => base !== next);
  const done = changed.filter(({ key, next }) => held.get(key) === next).length;
  if (done === 0) return { version: baseOf(plan, cell), sharePpm: ALL };
  const share = Math.floor((done * ALL) / changed.length);
  return { version: plan.version, sharePpm: Math.max(1, share) };
}

export const isSame = (a: Content, b: Content): boolean =>
  a.version === b.version && a.sharePpm === b.sharePpm;

/** What a key is to hold under a version; shares of a cell are never planned here. */
export function valueIn(plan: Plan, content: Content, item: RolloutDelivery): string | null {
  if (content.sharePpm !== ALL) throw new Error("invariant broken: a cell is written whole");
  if (content.version === plan.version) return item.next;
  if (content.version === baseOf(plan, item.cell)) return item.base;
  throw new Error(`invariant broken: nobody has the bytes of \`${content.version}\``);
}

function baseOf(plan: Plan, cell: string): string {
  const base = plan.cells.find(({ id }) => id === cell)?.base;
  if (base === undefined) throw new Error("invariant broken: a cell of the plan");
  return base;
}
