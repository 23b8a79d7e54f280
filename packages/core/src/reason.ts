// SPDX-License-Identifier: Apache-2.0
/**
 * Why something is as it is: a code and its parameters. Decisions store and digest reasons;
 * sentences are rendered from them by `explain.ts` alone (replayable).
 * A code is never renamed or reused.
 */
export type ReasonCode =
  | "applies"
  | "all-met"
  | "notice"
  | "facts-unknown"
  | "expression-unknown"
  | "policy-unreadable"
  | "only-shown"
  | "no-policy"
  | "waived"
  | "rejected"
  | "frozen"
  | "debt-open"
  | "approved"
  | "approvals-missing"
  | "approvals-unknown"
  | "pusher-unobserved"
  | "people-unknown"
  | "contributors-unknown"
  | "account-unresolved"
  | "machine-out-of-scope"
  | "owner-missing"
  | "owner-group-missing"
  | "distinct-teams-missing"
  | "digest-unknown"
  | "documented"
  | "document-missing"
  | "sections-missing"
  | "checked"
  | "check-failed"
  | "check-missing"
  | "staged"
  | "staging-missing"
  | "window-open"
  | "window-closed"
  | "window-never-opens"
  | "calendar-unknown"
  | "rollback-rehearsed"
  | "rollback-missing"
  | "ticket-open"
  | "ticket-missing"
  | "cooled-down"
  | "cooling-down"
  | "first-seen-unknown"
  | "denied"
  | "must-be-known";

export type ReasonValue = string | number | readonly string[];

export type Reason = {
  readonly code: ReasonCode;
  readonly params: Readonly<Record<string, ReasonValue>>;
};

export const reason = (
  code: ReasonCode,
  params: Readonly<Record<string, ReasonValue>> = {},
): Reason => ({ code, params });
