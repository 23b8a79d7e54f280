// SPDX-License-Identifier: Apache-2.0
/** Why a value has no digest. A code is never renamed or reused. */
export const DIGEST_ERRORS = [
  "NOT_JSON",
  "NOT_FINITE",
  "LONE_SURROGATE",
  "CYCLE",
  "TOO_DEEP",
  "TOO_LARGE",
  "BAD_TAG",
  "BAD_DIGEST",
  "BAD_ENTRY",
  "BAD_ATTRIBUTES",
  "DUPLICATE_PATH",
] as const;

export type DigestErrorCode = (typeof DIGEST_ERRORS)[number];

/** The one error this package throws; `message` names the place inside the value. */
export class DigestError extends Error {
  override readonly name = "DigestError";
  readonly code: DigestErrorCode;

  constructor(code: DigestErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Hostile text for a message: on one line, without control characters, cut to 200 characters. */
export function shown(text: string): string {
  const cut = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  return `\`${JSON.stringify(cut).slice(1, -1)}\``;
}
