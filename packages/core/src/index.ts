// SPDX-License-Identifier: Apache-2.0
export type { Analyses, Analysis } from "./analysis.ts";
export { type Reviewers, reviewersOf } from "./approvals.ts";
export {
  type Dependency,
  type DependencyGraph,
  dependencyGraph,
  type Reach,
  type Reached,
  reach,
  reachedAt,
  UNREACHED,
} from "./blast.ts";
export { type CompiledPolicy, type CompiledRule, compilePolicy, policyDigest } from "./compile.ts";
export { decide, type JudgingPolicy } from "./decide.ts";
export * from "./decision.ts";
export * from "./emergency.ts";
export * from "./endorsement.ts";
export * from "./explain.ts";
export {
  analysisOf,
  celValue,
  type Expression,
  type ExpressionTree,
  expression,
  type ParsedExpression,
  parseExpression,
} from "./expression.ts";
export * from "./facts/change.ts";
export * from "./facts/delta.ts";
export * from "./facts/evidence.ts";
export * from "./facts/facts.ts";
export * from "./facts/people.ts";
export * from "./facts/reach.ts";
export * from "./failure.ts";
export { globMatches } from "./glob.ts";
export * from "./hidden/characters.ts";
export * from "./hidden/pieces.ts";
export * from "./if-down.ts";
export {
  type AgreementBody,
  type Bodies,
  DECISION_OF,
  type DecisionBody,
  ENTRY_KINDS,
  type EntryKind,
  isEntryKind,
  type Signed,
  termsOf,
} from "./ledger/bodies.ts";
export { AWAY_WAYS, type LandedAway } from "./ledger/emergency.ts";
export * from "./ledger/entry.ts";
export type { DebtBody } from "./ledger/exceptions.ts";
export { RUN_CHOICES, RUN_OUTCOMES, RUN_PARTS } from "./ledger/runs.ts";
export { type LastWriterBody, WRITER_TRUST, writerText } from "./ledger/unrecorded.ts";
export { teamsTouched } from "./owing.ts";
export {
  accountOf,
  contributorsOf,
  type PersonGraph,
  personGraph,
  type Resolution,
} from "./people.ts";
export * from "./policy.ts";
export { type Reason, type ReasonCode, reason } from "./reason.ts";
export { type DecisionRecord, judgedDigest, type Replayed, replay } from "./replay.ts";
export * from "./requirement.ts";
export * from "./risk.ts";
export { RISK_MODEL } from "./risk-model.generated.ts";
export * from "./rollout/index.ts";
export * from "./schema.ts";
export * from "./statement.ts";
export * from "./unwind/index.ts";
export { type Invalid, problemsOf, type Validated, validateFacts } from "./validate.ts";
export { isUrgent, type StandingOverride, waiversFrom } from "./waivers.ts";
