// SPDX-License-Identifier: Apache-2.0
/** One harmless wave through the whole analysis of a server: nothing but the store is replaced. */
import type { SystemDescription } from "@interlock/controlplane";
import {
  advance,
  begin,
  controlOf,
  type Running,
  type World,
} from "../../src/signals/analysis/running.ts";
import { broughtForward, foundOf, saidOf } from "../../src/signals/analysis/together.ts";
import type { WaveAsked } from "../../src/signals/analysis/wave.ts";
import { readSignals, type Signal } from "../../src/signals/settings.ts";
import {
  CELLS,
  DAY,
  drawn,
  EDGES,
  type Kind,
  MINUTE,
  type Scenario,
  type Slot,
  START,
  WEEK,
} from "./traffic.ts";

const HOUR = 60 * MINUTE;
const WEEKS = 4;

/** Which cells have the change: a first wave, a late one, all of them. */
export const WAVES = { first: 1, late: 6, last: CELLS.length } as const;
export type WaveName = keyof typeof WAVES;

/** Traffic of one seed. */
export type Traffic = {
  readonly scenario: Scenario;
  readonly perMinute: number;
  readonly kinds: readonly Kind[];
  readonly seed: number;
  readonly minutes: number;
};

export type Run = Traffic & { readonly wave: WaveName };

export type Ran = {
  /** Minutes until a rollout was halted, of which none does harm; `null`: never. */
  readonly haltedAt: number | null;
  readonly promotedAt: number | null;
  /** Whether a rate of false halts was promised when the wave began. */
  readonly promised: boolean;
  /** Why not, and why it was halted. */
  readonly doubts: readonly string[];
  readonly because: readonly string[];
};

const MARGIN_PPM = 50_000;

function signalsOf(kinds: readonly Kind[]): readonly Signal[] {
  const settings = { metric: "m", of: "n", settleMs: 0, edges: EDGES };
  const weights = { orders: 700_000, errors: 200_000, latency: 100_000 } as const;
  const read = readSignals(
    kinds.map((kind) => ({
      ...{
        name: kind,
        system: "shop",
        kind: "push" as const,
        measures: kind,
        unit: kind,
        settings,
      },
      ...{ freshMs: 3 * MINUTE, minimumSamples: 0, weightPpm: weights[kind] },
    })),
  );
  if (!read.ok) throw new Error(read.says);
  return read.signals;
}

function systemOf(perMinute: number): SystemDescription {
  return {
    ...{
      name: "shop",
      tier: 1,
      ordersPerMinute: perMinute,
      asyncFailureMs: 0,
      lossBudgetOrders: 1_000,
    },
    cells: CELLS.map((id) => ({ id, region: "r", runs: "v1", sharePpm: 1_000_000 / CELLS.length })),
  };
}

/** Slots by their begin, for each signal. */
type Memory = Readonly<Record<Kind, ReadonlyMap<number, Slot>>>;

/** Everything that was and will be counted, whichever wave is looked at. */
export function remembered(run: Traffic): Memory {
  const memory = { orders: new Map(), errors: new Map(), latency: new Map() } as const;
  const keep = (kinds: readonly Kind[], from: number, to: number): void => {
    const slots = drawn(run.scenario, { ...run, kinds }, { from, to });
    for (const kind of kinds) for (const slot of slots[kind]) memory[kind].set(slot.start, slot);
  };
  const until = run.minutes * MINUTE;
  keep(run.kinds, START - DAY - 2 * HOUR, START + until);
  for (let week = 1; week <= WEEKS; week += 1) {
    const then = START - week * WEEK;
    keep(["orders"], then - DAY - 2 * HOUR, then + Math.max(until, 2 * HOUR) + HOUR);
  }
  return memory;
}

function worldOf(run: Run, memory: Memory, clock: { now: number }): World {
  // What is not over at the moment is not there yet.
  const read = (signal: Signal, start: number): readonly Slot[] => {
    const slot = memory[signal.measures].get(start);
    return slot === undefined || start + MINUTE > clock.now ? [] : [slot];
  };
  return {
    slots: {
      between: (signal, from, to) => {
        const slots: Slot[] = [];
        for (let start = Math.ceil(from / MINUTE) * MINUTE; start + MINUTE <= to; start += MINUTE)
          slots.push(...read(signal, start));
        return Promise.resolve(slots);
      },
      at: (signal, starts) => Promise.resolve(starts.flatMap((start) => read(signal, start))),
    },
    systems: [systemOf(run.perMinute)],
    signals: signalsOf(run.kinds),
    now: () => clock.now,
  };
}

function askedOf({ scenario, wave }: Run): readonly WaveAsked[] {
  const asked = (rollout: string, cells: readonly string[]): WaveAsked => ({
    ...{ rollout, system: "shop", wave: 0, since: START, began: START, cells },
    ...{ marginPpm: MARGIN_PPM, asyncFailureMs: 0 },
  });
  const own = asked("r1", CELLS.slice(0, WAVES[wave]));
  return scenario.other === true ? [own, asked("r2", CELLS.slice(-1))] : [own];
}

/** Runs a wave, a look each minute; until somebody is halted, for nobody should be. */
export async function ran(run: Run, memory: Memory): Promise<Ran> {
  const clock = { now: START };
  const world = worldOf(run, memory, clock);
  let running: readonly Running[] = [];
  for (const asked of askedOf(run)) {
    const control = controlOf(world, asked, running);
    const wave = await advance(world, await begin(world, { asked, control, from: START }));
    const own = { wave, askedAt: START, found: null };
    running = [...running, (await foundOf(world, [own], running))[0] ?? own];
  }
  const first = running.map((one) => saidOf(world, one));
  const promised = first.every((said) => said.promised);
  const doubts = [...new Set(first.flatMap(({ signals }) => signals.flatMap((s) => s.doubts)))];
  let promotedAt: number | null = null;
  for (let minute = 1; minute <= run.minutes; minute += 1) {
    clock.now += MINUTE;
    running = await broughtForward(world, running);
    const said = running.map((one) => saidOf(world, one));
    const halted = said.find(({ signals }) => signals.some(({ outcome }) => outcome === "failed"));
    if (halted !== undefined)
      return { haltedAt: minute, promotedAt, promised, doubts, because: halted.because };
    if (said[0]?.kind === "promote") promotedAt ??= minute;
  }
  return { haltedAt: null, promotedAt, promised, doubts, because: [] };
}
