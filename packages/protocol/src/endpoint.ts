// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";

/** What a token of one repository may do; `push`, to the signals of a system, which `system:NAME` stands for. */
export const REPOSITORY_VERBS = ["gate", "check", "read", "push"] as const;
/** `scim`: say who is active and in which groups. It stands alone, and belongs to no repository. */
export const VERBS = [...REPOSITORY_VERBS, "scim"] as const;
export type Verb = (typeof VERBS)[number];

/**
 * Who may call: `public` anybody; `session` a person signed in in a browser; `terminal` a terminal that
 * a person let in; `person` either of them; `reader` these, and a token with the verb `read`, which the
 * endpoint keeps to its repository; `bringer` a person too, and a token with the verb `gate`, each kept to
 * what they brought; `invitation` whoever holds a one-time secret, which the endpoint
 * checks itself; `token:VERB` a service account whose token has the verb.
 */
export type Access =
  | "public"
  | "session"
  | "terminal"
  | "person"
  | "reader"
  | "bringer"
  | "invitation"
  | `token:${Verb}`;

export type Method = "GET" | "POST" | "DELETE";

/** One operation of the API, described once: routes, validation, clients and OpenAPI come from it. */
export type Endpoint<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
> = {
  /** `operationId` of OpenAPI. */
  readonly id: string;
  readonly method: Method;
  /** With `:name` for what stands in `params`. */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  /**
   * Whether a person may call it whom an identity provider signed in, though it is no GET: it wants a
   * passkey itself, or takes nothing but what is theirs.
   */
  readonly anyMeans: boolean;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly answer: Answer;
  /** The answer is a stream of server-sent events, each of which `answer` describes. */
  readonly streams: boolean;
  /** Takes an `Idempotency-Key`: sent twice with one key, it is done once. */
  readonly onceByKey: boolean;
};

/**
 * A string of structured fields (RFC 9651 section 3.3.3), long enough not to be guessed: the answer is
 * kept sealed with it.
 */
export const IDEMPOTENCY_KEY = /^"[\x21\x23-\x5b\x5d-\x7e]{16,128}"$/;

export const NOTHING = z.strictObject({});
export type Nothing = typeof NOTHING;

type Given<
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  A extends z.ZodType,
> = Omit<
  Endpoint<P, Q, B, A>,
  "params" | "query" | "body" | "streams" | "onceByKey" | "anyMeans"
> & {
  readonly anyMeans?: boolean;
  readonly streams?: boolean;
  readonly onceByKey?: boolean;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
};

/** Describes an operation; what it does not take is refused when given. */
export function endpoint<
  A extends z.ZodType,
  P extends z.ZodType = Nothing,
  Q extends z.ZodType = Nothing,
  B extends z.ZodType = Nothing,
>(given: Given<P, Q, B, A>): Endpoint<P, Q, B, A> {
  const nothing = NOTHING as z.ZodType; // stands for whichever of the three is left out
  return {
    ...{ streams: false, onceByKey: false, anyMeans: false },
    ...given,
    params: given.params ?? (nothing as P),
    query: given.query ?? (nothing as Q),
    body: given.body ?? (nothing as B),
  };
}
