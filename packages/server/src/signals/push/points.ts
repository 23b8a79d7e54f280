// SPDX-License-Identifier: Apache-2.0
/** One value of a counter that somebody pushed, whatever the format. */
export type Point = {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `delta`: events since the last point; `total`: events since `startedAt`, or since nobody knows when. */
  readonly kind: "delta" | "total";
  /** For histograms: counts by upper edge, each bucket alone; otherwise one value. */
  readonly values: readonly { readonly upTo: number; readonly count: number }[];
  /** Milliseconds since 1970 UTC. */
  readonly startedAt: number | null;
  /** `null`: now. */
  readonly at: number | null;
};

export type PointsRead =
  | { readonly ok: true; readonly points: readonly Point[] }
  | { readonly ok: false; readonly says: string };

/** Points of one request. */
export const POINTS_MAX = 10_000;

export const unreadable = (says: string): { readonly ok: false; readonly says: string } => ({
  ok: false,
  says,
});
