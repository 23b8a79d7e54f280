// SPDX-License-Identifier: Apache-2.0
/** A spread of numbers as bars; nothing in here draws. */
import type { ReplayResult } from "@interlock/protocol";

type Field = ReplayResult["fields"][number];
type Spread = NonNullable<Field["spread"]>;
type Size = { readonly width: number; readonly height: number };

export type Bar = Size & { readonly x: number; readonly y: number };
export type Mark = { readonly x: number; readonly what: "limit" | "still" };

/** Whether a field moves by more than its limits, as the comparison of replays has it. */
export function isPast({ limit, changedPpm, meanShift, maxShift }: Field): boolean {
  if (limit === null) return false;
  const over = (shift: number | null, most: number | null): boolean =>
    most !== null && (shift === null || Math.abs(shift) > most);
  return (
    (limit.changedPpm !== null && changedPpm > limit.changedPpm) ||
    over(meanShift, limit.meanShift) ||
    over(maxShift, limit.maxShift)
  );
}

/** Over all moves, no move, and the limit to both sides, so that what is past it is seen to be. */
export function barsOf(
  { least, most, counts }: Spread,
  limit: number | null,
  { width, height }: Size,
): { readonly bars: readonly Bar[]; readonly lines: readonly Mark[] } {
  const ends = [least, most, 0, ...(limit === null ? [] : [limit, -limit])];
  const [from, to] = [Math.min(...ends), Math.max(...ends)];
  const at = (value: number): number => ((value - from) / (to - from || 1)) * width;
  const highest = Math.max(1, ...counts);
  const step = (most - least) / counts.length;
  const bars = counts.flatMap((count, i): Bar[] => {
    if (count === 0) return [];
    const x = at(least + i * step);
    const high = Math.max(2, (count / highest) * height);
    return [
      { x, y: height - high, width: Math.max(2, at(least + (i + 1) * step) - x - 1), height: high },
    ];
  });
  const marks: Mark[] = [{ x: at(0), what: "still" }];
  if (limit !== null) marks.push({ x: at(limit), what: "limit" }, { x: at(-limit), what: "limit" });
  return { bars, lines: marks };
}
