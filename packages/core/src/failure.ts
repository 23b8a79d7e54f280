// SPDX-License-Identifier: Apache-2.0
/**
 * Every failure a caller can meet, with the exit code of the command line. A code is a promise: once
 * released it is never renamed, reused or given a second meaning.
 */
export const FAILURES = {
  FACTS_INVALID: { exit: 3 },
  FACTS_VERSION: { exit: 3 },
  POLICY_INVALID: { exit: 3 },
  POLICY_MISSING: { exit: 3 },
  RULE_UNKNOWN: { exit: 64 },
  NOT_A_REPOSITORY: { exit: 3 },
  NO_SUCH_REVISION: { exit: 3 },
  EMPTY_REPOSITORY: { exit: 3 },
  GIT_UNUSABLE: { exit: 3 },
  INPUT_UNREADABLE: { exit: 3 },
  INPUT_INVALID: { exit: 3 },
  OUTPUT_UNWRITABLE: { exit: 3 },
  JUDGING_STOPPED: { exit: 3 },
  STORE_HELD: { exit: 3 },
  STORE_UNREACHABLE: { exit: 3 },
  STORE_UNFIT: { exit: 3 },
  STORE_MIGRATIONS: { exit: 3 },
  STORE_NEWER: { exit: 3 },
  STORE_BUSY: { exit: 3 },
  STORE_CONFLICT: { exit: 3 },
  STORE_UNWRITABLE: { exit: 3 },
  STORE_UNCERTAIN: { exit: 3 },
  LEDGER_INVALID: { exit: 3 },
  LEDGER_STALE: { exit: 3 },
  LEDGER_BEHIND: { exit: 3 },
  LEDGER_FORKED: { exit: 3 },
  LEDGER_DAMAGED: { exit: 3 },
  LEDGER_KEY: { exit: 3 },
  LEDGER_HEAD: { exit: 3 },
  SIGN_IN_NEEDED: { exit: 3 },
  NOT_ALLOWED: { exit: 3 },
  NOT_FOUND: { exit: 3 },
  OUT_OF_ORDER: { exit: 3 },
  PASSKEY_REFUSED: { exit: 3 },
  CONTENTS_DIFFER: { exit: 3 },
  CONTENTS_FULL: { exit: 3 },
  KEY_REUSED: { exit: 3 },
  KEY_IN_USE: { exit: 3 },
  ISSUER_REFUSED: { exit: 3 },
  ISSUER_UNREACHABLE: { exit: 3 },
  SITE_DIFFERS: { exit: 3 },
  TOO_LARGE: { exit: 3 },
  TOO_MANY_REQUESTS: { exit: 3 },
  SERVER_FAULT: { exit: 3 },
  SERVER_UNREACHABLE: { exit: 3 },
  CHANGE_DIFFERS: { exit: 3 },
  ROLLOUT_PLAN: { exit: 3 },
  ROLLOUT_OVER_BUDGET: { exit: 3 },
  ROLLOUT_NOT_NOW: { exit: 3 },
  ROLLOUT_NEEDS_SECOND: { exit: 3 },
  ROLLOUT_APPROVAL_OLD: { exit: 3 },
  ROLLOUT_NO_BREAK_GLASS: { exit: 3 },
  ROLLOUT_NO_WAY_BACK: { exit: 3 },
  ROLLOUT_CONFLICT: { exit: 3 },
  UNWIND_NOT_AGREED: { exit: 3 },
  UNWIND_STALE: { exit: 3 },
  UNWIND_NOTHING: { exit: 3 },
  ROLLOUT_STATE_VERSION: { exit: 3 },
  ROLLOUT_STATE_INVALID: { exit: 3 },
  USAGE: { exit: 64 },
} as const;

export type FailureCode = keyof typeof FAILURES;

/** A failure of the world or of the caller. A decision to hold or deny is no failure. */
export class GateError extends Error {
  override readonly name = "GateError";
  readonly code: FailureCode;
  /** One sentence: what to do next. */
  readonly help: string;

  constructor(code: FailureCode, message: string, help: string) {
    super(message);
    this.code = code;
    this.help = help;
  }
}
