// SPDX-License-Identifier: Apache-2.0

export type { KeyBook } from "./approvals/keys.ts";
export { CONTENTS_QUOTA, type ContentsQuota, removeStaleContents } from "./changes/quota.ts";
export { type ChangeTerms, changeRoutes } from "./changes/routes.ts";
export { checkDescription } from "./controlplane/checking.ts";
export { type DraftTerms, draftRoutes } from "./drafts/routes.ts";
export { emergencyRoutes } from "./emergency/routes.ts";
export { type EventTerms, eventRoutes } from "./events/routes.ts";
export { type ExceptionsBook, exceptionsBook } from "./exceptions/book.ts";
export { exceptionRoutes } from "./exceptions/routes.ts";
export { readDelivery as readGithubDelivery } from "./forge/github/deliveries.ts";
export { openGithub } from "./forge/github/github.ts";
export { GITHUB_SETTINGS, type GithubGiven } from "./forge/github/settings.ts";
export { readDelivery as readGitlabDelivery } from "./forge/gitlab/deliveries.ts";
export { openGitlab } from "./forge/gitlab/gitlab.ts";
export { type GitlabProtection, readProtection } from "./forge/gitlab/protection.ts";
export { GITLAB_SETTINGS, type GitlabGiven, type GitlabProject } from "./forge/gitlab/settings.ts";
export { signingKey } from "./forge/gitlab/signature.ts";
export { intakeRoute } from "./forge/intake.ts";
export type {
  Annotation,
  Gather,
  Gathered,
  GatherRequest,
  Report,
  Reportable,
} from "./forge/terms.ts";
export { type Gate, type GateTerms, openGate } from "./gate/gate.ts";
export { type Hearing, openHearing } from "./gate/hearing.ts";
export { siteOf } from "./gate/verified.ts";
export { type Actor, NOBODY } from "./http/actor.ts";
export { type AppTerms, httpApp } from "./http/app.ts";
export type { Answer, Authenticate, Call, Refusal } from "./http/bind.ts";
export { type ConsoleFiles, consoleRoutes, readConsole } from "./http/console.ts";
export { type HealthTerms, healthRoutes } from "./http/health.ts";
export {
  type IdentitySettings,
  NO_IDENTITY,
  ownTeams,
  readIdentitySettings,
} from "./identity/settings.ts";
export type { LedgerFailure, LedgerResult } from "./ledger/failure.ts";
export { type HeadMemory, headFile, type SignedHead } from "./ledger/head.ts";
export { type Ledger, type LedgerTerms, openLedger } from "./ledger/ledger.ts";
export { type LogKey, logKey, openLogKey } from "./ledger/log-key.ts";
export { openProving } from "./ledger/proving.ts";
export { type Prepared, prepare, type Unsalted } from "./ledger/record.ts";
export { type Recovered, type RecoverTerms, recoverLedger } from "./ledger/recover.ts";
export { logRoutes } from "./ledger/routes.ts";
export { treeAround } from "./ledger/tree.ts";
export { trustPolicy, type WitnessQuorum } from "./ledger/trust.ts";
export type { WitnessAt } from "./ledger/witnesses.ts";
export { type Receiver, readNoticesSettings } from "./notices/settings.ts";
export { type PeopleBook, peopleBook, peopleEntryIn } from "./people/book.ts";
export { joinPeople, peopleFacts } from "./people/facts.ts";
export { setUpSecret } from "./people/founding.ts";
export { keyBook } from "./people/key-book.ts";
export { LIMITS, type Limits } from "./people/limits.ts";
export { openPeople, type PeopleOfServer } from "./people/people.ts";
export { fold, NOBODY_YET, type PeopleEntry, type Roster } from "./people/roster.ts";
export { type Alert, COOLDOWN_MS, type PeopleTerms } from "./people/terms.ts";
export { explanationOf } from "./reconcile/explained.ts";
export { openReconciler, type Reconciler } from "./reconcile/reconciler.ts";
export type { ReconcileTerms } from "./reconcile/terms.ts";
export { openRollouts, type RolloutDriver } from "./rollouts/driver.ts";
export { openRolloutsOf, type RolloutsGiven } from "./rollouts/opening.ts";
export { saveBegun } from "./rollouts/saving.ts";
export type {
  Analyst,
  CapacityOf,
  DriverLimits,
  DriverTerms,
  RolloutPoint,
  RolloutTrouble,
} from "./rollouts/terms.ts";
export { runRoutes } from "./runs/routes.ts";
export type { RunTerms } from "./runs/terms.ts";
export { type RunningServer, type ServerTerms, startServer } from "./server.ts";
export {
  type Analysis,
  type AnalysisTerms,
  openAnalysis,
  type Question,
  type WaveAnalysis,
} from "./signals/analysis.ts";
export { type OpenSignals, openSignals, type SignalsTerms } from "./signals/opening.ts";
export { readOpenMetrics } from "./signals/push/openmetrics.ts";
export { readOtlp } from "./signals/push/otlp.ts";
export { takePoints } from "./signals/push/take.ts";
export { readSignals, type Signal } from "./signals/settings.ts";
export { openSource } from "./signals/sources/open.ts";
export { prometheusSource } from "./signals/sources/prometheus.ts";
export { secretsOfMachine } from "./signals/sources/secrets.ts";
export type { Slot, Source } from "./signals/sources/source.ts";
