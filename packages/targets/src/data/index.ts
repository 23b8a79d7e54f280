// SPDX-License-Identifier: Apache-2.0
export {
  DATA_LIMITS,
  type DataAnswer,
  type DataFailure,
  type DataFix,
  type DataStatement,
  type DataTerms,
  type RunOf,
  type SetColumn,
  type Touched,
  type Touches,
} from "./fix.ts";
export { hasJournal, JOURNAL_SQL, prepareJournal } from "./journal.ts";
export { type FixPlan, planDataUnwind, planFix, type UnwindPlanned } from "./plan.ts";
export { type Progress, type Ran, runFix } from "./run.ts";
export { type RunRow, type RunVerdict, runsIn } from "./run-row.ts";
export { openSession, type Session } from "./session.ts";
export { runUnwind, type UnwindFix, type UnwindTerms } from "./unwind.ts";
export { haltRun, keepVerdict } from "./waves.ts";
