// SPDX-License-Identifier: Apache-2.0
/** What is pushed is counted once: each series goes forward in time, and what is behind it is told from it. */
import {
  lockPushes,
  type PushedSeries,
  pushedSeries,
  readPushed,
  type Store,
  savePushed,
  transaction,
} from "@interlock/store";
import { type Signal, type SignalOf, widthOf } from "../settings.ts";
import type { Counted, Slot, Source } from "../sources/source.ts";
import type { Point } from "./points.ts";

export type Taken = {
  readonly accepted: number;
  /** Points that the signal does not know, that came twice, late or from the future. */
  readonly ignored: number;
};

/** Clocks of others may be ahead by so much. */
const AHEAD_MS = 60_000;
/** A request may bring what was held back for as long as this; slots that were read are closed. */
const LATE_MS = 600_000;
const SERIES_MAX = 10_000;

type Grown = { readonly cell: string; readonly start: number; readonly counts: readonly number[] };

/** Counts points of a signal. Sending the same again counts nothing: its time is not after the last. */
export async function takePoints(
  { store, now }: { readonly store: Store; readonly now: () => number },
  signal: SignalOf<"push">,
  cells: readonly string[],
  points: readonly Point[],
): Promise<Taken> {
  const at = now();
  const outcome = await transaction<Taken, never>(store, async (tx) => {
    await lockPushes(tx, signal.name);
    const known = new Map((await pushedSeries(tx, signal.name)).map((one) => [one.series, one]));
    const { series, added, taken } = counted({ signal, cells, at }, known, points);
    await savePushed(tx, signal.name, { series, added });
    return { ok: true, value: taken };
  });
  if (outcome.kind !== "committed") throw new Error(outcome.failure.message);
  return outcome.value;
}

type Around = {
  readonly signal: SignalOf<"push">;
  readonly cells: readonly string[];
  readonly at: number;
};

function counted(
  around: Around,
  known: ReadonlyMap<string, PushedSeries>,
  points: readonly Point[],
): { readonly series: readonly PushedSeries[]; readonly added: readonly Grown[]; taken: Taken } {
  const series = new Map(known);
  const changed = new Set<string>();
  const added = new Map<string, Grown>();
  let accepted = 0;
  const inOrder = [...points].sort((a, b) => (a.at ?? around.at) - (b.at ?? around.at));
  for (const point of inOrder) {
    const grown = grownBy(around, series, point);
    if (grown === null) continue;
    accepted += 1;
    for (const one of grown.series) {
      series.set(one.series, one);
      changed.add(one.series);
    }
    const key = `${grown.start} ${grown.cell}`;
    const before = added.get(key)?.counts ?? [];
    const { cell, start } = grown;
    added.set(key, { cell, start, counts: grown.counts.map((n, i) => n + (before[i] ?? 0)) });
  }
  return {
    series: [...changed].flatMap((name) => series.get(name) ?? []),
    added: [...added.values()],
    taken: { accepted, ignored: points.length - accepted },
  };
}

function grownBy(
  { signal, cells, at: now }: Around,
  known: ReadonlyMap<string, PushedSeries>,
  point: Point,
): (Grown & { readonly series: readonly PushedSeries[] }) | null {
  const { settings } = signal;
  const cell = point.labels[settings.cellLabel];
  const at = point.at ?? now;
  const slot = slotOf(signal, point.metric);
  if (cell === undefined || !cells.includes(cell) || slot === null) return null;
  if (at > now + AHEAD_MS || at < now - LATE_MS) return null;
  const counts = Array.from({ length: widthOf(signal) }, () => 0);
  const series: PushedSeries[] = [];
  for (const { upTo, count } of point.values) {
    const name = nameOf(point, upTo);
    const before = known.get(name);
    if (before !== undefined && at <= before.at) return null;
    if (before === undefined && known.size >= SERIES_MAX) return null;
    const started = point.startedAt ?? before?.started ?? null;
    series.push({ series: name, cell, value: count, started, at });
    const rise = riseOf(point, before, { at, count, slotMs: settings.slotMs });
    const k = signal.measures === "latency" ? bucketOf(settings.edges ?? [], upTo) : slot;
    counts[k] = Math.round((counts[k] ?? 0) + rise);
  }
  if (counts.some((n) => !Number.isSafeInteger(n))) return null;
  return { cell, start: Math.floor(at / settings.slotMs) * settings.slotMs, counts, series };
}

/** Which of a cell's counts a metric is; `null`: none. */
function slotOf({ settings }: SignalOf<"push">, metric: string): number | null {
  const bare = metric.replace(/_total$/, "");
  if (bare === settings.metric.replace(/_total$/, "")) return 0;
  return settings.of !== undefined && bare === settings.of.replace(/_total$/, "") ? 1 : null;
}

const bucketOf = (edges: readonly number[], upTo: number): number => {
  const k = edges.findIndex((edge) => upTo <= edge);
  return k < 0 ? edges.length : k;
};

function nameOf({ metric, labels }: Point, upTo: number): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([metric, sorted, String(upTo)]).slice(0, 4_000);
}

function riseOf(
  { kind, startedAt }: Point,
  before: PushedSeries | undefined,
  point: { readonly at: number; readonly count: number; readonly slotMs: number },
): number {
  const { at, count, slotMs } = point;
  if (kind === "delta") return count;
  if (before === undefined)
    // Seen for the first time: only what surely happened just now counts as now.
    return startedAt !== null && at - startedAt <= 2 * slotMs ? count : 0;
  const again =
    count < before.value ||
    (startedAt !== null && before.started !== null && startedAt > before.started);
  return again ? count : count - before.value;
}

/** Reads what was pushed. A cell's slot is whole once something came from the cell for a later time. */
export function pushSource(signal: SignalOf<"push">, store: Store): Source {
  return {
    sample: async ({ from, to, slotMs, cells }) => {
      const series = await pushedSeries(store.db, signal.name);
      const wanted = { signal: signal.name, cells, from, to };
      const pushed = await readPushed(store.db, wanted);
      const heard = heardOf(series);
      const slots: Slot[] = [];
      for (let start = from; start < to; start += slotMs) {
        const counted: Record<string, Counted> = {};
        for (const cell of cells) {
          // A series' last point covers the time up to it and no more.
          if ((heard.get(cell) ?? 0) < start + slotMs) continue;
          const own = pushed.find((one) => one.cell === cell && one.start === start);
          const counts = own?.counts ?? zeros(signal);
          counted[cell] = signal.measures === "errors" ? capped(counts) : counts;
        }
        slots.push({ start, cells: counted });
      }
      return { ok: true, slots };
    },
    close: () => Promise.resolve(),
  };
}

const zeros = (signal: Signal): Counted => Array.from({ length: widthOf(signal) }, () => 0);

const capped = ([errors = 0, of = 0]: Counted): Counted => [Math.min(errors, of), of];

/** When each cell was heard of last. */
function heardOf(series: readonly PushedSeries[]): ReadonlyMap<string, number> {
  const byCell = new Map<string, number>();
  for (const { cell, at } of series) byCell.set(cell, Math.max(byCell.get(cell) ?? 0, at));
  return byCell;
}
