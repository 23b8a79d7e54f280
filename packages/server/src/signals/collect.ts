// SPDX-License-Identifier: Apache-2.0
/** Brings slots from a source into the store, in their order. */
import { newestSlot, type SignalSlot, type Store, saveSlots } from "@interlock/store";
import { WEEK_MS, WEEKS } from "./analysis/levels.ts";
import { type Signal, widthOf } from "./settings.ts";
import { SLOTS_MAX, type Slot, type Source } from "./sources/source.ts";

export type Collected = {
  readonly signal: Signal;
  readonly source: Source;
  /** Of its system. */
  readonly cells: readonly string[];
};

/** Where a collector stands; only in memory, since the store says it too. */
export type Progress = { next: number | null };

export type CollectTerms = { readonly store: Store; readonly now: () => number };

/** A source with a long past is read until now in as many steps as fit into this: nothing is judged before. */
const CATCH_UP_MS = 5_000;

/**
 * Reads what is due, so much at once, and says what stood in the way. A slot that misses a cell is waited
 * for as long as the signal may be old; then it is kept as it is.
 */
export async function collect(
  terms: CollectTerms,
  collected: Collected,
  progress: Progress,
): Promise<string | null> {
  const began = performance.now();
  for (;;) {
    const got = await collectSome(terms, collected, progress);
    if (!got.ok) return got.says;
    if (!got.more || performance.now() - began > CATCH_UP_MS) return null;
  }
}

type Got = { readonly ok: true; readonly more: boolean } | { readonly ok: false; says: string };

async function collectSome(
  { store, now }: CollectTerms,
  { signal, source, cells }: Collected,
  progress: Progress,
): Promise<Got> {
  const { slotMs, settleMs } = signal.settings;
  const at = now();
  progress.next ??= await beginOf(store, signal, at);
  const closed = Math.floor((at - settleMs) / slotMs) * slotMs;
  const to = Math.min(closed, progress.next + SLOTS_MAX * slotMs);
  if (to <= progress.next) return { ok: true, more: false };
  const sampled = await source.sample({ from: progress.next, to, slotMs, cells });
  if (!sampled.ok) return sampled;
  const slots: SignalSlot[] = [];
  let next = progress.next;
  for (const slot of sampled.slots) {
    const known = fitting(signal, cells, slot);
    const young = slot.start + slotMs + settleMs + signal.freshMs > at;
    if (Object.keys(known).length < cells.length && young) break;
    if (Object.keys(known).length > 0)
      slots.push({ signal: signal.name, start: slot.start, width: slotMs, cells: known });
    next = slot.start + slotMs;
  }
  // A database that does not take them throws, and they are read again.
  await saveSlots(store.db, slots);
  progress.next = next;
  return { ok: true, more: next === to && to < closed };
}

/** Only cells that were asked for, with counts that fit; no source is trusted to keep to it. */
function fitting(signal: Signal, cells: readonly string[], slot: Slot): SignalSlot["cells"] {
  const width = widthOf(signal);
  const entries = cells.flatMap((cell) => {
    const counts = Object.hasOwn(slot.cells, cell) ? slot.cells[cell] : undefined;
    const fits = counts?.length === width && counts.every((n) => Number.isSafeInteger(n) && n >= 0);
    return fits ? [[cell, counts] as const] : [];
  });
  return Object.fromEntries(entries);
}

/** After the newest slot there is, or with as much of the past as the source can still tell. */
async function beginOf(
  store: Store,
  { name, kind, settings }: Signal,
  at: number,
): Promise<number> {
  const { slotMs, learnMs, keepDays } = settings;
  const newest = await newestSlot(store.db, name);
  const past = kind === "prometheus" ? (WEEKS + 1) * WEEK_MS : kind === "push" ? slotMs : learnMs;
  const from = at - Math.min(past, keepDays * 86_400_000);
  const next = newest === null ? from : Math.max(newest + slotMs, from);
  return Math.floor(next / slotMs) * slotMs;
}
