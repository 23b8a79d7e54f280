// SPDX-License-Identifier: Apache-2.0
/** Analyses as they are stored: begun, brought forward by the slots that came since, kept. */
import type { SystemDescription } from "@interlock/controlplane";
import {
  readSlots,
  readSlotsAt,
  type Store,
  type StoredAnalysis,
  saveAnalysis,
} from "@interlock/store";
import type { Signal } from "../settings.ts";
import { type Asked, WEEK_MS, WEEKS } from "./levels.ts";
import type { PastSlot } from "./past.ts";
import type { Found } from "./suspects.ts";
import {
  addToSignal,
  beginSignal,
  type SignalState,
  type WaveAsked,
  type WaveState,
} from "./wave.ts";

/** A wave with what is known beside its statistics. */
export type Running = {
  readonly wave: WaveState;
  /** When somebody asked last, in milliseconds since 1970 UTC. */
  readonly askedAt: number;
  readonly found: Found | null;
};

/** Where slots are read: the store, or a simulation's memory. */
export type SlotReader = {
  /** Slots of the signal that begin from `from` on and end by `to`, oldest first. */
  readonly between: (signal: Signal, from: number, to: number) => Promise<readonly PastSlot[]>;
  readonly at: (signal: Signal, starts: readonly number[]) => Promise<readonly PastSlot[]>;
};

export type World = {
  readonly slots: SlotReader;
  readonly systems: readonly SystemDescription[];
  readonly signals: readonly Signal[];
  readonly now: () => number;
};

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** A wave that is far behind catches up in several steps. */
const SLOTS_AT_ONCE = 5_000;
/** Where the past taught nothing it is looked at again: a source may still bring it. */
const AGAIN_MS = 60_000;

/** What is written is read again by this program alone, or one that knows the version. */
export function runningIn(row: StoredAnalysis): Running | null {
  const kept = JSON.parse(row.state) as Running;
  return kept.wave.version === 2 ? kept : null;
}

export async function keep(
  { store, now }: { readonly store: Store; readonly now: () => number },
  { wave, askedAt, found }: Running,
): Promise<void> {
  const { rollout, system, wave: index } = wave.asked;
  const next = Math.max(0, ...wave.signals.map((signal) => signal.next));
  const state = JSON.stringify({ wave, askedAt, found });
  await saveAnalysis(store.db, {
    ...{ rollout, wave: index, system, running: true, next, state, at: now() },
  });
}

/** The signals of the wave's system, each with who is compared with whom. */
export function askedIn(
  world: World,
  wave: Pick<WaveState, "asked" | "control">,
): readonly Asked[] {
  const { asked, control } = wave;
  const system = world.systems.find(({ name }) => name === asked.system);
  const signals = world.signals.filter((signal) => signal.system === asked.system);
  const changed = [...asked.cells].sort();
  const changedPpm = (system?.cells ?? [])
    .filter(({ id }) => changed.includes(id))
    .reduce((sum, { sharePpm }) => sum + sharePpm, 0);
  return signals.map((signal) => ({
    ...{ signal, changed, control, changedPpm, marginPpm: asked.marginPpm },
    together: signals.length,
  }));
}

/** The cells to compare with: those that neither this rollout nor another that runs has changed. */
export function controlOf(
  { systems }: World,
  asked: WaveAsked,
  others: readonly Running[],
): readonly string[] {
  const system = systems.find(({ name }) => name === asked.system);
  const own = new Set(asked.cells);
  const left = (system?.cells ?? []).map(({ id }) => id).filter((id) => !own.has(id));
  const taken = new Set(
    others
      .filter(({ wave }) => wave.asked.rollout !== asked.rollout)
      .filter(({ wave }) => wave.asked.system === asked.system)
      .flatMap(({ wave }) => wave.asked.cells),
  );
  const free = left.filter((id) => !taken.has(id));
  return (free.length > 0 ? free : left).sort();
}

/** Begins, or begins anew where who is compared with whom is no longer the same. */
export async function begin(
  world: World,
  given: { readonly asked: WaveAsked; readonly control: readonly string[]; readonly from: number },
): Promise<WaveState> {
  const { asked, control, from } = given;
  const signals: SignalState[] = [];
  for (const one of askedIn(world, { asked, control }))
    signals.push(await begun(world, { asked, from }, one));
  return { version: 2, asked, control, from, signals };
}

async function begun(
  { slots, systems, now }: World,
  { asked, from }: { readonly asked: WaveAsked; readonly from: number },
  one: Asked,
): Promise<SignalState> {
  const { began } = asked;
  const { signal } = one;
  const past = await slots.between(signal, began - signal.settings.learnMs, began);
  const allCells =
    systems.find(({ name }) => name === asked.system)?.cells.map(({ id }) => id) ?? [];
  const weeks = new Map<number, PastSlot>();
  if (signal.measures === "orders")
    for (let week = 0; week <= WEEKS; week += 1) {
      // Clocks that changed in between shift the same local hour by one.
      const end = began - week * WEEK_MS + (week === 0 ? 0 : 2 * HOUR_MS);
      const start = began - week * WEEK_MS - DAY_MS - 2 * HOUR_MS;
      for (const slot of await slots.between(signal, start, end)) weeks.set(slot.start, slot);
    }
  return beginSignal(one, { began, from, allCells }, { past, weeks, now: now() });
}

/** Slots of the width that the signal has now; what was kept with another says nothing any more. */
export function slotsIn({ db }: Store): SlotReader {
  return {
    between: async ({ name, settings }, from, to) => {
      const slots = await readSlots(db, { signal: name, from, to: to - settings.slotMs + 1 });
      return slots.filter(({ width }) => width === settings.slotMs);
    },
    at: async ({ name }, starts) => await readSlotsAt(db, name, starts),
  };
}

/** Counts what came since. */
export async function advance(world: World, wave: WaveState): Promise<WaveState> {
  const signals: SignalState[] = [];
  for (const one of askedIn(world, wave)) {
    const known = wave.signals.find(({ name }) => name === one.signal.name);
    const again =
      known === undefined ||
      (known.learned.kind === "nothing" && world.now() - known.learned.triedAt >= AGAIN_MS);
    const state = again ? await begun(world, wave, one) : known;
    signals.push(await advanced(world, one, state));
  }
  return { ...wave, signals };
}

async function advanced(
  { slots: reader, now }: World,
  asked: Asked,
  state: SignalState,
): Promise<SignalState> {
  const { signal } = asked;
  const { slotMs, timeZone } = signal.settings;
  const to = Math.min(now() + slotMs, state.next + SLOTS_AT_ONCE * slotMs);
  const slots = await reader.between(signal, state.next, to);
  if (slots.length === 0) return state;
  const weeks = new Map<number, PastSlot>();
  if (state.learned.kind === "orders" && state.learned.history !== null) {
    const shifts = timeZone === "UTC" ? [0] : [0, HOUR_MS, -HOUR_MS];
    const starts = slots.flatMap(({ start }) =>
      Array.from({ length: WEEKS }, (_, w) =>
        shifts.map((shift) => start - (w + 1) * WEEK_MS + shift),
      ).flat(),
    );
    for (const slot of await reader.at(signal, starts)) weeks.set(slot.start, slot);
  }
  return slots.reduce((next, slot) => addToSignal(next, asked, slot, weeks), state);
}

/** Slots from two hours before the first of these waves began. */
export async function slotsAround(
  { slots, now }: World,
  waves: readonly WaveState[],
  signal: Signal,
): Promise<readonly PastSlot[]> {
  const first = Math.min(...waves.map(({ asked }) => asked.began));
  const from = Math.max(first - 2 * HOUR_MS, now() - 3 * DAY_MS);
  return await slots.between(signal, from, now() + signal.settings.slotMs);
}
