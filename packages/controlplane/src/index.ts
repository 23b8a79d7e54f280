// SPDX-License-Identifier: Apache-2.0
/** The description of a control plane: targets, cells, config sets, signals. */
export type {
  CellDescription,
  ConfigSet,
  Description,
  EmergencyLane,
  FieldLimits,
  Invariant,
  Part,
  Reference,
  Replay,
  SetLimits,
  SignalDescription,
  SystemDescription,
  TargetDescription,
} from "./description.ts";
export { CONTROL_PLANE_SCHEMAS } from "./json-schema.ts";
export { wholeIn, wholeOf } from "./parts.ts";
export {
  type ReadDescription,
  type ReadOptions,
  readDescription,
  type SettingsProblem,
} from "./read/description.ts";
export { compareReplay } from "./replay/compare.ts";
export type {
  FieldShift,
  ReplayAnswer,
  ReplayBreach,
  ReplayComparison,
  ReplayExample,
} from "./replay/comparison.ts";
export { type Spread, spreadOf } from "./replay/spread.ts";
export { type CellContents, type CheckedSet, checkSet, type KeyContent } from "./set/check.ts";
export { coversKey } from "./set/covers.ts";
export {
  type BranchChange,
  type Deliveries,
  type Delivery,
  type DeliveryProblem,
  deliveriesOf,
} from "./set/deliveries.ts";
export type { Delta, DeltaKind, DeltaSummary } from "./set/deltas.ts";
export { SET_FINDINGS, type SetFinding } from "./set/finding.ts";
export { keysOfSet } from "./set/held.ts";
export { type StandingFile, standingIn } from "./set/standing.ts";
