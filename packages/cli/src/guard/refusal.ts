// SPDX-License-Identifier: Apache-2.0
/** What the guard answers instead of the engine behind it. */
import type { OutgoingHttpHeaders } from "node:http";
import { printable } from "../output/printable.ts";

/** Why a request was not forwarded; a code is never renamed (docs/reference/errors.md). */
export const GUARD_CODES = {
  GUARD_HELD: { status: 409 },
  GUARD_DENIED: { status: 403 },
  GUARD_NOT_UNDERSTOOD: { status: 403 },
  GUARD_MALFORMED: { status: 400 },
  GUARD_CALLER: { status: 401 },
  GUARD_TOO_LARGE: { status: 413 },
  GUARD_RACED: { status: 409 },
  GUARD_KEPT: { status: 409 },
  GUARD_UNKNOWN_CHANGE: { status: 404 },
  GUARD_UPSTREAM: { status: 502 },
  GUARD_UNKNOWN_OUTCOME: { status: 504 },
  GUARD_BUSY: { status: 503 },
  GUARD_FAULT: { status: 500 },
} as const;
export type GuardCode = keyof typeof GUARD_CODES;

export type Refusal = {
  readonly code: GuardCode;
  readonly detail: string;
  /** What to do next. */
  readonly help: string;
  /** Of the change that the request became. */
  readonly change?: Readonly<Record<string, unknown>>;
  readonly retryAfterS?: number;
  readonly headers?: OutgoingHttpHeaders;
};

export type Worked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: Refusal };

export const worked = <T>(value: T): Worked<T> => ({ ok: true, value });

export const refused = (code: GuardCode, detail: string, help: string) =>
  ({ ok: false, refusal: { code, detail, help } }) as const;

/** What cannot be worked out is not forwarded, whoever approves. by (fail-closed) */
export const unclear = (detail: string, help: string) =>
  refused("GUARD_NOT_UNDERSTOOD", detail, help);

export type Answer = {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Uint8Array;
};

/** Problem details (RFC 9457 section 3) with a stable code and what to do next. */
export function problemAnswer({ code, detail, help, ...more }: Refusal): Answer {
  const { status } = GUARD_CODES[code];
  const problem = {
    type: "about:blank",
    title: TITLES[code],
    ...{ status, code, detail: printable(detail), help: printable(help) },
    ...(more.change ?? {}),
  };
  return {
    status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      ...(more.retryAfterS === undefined ? {} : { "retry-after": String(more.retryAfterS) }),
      ...more.headers,
    },
    body: Buffer.from(`${JSON.stringify(problem)}\n`),
  };
}

const TITLES: Readonly<Record<GuardCode, string>> = {
  GUARD_HELD: "this change is held",
  GUARD_DENIED: "this change is denied",
  GUARD_NOT_UNDERSTOOD: "what this request would do cannot be worked out",
  GUARD_MALFORMED: "this request can be read in more than one way",
  GUARD_CALLER: "it is not known who asks",
  GUARD_TOO_LARGE: "this request is too large to be judged",
  GUARD_RACED: "what is there has changed since it was read",
  GUARD_KEPT: "every key of this change was written since",
  GUARD_UNKNOWN_CHANGE: "nothing of that name was carried out here",
  GUARD_UPSTREAM: "the engine behind the guard gives no answer that can be used",
  GUARD_UNKNOWN_OUTCOME: "the request was sent, and what came of it is not known",
  GUARD_BUSY: "too many changes are being judged",
  GUARD_FAULT: "the guard failed, and forwarded nothing",
};
