// SPDX-License-Identifier: Apache-2.0
export type { HistoryCommit, HistoryFile } from "./commit.ts";
export {
  type FeatureValues,
  HISTORY_FEATURES,
  type HistoryFeature,
  type Measured,
} from "./features.ts";
export { type HistoryIndex, historyIndex, observe } from "./history-index.ts";
export { measure } from "./measure.ts";
export { HISTORY_LIMITS, type Limits } from "./past.ts";
