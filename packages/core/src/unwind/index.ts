// SPDX-License-Identifier: Apache-2.0
export type { Operation, ReadsFrom, Rerun, Value, Values, Write } from "./history.ts";
export {
  planUnwind,
  UNWIND_ACTIONS,
  UNWIND_REASONS,
  type UnwindKey,
  type UnwindPlan,
  type UnwindRequest,
  unwindApprovals,
  unwindWrites,
} from "./plan.ts";
export type { Left } from "./replay.ts";
