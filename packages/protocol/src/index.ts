// SPDX-License-Identifier: Apache-2.0

export * as admissionApi from "./api/admission.ts";
export { ADMISSION_LIMITS, type AdmissionTold } from "./api/admission.ts";
export {
  askToSign,
  listChanges,
  type QueueRowShown,
  receipt,
  SIGNATURE,
  showChange,
  sign,
} from "./api/changes.ts";
export {
  CONTENTS_LIMITS,
  type ContentsShown,
  type LeftOut,
  sendBlobs,
  sendContents,
  showBlob,
  showContents,
} from "./api/contents.ts";
export * as controlPlaneApi from "./api/control-plane.ts";
export type { DataHalted, DataRunShown, DataVerdict } from "./api/data.ts";
export * as dataApi from "./api/data.ts";
export type { DeviceAsking, DevicePolled, TerminalShown } from "./api/device.ts";
export * as deviceApi from "./api/device.ts";
export type { DraftListed, DraftShown } from "./api/drafts.ts";
export * as draftsApi from "./api/drafts.ts";
export type { AwayRecord } from "./api/emergency.ts";
export * as emergencyApi from "./api/emergency.ts";
export { EVENT, events, type LiveEvent } from "./api/events.ts";
export type { DebtShown, IncidentShown, OverrideShown } from "./api/exceptions.ts";
export * as exceptionsApi from "./api/exceptions.ts";
export { gate, JUDGED, JUDGING, type Judged, PLACE, type Place, submit } from "./api/gate.ts";
export type { IdentityShown } from "./api/identity.ts";
export * as identityApi from "./api/identity.ts";
export {
  type EntryRow,
  type EntryShown,
  ledgerTrust,
  listEntries,
  showEntry,
} from "./api/ledger.ts";
export * from "./api/passkey.ts";
export type {
  Founders,
  Invited,
  Member,
  PersonShown,
  ProposalShown,
  Proposed,
} from "./api/people.ts";
export * as peopleApi from "./api/people.ts";
export * as refsApi from "./api/refs.ts";
export { REFS_LIMITS, type UnrecordedShown } from "./api/refs.ts";
export type { ReplayResult, ReplayShown } from "./api/replays.ts";
export * as replaysApi from "./api/replays.ts";
export type {
  GivenWaves,
  LossShown,
  RolloutAsked,
  RolloutListed,
  RolloutShown,
} from "./api/rollouts.ts";
export * as rolloutsApi from "./api/rollouts.ts";
export type { RemedyShown, RunListed, RunShown } from "./api/runs.ts";
export * as runsApi from "./api/runs.ts";
export type { Me } from "./api/sign-in.ts";
export * as signInApi from "./api/sign-in.ts";
export type { WaveAnalysisShown } from "./api/signals.ts";
export * as signalsApi from "./api/signals.ts";
export type { Exchanged, ExchangeGiven, TokenShown } from "./api/tokens.ts";
export * as tokensApi from "./api/tokens.ts";
export type { UnwindListed, UnwindPlanText, UnwindShown } from "./api/unwinds.ts";
export * as unwindsApi from "./api/unwinds.ts";
export {
  type Access,
  type Endpoint,
  endpoint,
  IDEMPOTENCY_KEY,
  type Method,
  NOTHING,
  type Nothing,
  REPOSITORY_VERBS,
  VERBS,
  type Verb,
} from "./endpoint.ts";
export { ENDPOINTS } from "./endpoints.ts";
export { openApi } from "./openapi.ts";
export { type PolicyRead, readPolicyShape } from "./policy-data.ts";
export { PROBLEM, type Problem, problemOf, statusOf } from "./problem.ts";
