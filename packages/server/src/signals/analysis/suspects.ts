// SPDX-License-Identifier: Apache-2.0
/** Which of the rollouts that run at once a harm may come from. Pure. */
import { type Attribution, attribute, type Cell, type Fault, type Suspect } from "@interlock/judge";
import type { Signal } from "../settings.ts";
import type { PastSlot } from "./past.ts";
import type { WaveState } from "./wave.ts";

/** What was found out about a harm that several rollouts may have done. */
export type Found = {
  readonly signal: string;
  readonly at: number;
  /** Rollouts to halt: everything that it may be. */
  readonly halt: readonly string[];
  readonly noneOfThesePpm: number;
  readonly cannotBeToldApart: readonly (readonly string[])[];
  readonly blames: readonly { readonly rollout: string; readonly blamePpm: number }[];
};

const FAULTS_MAX = 200_000;
/** Below this a rollout is the likeliest cause of nothing, and "none of these" is the answer. */
const NONE_PPM = 950_000;

/**
 * Blames rollouts for a harm of a signal. `surely`: the changed cells of one of them were shown to be
 * worse than the others, so that somebody is halted whatever the blame says.
 */
export function suspectsOf(
  waves: readonly WaveState[],
  signal: Signal,
  slots: readonly PastSlot[],
  { surely, at }: { readonly surely: boolean; readonly at: number },
): Found {
  const suspects: readonly Suspect[] = waves.map(({ asked }) => ({
    id: asked.rollout,
    exposure: asked.cells.map((cell) => ({ cell, sinceMs: asked.began })),
    distance: null,
  }));
  const everybody = waves.map(({ asked }) => asked.rollout).sort();
  const { cells, faults } = faultsIn(signal, slots, Math.min(...waves.map((w) => w.asked.began)));
  const blamed = attribute(suspects, cells, faults.slice(-FAULTS_MAX));
  // What cannot be attributed may be anybody's.
  if (!blamed.ok)
    return {
      ...{ signal: signal.name, at, halt: everybody, noneOfThesePpm: 0 },
      ...{ cannotBeToldApart: everybody.length > 1 ? [everybody] : [], blames: [] },
    };
  return { signal: signal.name, at, ...foundIn(blamed.value, everybody, surely) };
}

function foundIn(
  { blames, noneOfThesePpm, cannotBeToldApart, halt }: Attribution,
  everybody: readonly string[],
  surely: boolean,
): Omit<Found, "signal" | "at"> {
  const some = surely && halt.length === 0 ? everybody : halt;
  return {
    halt: !surely && noneOfThesePpm >= NONE_PPM ? [] : some,
    ...{ noneOfThesePpm, cannotBeToldApart },
    blames: blames.map(({ id, blamePpm }) => ({ rollout: id, blamePpm })),
  };
}

/** Orders that did not come, or errors that did, by cell and slot. */
function faultsIn(
  signal: Signal,
  slots: readonly PastSlot[],
  began: number,
): { readonly cells: readonly Cell[]; readonly faults: readonly Fault[] } {
  const before = new Map<string, { sum: number; slots: number }>();
  for (const { start, cells } of slots) {
    if (start + signal.settings.slotMs > began) break;
    for (const [cell, [n = 0]] of Object.entries(cells)) {
      const known = before.get(cell) ?? { sum: 0, slots: 0 };
      before.set(cell, { sum: known.sum + n, slots: known.slots + 1 });
    }
  }
  const exposed = new Map<string, number>();
  const faults: Fault[] = [];
  for (const { start, cells } of slots) {
    for (const [cell, counts] of Object.entries(cells)) {
      const { sum, slots: n } = before.get(cell) ?? { sum: 0, slots: 0 };
      const usual = n === 0 ? 0 : sum / n;
      const [own = 0, of] = counts;
      exposed.set(cell, (exposed.get(cell) ?? 0) + Math.round(of ?? usual));
      const count = signal.measures === "errors" ? own : lostIn(usual, own);
      if (count > 0) faults.push({ cell, atMs: start, count });
    }
  }
  const all = [...exposed].map(([cell, exposureCount]) => ({
    ...{ cell, stratum: signal.system, exposureCount },
  }));
  return { cells: all.sort((a, b) => (a.cell < b.cell ? -1 : 1)), faults };
}

/** Three standard deviations are chance; what lies beyond was lost. */
function lostIn(usual: number, own: number): number {
  return own < usual - 3 * Math.sqrt(usual) ? Math.round(usual - own) : 0;
}
