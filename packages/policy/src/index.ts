// SPDX-License-Identifier: Apache-2.0
export { catalogJsonSchema } from "./catalog-schema.ts";
export { type Checked, checkExpression } from "./checker/check.ts";
export { COST_MAX } from "./checker/limits.ts";
export type { ExpressionProblem, Notice, Scope } from "./checker/walk.ts";
export {
  factsJsonSchema,
  jsonSchema,
  peopleJsonSchema,
  policyJsonSchema,
} from "./json-schema.ts";
export { calendarFacts } from "./load/calendar.ts";
export { type Loaded, loadPolicy } from "./load/policy.ts";
export { VISIBLE_SCOPE } from "./load/rule.ts";
export { builtInPacks, compilePack, type PackFile } from "./packs.ts";
export { type Problem, type ProblemCode, problemText } from "./problem.ts";
export { didYouMean, nearest } from "./suggest.ts";
