// SPDX-License-Identifier: Apache-2.0
/** What answers the questions of a rollout: a judge, a clock, or the test that knows everything. */
import type { Levels, Past } from "./exposure.ts";

export type Answer = {
  readonly outcome: "successful" | "failed" | "inconclusive";
  /** Orders seen in the changed part. */
  readonly samples: number;
  readonly excludesPpm: number;
};

/** Evidence against the limit at which it halts, both in nats. */
export type Point = { readonly second: number; readonly evidence: number; readonly limit: number };

/** Looks at one wave, from the second in which it was whole. */
export type Watch = {
  readonly look: (past: Past, now: number) => Answer;
  /** What it saw, for a chart. */
  readonly points: readonly Point[];
};

/** Makes a watch for a wave with these levels. `sinceS`: when it was whole. */
export type WatchMaker = (past: Past, levels: Levels, sinceS: number) => Watch;

/** A team that only lets time pass: whatever happens, the bake ends well. */
export const clockWatch: WatchMaker = () => ({
  look: () => ({ outcome: "successful", samples: 1_000_000, excludesPpm: 0 }),
  points: [],
});
