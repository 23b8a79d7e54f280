// SPDX-License-Identifier: Apache-2.0
export { beginRollout } from "./begin.ts";
export {
  checkPlan,
  type EmergencyTerms,
  NO_EMERGENCY,
  PLAN_PROBLEMS,
  type PlanProblem,
  type PlanTerms,
} from "./check.ts";
export { type Conflict, conflictsAmong, type Pending, pendingOf } from "./conflicts.ts";
export {
  type Content,
  type Effect as RolloutEffect,
  type EffectKind,
  type EffectOf,
  NOTICES,
  type Notice,
  ROLLOUT_ENTRIES,
  type RolloutEntry,
} from "./effect.ts";
export type { Report, Request, RolloutEvent, Verdict, WriteResult } from "./event.ts";
export { ROLLOUT_FAILURES, type RolloutFailure, type RolloutFailureCode } from "./failure.ts";
export { backoffMs, jitterMs } from "./jitter.ts";
export { detectionDelay, type Loss, lossOf, type WaveLoss } from "./loss.ts";
export { NEXT, type NextAct, nextAct } from "./next.ts";
export { decodeState, encodeState } from "./persist.ts";
export {
  type Bake,
  type Ceiling,
  type Cell,
  DEFAULT_CEILING,
  type Detection,
  exposureAt,
  levelsAfter,
  type Plan,
  planDigest,
  type Wave,
  type WaveStep,
} from "./plan.ts";
export { admitPlan, type Planned, type PlanRequest, planRollout } from "./planner.ts";
export { SOLO_WINDOW_MS, type SoloExposure, soloExposure, withinCeiling } from "./solo.ts";
export {
  type CellState,
  PHASES,
  type Phase,
  type Proven,
  type RolloutState,
  STATE_VERSION,
} from "./state.ts";
export { type Step, step, TICK_MAX_MS } from "./step.ts";
export { inFlight } from "./stop.ts";
export { mayReturnTo } from "./way-back.ts";
