// SPDX-License-Identifier: Apache-2.0

export {
  type Asked,
  changeById,
  changeTitles,
  decisionAt,
  endSigned,
  newestOf,
  overriddenContents,
  readAsked,
  SIGNED_KINDS,
  type SignedKind,
  type StoredChange,
  type StoredDecision,
  type StoredReview,
  type StoredSigned,
  saveAsked,
  saveSigned,
  signedAbout,
  takeAsked,
} from "./changes.ts";
export * from "./checkpoints.ts";
export { type Appended, type Committer, type CommitterLimits, committer } from "./committer.ts";
export * from "./content-quota.ts";
export * from "./contents.ts";
export { decidedAfter } from "./decided.ts";
export * from "./documents.ts";
export * from "./drafts.ts";
export { type Database, plain } from "./driver.ts";
export {
  entriesAbout,
  entriesAt,
  entriesOfKinds,
  entriesOfKindsAbout,
  exceptionEntries,
  newestAbout,
  newestOfKind,
  peopleEntries,
  readEntry,
} from "./entries.ts";
export { type EntryListed, entriesBefore, entryListed } from "./entry-rows.ts";
export type { Result, StoreFailure, StoreFailureCode } from "./failure.ts";
export * from "./forges.ts";
export { grouped } from "./grouped.ts";
export { type Happened, happenedBetween } from "./happened.ts";
export { importedAs, rememberImport } from "./imported.ts";
export {
  forgetJudgedHeads,
  HEARD_KINDS,
  type LandingKnown,
  landingKnown,
  landingsAt,
  type Sighting,
} from "./landings.ts";
export * from "./ledger.ts";
export { LOOK_UP_PAGE, type LookedUp, lookUp } from "./looking.ts";
export { advanceCursor, type ClaimedCursor, claimCursor, releaseCursor } from "./notices.ts";
export { beginOnce, dropOnce, endOnce, type OnceRow } from "./once.ts";
export * from "./people.ts";
export * from "./queue.ts";
export { appendDecisions, type DecisionToAppend, lockHeadAfter } from "./recording.ts";
export * from "./ref-tips.ts";
export * from "./rollout-leases.ts";
export * from "./rollout-marks.ts";
export * from "./rollouts.ts";
export * from "./signals.ts";
export { failureOf } from "./sqlstate.ts";
export { openStore, type Place, type Store, type StorePoint, type StoreTerms } from "./store.ts";
export type { Tables } from "./tables.ts";
export * from "./target-journal.ts";
export * from "./target-watch.ts";
export {
  type Chance,
  type Outcome,
  read,
  type Transaction,
  type TransactionTerms,
  transaction,
  type Work,
} from "./transaction.ts";
export type { Version } from "./version.ts";
