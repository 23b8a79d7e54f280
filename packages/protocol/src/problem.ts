// SPDX-License-Identifier: Apache-2.0
import { FAILURES, type FailureCode } from "@interlock/core";
import { z } from "zod";

/** The status of each failure that an answer can carry; a code that is not here is 500. */
const STATUS: Partial<Readonly<Record<FailureCode, number>>> = {
  FACTS_INVALID: 422,
  FACTS_VERSION: 422,
  POLICY_INVALID: 422,
  INPUT_INVALID: 400,
  SIGN_IN_NEEDED: 401,
  NOT_ALLOWED: 403,
  NOT_FOUND: 404,
  OUT_OF_ORDER: 409,
  PASSKEY_REFUSED: 422,
  CONTENTS_DIFFER: 422,
  CONTENTS_FULL: 413,
  KEY_REUSED: 422,
  KEY_IN_USE: 409,
  ISSUER_REFUSED: 422,
  ISSUER_UNREACHABLE: 503,
  TOO_LARGE: 413,
  TOO_MANY_REQUESTS: 429,
  ROLLOUT_PLAN: 422,
  ROLLOUT_OVER_BUDGET: 422,
  ROLLOUT_NOT_NOW: 409,
  ROLLOUT_NEEDS_SECOND: 409,
  ROLLOUT_APPROVAL_OLD: 409,
  ROLLOUT_NO_BREAK_GLASS: 409,
  ROLLOUT_NO_WAY_BACK: 409,
  ROLLOUT_CONFLICT: 409,
  UNWIND_NOT_AGREED: 403,
  UNWIND_STALE: 409,
  UNWIND_NOTHING: 409,
  STORE_BUSY: 503,
  STORE_CONFLICT: 503,
  STORE_NEWER: 503,
  STORE_UNCERTAIN: 503,
  STORE_UNREACHABLE: 503,
  LEDGER_BEHIND: 503,
  LEDGER_STALE: 503,
};

export const statusOf = (code: FailureCode): number => STATUS[code] ?? 500;

const CODES = Object.keys(FAILURES) as [FailureCode, ...FailureCode[]]; // its own keys

/** What is answered instead of a result: problem details (RFC 9457) with a stable code and what to do next. */
export const PROBLEM = z.strictObject({
  type: z.string().describe("`about:blank`: the code says it all"),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.enum(CODES).describe("one of docs/reference/errors.md; never renamed or reused"),
  help: z.string().describe("what to do next"),
});
export type Problem = z.infer<typeof PROBLEM>;

/** The problem of a failure. */
export function problemOf(failure: {
  readonly code: FailureCode;
  readonly message: string;
  readonly help: string;
}): Problem {
  const { code, message, help } = failure;
  return {
    type: "about:blank",
    title: message,
    status: statusOf(code),
    detail: message,
    code,
    help,
  };
}
