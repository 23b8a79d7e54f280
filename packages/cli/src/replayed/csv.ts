// SPDX-License-Identifier: Apache-2.0
import { GateError } from "@interlock/core";

/** Which slots, and whose. */
export type Slots = {
  readonly from: number;
  readonly to: number;
  readonly slotMs: number;
  readonly cells: readonly string[];
};

/** Cells by slots, as a replay takes them. */
export type Series = (number | null)[][];

/** A number or a name never has a comma in it here, so no quotes are read. */
const ROWS_MAX = 20_000_000;

/**
 * Counts from `time,cell,count` lines; times as RFC 3339 or milliseconds. Several lines of a slot add
 * up. A slot of which there is no line was not read: zeros have to be written.
 */
export function seriesFromCsv(text: string, slots: Slots): Series {
  const { from, to, slotMs, cells } = slots;
  const series: Series = cells.map(() =>
    Array.from({ length: Math.floor((to - from) / slotMs) }, () => null),
  );
  const index = new Map(cells.map((cell, i) => [cell, i]));
  const lines = text.split(/\r?\n/);
  if (lines.length > ROWS_MAX) throw wrong(0, `more than ${ROWS_MAX} lines`);
  for (const [i, line] of lines.entries()) {
    if (line.trim() === "" || (i === 0 && /^time,/i.test(line))) continue;
    const [time = "", cell = "", count = "", ...more] = line.split(",").map((part) => part.trim());
    const at = /^\d+$/.test(time) ? Number(time) : Date.parse(time);
    const n = count === "" ? Number.NaN : Number(count);
    if (more.length > 0 || Number.isNaN(at) || !Number.isSafeInteger(n) || n < 0)
      throw wrong(i + 1, "it is not `time,cell,count`");
    const own = series[index.get(cell) ?? -1];
    const slot = Math.floor((at - from) / slotMs);
    if (own === undefined || slot < 0 || slot >= own.length) continue;
    own[slot] = (own[slot] ?? 0) + n;
  }
  return series;
}

const wrong = (line: number, says: string): GateError =>
  new GateError(
    "INPUT_INVALID",
    line === 0 ? says : `line ${line}: ${says}`,
    "write a line `2026-03-02T12:00:00Z,eu-1,117` for each slot and cell, zeros too",
  );
