// SPDX-License-Identifier: Apache-2.0
/** Counters of a Prometheus server, by https://prometheus.io/docs/prometheus/latest/querying/api/. */
import { z } from "zod";
import type { Signal, SignalOf } from "../settings.ts";
import { type AskTerms, askJson } from "./asking.ts";
import { type Counted, failedToSample, type Slot, type Source, type Span } from "./source.ts";

/** Points a series; Prometheus itself refuses more than 11,000. */
const POINTS_MAX = 10_000;
const SERIES_MAX = 20_000;

const ANSWER = z.object({
  status: z.literal("success"),
  data: z.object({
    resultType: z.literal("matrix"),
    result: z
      .array(
        z.object({
          metric: z.record(z.string(), z.string()),
          values: z.array(z.tuple([z.number(), z.string()])).max(POINTS_MAX),
        }),
      )
      .max(SERIES_MAX),
  }),
});

/** One counter at the edges of the slots; `null` where it was not scraped within the freshness limit. */
export type Series = {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly (number | null)[];
};

type Got = { readonly ok: true; readonly series: readonly Series[] } | { ok: false; says: string };

/** Reads raw counters at the edges of slots and counts itself: rates of Prometheus are extrapolated. */
export function prometheusSource(
  signal: SignalOf<"prometheus">,
  terms: Omit<AskTerms, "headers">,
): Source {
  const asking = { ...terms, headers: signal.settings.headers };
  return {
    sample: async (span) => {
      const own = await countsOf(signal.settings.counter);
      if (!own.ok) return own;
      const of = signal.settings.of;
      if (of === undefined) return { ok: true, slots: own.slots };
      const requests = await countsOf(of);
      if (!requests.ok) return requests;
      return { ok: true, slots: joined(own.slots, requests.slots, span) };

      async function countsOf(
        selector: string,
      ): Promise<{ ok: true; slots: readonly Slot[] } | { ok: false; says: string }> {
        const byCell = await seriesByCell(signal, asking, { selector, span });
        if (!byCell.ok) return byCell;
        return { ok: true, slots: slotsOf(signal, byCell.cells, span) };
      }
    },
    close: () => Promise.resolve(),
  };
}

type ByCell = ReadonlyMap<string, readonly Series[]>;

async function seriesByCell(
  { settings, freshMs }: SignalOf<"prometheus">,
  asking: AskTerms,
  { selector, span }: { readonly selector: string; readonly span: Span },
): Promise<{ ok: true; cells: ByCell } | { ok: false; says: string }> {
  const cells = new Map<string, readonly Series[]>();
  const at = { url: settings.url, freshMs, span };
  if (selector.includes("{cell}")) {
    for (const cell of span.cells) {
      const query = selector.replaceAll("{cell}", inQuotes(cell));
      const got = await seriesOf(asking, { ...at, query });
      if (!got.ok) return got;
      cells.set(cell, got.series);
    }
    return { ok: true, cells };
  }
  const got = await seriesOf(asking, { ...at, query: selector });
  if (!got.ok) return got;
  for (const cell of span.cells)
    cells.set(
      cell,
      got.series.filter(({ labels }) => labels[settings.cellLabel] === cell),
    );
  return { ok: true, cells };
}

/** As the value of a label in a query stands, which is written like a string of Go. */
const inQuotes = (cell: string): string => JSON.stringify(cell).slice(1, -1);

type Asking = {
  readonly url: string;
  readonly query: string;
  readonly freshMs: number;
  readonly span: Span;
};

async function seriesOf(asking: AskTerms, asked: Asking): Promise<Got> {
  const values = await matrixOf(asking, asked, asked.query);
  if (!values.ok) return values;
  // Prometheus goes on to answer with the last value for five minutes: only its time says how old it is.
  const times = await matrixOf(asking, asked, `timestamp(${asked.query})`);
  if (!times.ok) return times;
  const scraped = new Map(times.series.map((one) => [nameOf(one), one.values]));
  const { from, slotMs } = asked.span;
  const series = values.series.map((one) => {
    const at = scraped.get(nameOf(one));
    const fresh = one.values.map((value, i) => {
      const edge = from + i * slotMs;
      const time = at?.[i] ?? null;
      return time !== null && edge - time * 1_000 <= asked.freshMs ? value : null;
    });
    return { labels: one.labels, values: fresh };
  });
  return { ok: true, series };
}

/** `timestamp()` leaves the name out. */
function nameOf({ labels }: Series): string {
  return JSON.stringify(
    Object.entries(labels)
      .filter(([label]) => label !== "__name__")
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

async function matrixOf(asking: AskTerms, { url, span }: Asking, query: string): Promise<Got> {
  const { from, to, slotMs } = span;
  const place = new URL(`${url.replace(/\/$/, "")}/api/v1/query_range`);
  const form = new URLSearchParams({
    query,
    start: String(from / 1_000),
    end: String(to / 1_000),
    step: String(slotMs / 1_000),
  });
  const asked = await askJson(asking, place, form);
  if (!asked.ok) return asked;
  const read = ANSWER.safeParse(asked.body);
  if (!read.success) return failedToSample("it did not answer with a range of series");
  const edges = Math.round((to - from) / slotMs) + 1;
  const series = read.data.data.result.map(({ metric, values }) => {
    const at: (number | null)[] = Array.from({ length: edges }, () => null);
    for (const [seconds, text] of values) {
      const edge = Math.round((seconds * 1_000 - from) / slotMs);
      const value = Number(text);
      if (edge >= 0 && edge < edges && Number.isFinite(value) && value >= 0) at[edge] = value;
    }
    return { labels: metric, values: at };
  });
  return { ok: true, series };
}

function slotsOf(signal: SignalOf<"prometheus">, cells: ByCell, span: Span): readonly Slot[] {
  const count = Math.round((span.to - span.from) / span.slotMs);
  return Array.from({ length: count }, (_, i) => {
    const counted: Record<string, Counted> = {};
    for (const [cell, series] of cells) {
      const found =
        signal.measures === "latency"
          ? bucketsIn(series, i, signal)
          : oneOrNone(increaseIn(series, i));
      if (found !== null) counted[cell] = found;
    }
    return { start: span.from + i * span.slotMs, cells: counted };
  });
}

const oneOrNone = (n: number | null): Counted | null => (n === null ? null : [n]);

/**
 * What the counters of a cell rose by in slot `i`. One that fell began again at zero. One that was not
 * there at the slot's begin is new beside others, such as that of a process which was started; where
 * none was there, nobody knows since when it counts.
 */
export function increaseIn(series: readonly Series[], i: number): number | null {
  let [sum, known] = [0, false];
  for (const { values } of series) {
    const [before, after] = [values[i] ?? null, values[i + 1] ?? null];
    if (before === null || after === null) continue;
    known = true;
    sum += after >= before ? after - before : after;
  }
  if (!known) return null;
  for (const { values } of series) {
    const after = values[i + 1] ?? null;
    const isNew = values.slice(0, i + 1).every((value) => value === null);
    if (isNew && after !== null) sum += after;
  }
  return Math.round(sum);
}

/** Histograms are cumulative over `le` (https://prometheus.io/docs/concepts/metric_types/). */
function bucketsIn(series: readonly Series[], i: number, signal: Signal): Counted | null {
  const edges = [...(signal.settings.edges ?? []), Number.POSITIVE_INFINITY];
  const upTo: number[] = [];
  for (const edge of edges) {
    const own = series.filter(({ labels }) => numberOf(labels["le"]) === edge);
    const count = increaseIn(own, i);
    if (count === null) return null;
    upTo.push(count);
  }
  return upTo.map((n, k) => Math.max(0, n - (upTo[k - 1] ?? 0)));
}

const numberOf = (le: string | undefined): number =>
  le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le ?? "none");

/** A counter of errors may not be there before the first one: where requests were counted, that is none. */
function joined(own: readonly Slot[], of: readonly Slot[], span: Span): readonly Slot[] {
  return of.map(({ start, cells }, i) => {
    const counted: Record<string, Counted> = {};
    for (const cell of span.cells) {
      const requests = cells[cell]?.[0];
      if (requests === undefined) continue;
      const errors = own[i]?.cells[cell]?.[0] ?? 0;
      // Two scrapes apart, errors of one slot can belong to requests of the one before.
      counted[cell] = [Math.min(errors, requests), requests];
    }
    return { start, cells: counted };
  });
}
