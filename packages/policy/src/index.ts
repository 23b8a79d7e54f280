// SPDX-License-Identifier: Apache-2.0

export * as given from "./cases/build.ts";
export {
  type DecisionCase,
  type Expected,
  readDecisionCase,
  type Situation,
} from "./cases/case.ts";
export { type Judged, judgeSituation } from "./cases/judge.ts";
export type { ReadPolicy } from "./cases/policy.ts";
export {
  runPolicyTests,
  type TestFile,
  type TestResult,
  type TestRun,
  untested,
} from "./cases/tests.ts";
export { type Checked, checkExpression } from "./checker/check.ts";
export { COST_MAX } from "./checker/limits.ts";
export type { ExpressionProblem, Notice, Scope } from "./checker/walk.ts";
export { calendarFacts } from "./load/calendar.ts";
export { type UnsoundRule, unsoundRule } from "./load/data.ts";
export { gatherIncludes, type Included, type ReadInclude } from "./load/include.ts";
export { type Loaded, type LoadOptions, loadPolicy, type Place } from "./load/policy.ts";
export { durationMs, sharePpm, writtenInstant } from "./load/quantity.ts";
export {
  allowFields,
  isRaw,
  type Raw,
  type Reader,
  reader,
  report,
  written,
} from "./load/reader.ts";
export { VISIBLE_SCOPE } from "./load/rule.ts";
export { type Path, readSource, type Source } from "./load/source.ts";
export {
  builtInPacks,
  compilePack,
  type PackFile,
  packAnalyses,
  writtenAnalyses,
} from "./packs.ts";
export {
  byPlace,
  isError,
  PROBLEMS,
  type Problem,
  type ProblemCode,
  problemText,
} from "./problem.ts";
export { closed, DRAFT, described, type JsonSchema, listOf, oneOf, text } from "./schema/parts.ts";
export { JSON_SCHEMAS } from "./schema/schemas.ts";
export { didYouMean, nearest } from "./suggest.ts";
