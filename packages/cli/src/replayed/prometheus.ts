// SPDX-License-Identifier: Apache-2.0
import { GateError } from "@interlock/core";
import { prometheusSource, readSignals, secretsOfMachine } from "@interlock/server";
import type { Series, Slots } from "./csv.ts";

/** Slots of one question. */
const AT_ONCE = 1_000;

/** Counts that a Prometheus server remembers; slots that it was not told are `null`. */
export async function seriesFromPrometheus(
  place: { readonly url: string; readonly query: string; readonly header: string | undefined },
  { from, to, slotMs, cells }: Slots,
): Promise<Series> {
  const headers = place.header === undefined ? {} : { authorization: place.header };
  const read = readSignals([
    {
      ...{ name: "replayed", system: "replayed", kind: "prometheus", measures: "orders" },
      settings: { url: place.url, counter: place.query, slotMs, headers },
      ...{ unit: "events", freshMs: slotMs, minimumSamples: 0, weightPpm: 1_000_000 },
    },
  ]);
  if (!read.ok) throw new GateError("USAGE", read.says, "see `interlock judge aa --help`");
  const [signal] = read.signals;
  if (signal?.kind !== "prometheus") throw new Error("invariant broken: it was one of Prometheus");
  const source = prometheusSource(signal, { fetch, secrets: secretsOfMachine });
  const series: Series = cells.map(() => []);
  for (let start = from; start + slotMs <= to; start += AT_ONCE * slotMs) {
    const end = Math.min(
      start + AT_ONCE * slotMs,
      start + Math.floor((to - start) / slotMs) * slotMs,
    );
    const got = await source.sample({ from: start, to: end, slotMs, cells });
    if (!got.ok)
      throw new GateError(
        "INPUT_UNREADABLE",
        `\`${place.url}\`: ${got.says}`,
        "look whether the server answers, and try the query there",
      );
    for (const slot of got.slots)
      for (const [i, cell] of cells.entries()) series[i]?.push(slot.cells[cell]?.[0] ?? null);
  }
  return series;
}
