// SPDX-License-Identifier: Apache-2.0
/** The statistics of analysis: pure, synchronous, without a clock and without randomness. */
export {
  type CellSeries,
  type Guarantee,
  guaranteeOf,
  type Replay,
  type ReplayPlan,
  replayOf,
  replayWithoutChange,
} from "./aa.ts";
export {
  type Attribution,
  attribute,
  type Blame,
  type Cell,
  type Fault,
  type Suspect,
} from "./attribution.ts";
export { type Baseline, type Doubt, learnBaseline, splitContradicts } from "./baseline.ts";
export { culprits, lnCombined, type Weighed } from "./combine.ts";
export {
  beginComparison,
  type Comparison,
  type ComparisonState,
  compareSlot,
  type Evidence,
  type Expected,
  evidenceOf,
  openComparison,
  type Question,
  slotsToHalt,
  slotsToPromote,
} from "./comparison.ts";
export {
  addCounts,
  type CountQuestion,
  type Counts,
  type CountTest,
  countTest,
  lnHarm,
  lnMisSplit,
  NO_COUNTS,
  type Worse,
} from "./counts.ts";
export { doubtText } from "./doubts.ts";
export {
  type Alarm,
  addDropSlot,
  type DropQuestion,
  type DropState,
  type DropTest,
  dropAlarm,
  dropTest,
  lnDropRatio,
  noDrops,
} from "./drop.ts";
export {
  type Expectation,
  expectedOf,
  learnNoise,
  type Recent,
  recentLevel,
  type SlotHistory,
} from "./expected.ts";
export {
  addMoments,
  lnMeanHarm,
  type MeanQuestion,
  type Moments,
  meanDifference,
  NO_MOMENTS,
} from "./means.ts";
export {
  lnGoal,
  milliNats,
  missPpmOf,
  type Outcome,
  type Refusal,
  type RefusalCode,
} from "./outcome.ts";
export {
  addHistogram,
  addValues,
  type Grid,
  type Histogram,
  noValues,
  type QuantileBounds,
  type QuantileQuestion,
  quantileBounds,
  quantileEvidence,
  quantileGrid,
} from "./quantiles.ts";
export { type Separation, separate } from "./separation.ts";
export {
  type Levels,
  type SignalNow,
  type Verdict,
  type VerdictKind,
  verdictOf,
} from "./verdict.ts";
export { shownDuration, type Wait, type WaitQuestion, waitOf } from "./wait.ts";
