// SPDX-License-Identifier: Apache-2.0
/** Why something of a log was refused. A code is never renamed, reused or given a second meaning. */
export const TLOG_FAILURES = [
  "SIZE_INVALID",
  "INDEX_OUTSIDE",
  "HASH_LENGTH",
  "PROOF_LENGTH",
  "ROOT_MISMATCH",
  "TILE_PATH_INVALID",
  "TILE_MALFORMED",
  "TILE_MISSING",
  "TILE_MISMATCH",
  "ENTRY_TOO_LARGE",
  "BUNDLE_MALFORMED",
  "NOTE_MALFORMED",
  "NOTE_TOO_LARGE",
  "KEY_MALFORMED",
  "KEY_AMBIGUOUS",
  "CRYPTO_UNAVAILABLE",
  "SIGNATURE_INVALID",
  "SIGNATURE_MISSING",
  "CHECKPOINT_MALFORMED",
  "TIMESTAMP_INVALID",
  "ORIGIN_UNKNOWN",
  "POLICY_INVALID",
  "QUORUM_MISSING",
  "PROOF_MALFORMED",
  "ANSWER_MALFORMED",
] as const;

export type TlogFailureCode = (typeof TLOG_FAILURES)[number];

export type TlogFailure = {
  readonly code: TlogFailureCode;
  /** One line for a person; whatever the input brought along is quoted in backticks. */
  readonly message: string;
};

export type Refused = { readonly ok: false; readonly failure: TlogFailure };

/** What a function over untrusted input answers: it never throws for what the input holds. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | Refused;

export function accepted<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

export function refused(code: TlogFailureCode, message: string): Refused {
  return { ok: false, failure: { code, message } };
}

// Beside ASCII controls, those of Latin-1, which some terminals obey, and what reorders or hides text.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}"\\]/gu;

/** Untrusted text for a message: on one line, nothing in it unprintable, cut to 80 characters. */
export function shown(text: string): string {
  const cut = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return `\`${cut.replace(UNPRINTABLE, escaped)}\``;
}

function escaped(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  return point === 0x22 || point === 0x5c ? `\\${character}` : `\\u{${point.toString(16)}}`;
}

/** For states that only a bug of ours, or of a caller's own code, can reach. */
export function invariant(holds: boolean, claim: string): asserts holds {
  if (!holds) throw new Error(`invariant broken: ${claim}`);
}
