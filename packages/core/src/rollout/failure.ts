// SPDX-License-Identifier: Apache-2.0
/** Why a rollout does not do what it was asked. A code is never renamed or reused. */
export const ROLLOUT_FAILURES = [
  "ROLLOUT_PLAN",
  "ROLLOUT_OVER_BUDGET",
  "ROLLOUT_NOT_NOW",
  "ROLLOUT_NEEDS_SECOND",
  "ROLLOUT_APPROVAL_OLD",
  "ROLLOUT_NO_BREAK_GLASS",
  "ROLLOUT_NO_WAY_BACK",
  "ROLLOUT_STATE_VERSION",
  "ROLLOUT_STATE_INVALID",
] as const;

export type RolloutFailureCode = (typeof ROLLOUT_FAILURES)[number];

/** A refusal as a value: what it is, one sentence, and what to do next. */
export type RolloutFailure = {
  readonly code: RolloutFailureCode;
  readonly message: string;
  readonly help: string;
};

export const failed = (
  code: RolloutFailureCode,
  message: string,
  help: string,
): { readonly ok: false; readonly failure: RolloutFailure } => ({
  ok: false,
  failure: { code, message, help },
});
