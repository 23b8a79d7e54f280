// SPDX-License-Identifier: Apache-2.0
/** Drivers of control planes that people run. */
export * from "./data/index.ts";
export { PAGE_MAX } from "./limits.ts";
export { openTarget, settingsFaults, type TargetPlace } from "./open.ts";
export type { OtherWriter, OtherWriters } from "./others.ts";
export { isSame, planWrites, type WritePlan } from "./plan.ts";
export { type ReadBack, readBack } from "./read-back.ts";
export type { Secrets } from "./secrets.ts";
export type { SettingsFault } from "./settings.ts";
export {
  type Answered,
  BATCH_ITEMS_MAX,
  type Batch,
  type BatchItem,
  type CellRead,
  type Health,
  type Held,
  KEY_BYTES_MAX,
  type Listed,
  type Page,
  type Seen,
  type Target,
  type TargetFailure,
  type Unsettled,
  VALUE_BYTES_MAX,
  type WriteOutcome,
} from "./target.ts";
export { type LastWriter, WRITER_AT_MAX, WRITER_TEXT_MAX, type WriterAsked } from "./writer.ts";
