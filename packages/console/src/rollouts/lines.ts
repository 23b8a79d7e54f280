// SPDX-License-Identifier: Apache-2.0

/** One slot of a signal. */
export type Point = {
  /** Its begin, milliseconds since 1970 UTC. */
  readonly start: number;
  readonly value: number | null;
  readonly expected: number | null;
  readonly limit: number | null;
};

/** With a hole where slots were not read, so that no line is drawn over what nobody knows. */
export function withHoles(points: readonly Point[], slotMs: number): readonly Point[] {
  return points.flatMap((point, at) => {
    const before = points[at - 1];
    if (before === undefined || point.start - before.start <= slotMs) return [point];
    const hole = { start: before.start + slotMs, value: null, expected: null, limit: null };
    return [hole, point];
  });
}

/** The lines of a chart, told apart by dashes as well as by colour; the same in its legend. */
export const LINES: readonly Line[] = [
  { of: "value", name: "changed cells", color: "--accent", dash: [], width: 2 },
  {
    ...{ of: "expected", name: "expected of them, by the unchanged cells" },
    ...{ color: "--muted", dash: [6, 4], width: 1.5 },
  },
  {
    ...{ of: "limit", name: "limit, beyond which one slot alone stands out" },
    ...{ color: "--meaning-stopped", dash: [2, 3], width: 1.5 },
  },
];

type Line = {
  readonly of: Exclude<keyof Point, "start">;
  readonly name: string;
  /** Custom property of `styles/tokens.css`. */
  readonly color: string;
  readonly dash: readonly number[];
  readonly width: number;
};
