// SPDX-License-Identifier: Apache-2.0
import type { FailureCode } from "@interlock/core";
import { type Access, type Endpoint, problemOf } from "@interlock/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Actor } from "./actor.ts";
import type { OnceRequest } from "./once.ts";

/** Why a request got no result. */
export type Refusal = {
  readonly code: FailureCode;
  readonly message: string;
  readonly help: string;
};

/**
 * What a handler answers: `cookie` sets (or with `null` ends) the session of the browser, `flow` the
 * secret of a sign-in at an identity provider.
 */
export type Answer<T> =
  | ({ readonly ok: true; readonly value: T } & Cookies)
  | { readonly ok: false; readonly failure: Refusal };

export type Cookies = { readonly cookie?: string | null; readonly flow?: string | null };

export type Call<P, Q, B> = {
  readonly actor: Actor;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** The secret of an invitation, when one came along. */
  readonly secret: string | null;
  /** Where the request came from, as this server sees it. */
  readonly address: string;
};

export type Authenticate = (request: FastifyRequest) => Promise<Actor>;

/** Binds an operation of the API to its handler: who may call, what it takes, how it fails. */
export function bind<
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  A extends z.ZodType,
>(
  app: FastifyInstance,
  authenticate: Authenticate,
  endpoint: Endpoint<P, Q, B, A>,
  handler: (call: Call<z.output<P>, z.output<Q>, z.output<B>>) => Promise<Answer<z.input<A>>>,
): void {
  app.route({
    method: endpoint.method,
    url: endpoint.path,
    handler: async (request, reply) => {
      const actor = await authenticate(request);
      const barred = barredFrom(endpoint, actor);
      if (barred !== null) return refuse(reply, barred);
      const params = endpoint.params.safeParse(request.params ?? {});
      if (!params.success) return refuse(reply, invalid(params.error));
      const query = endpoint.query.safeParse(request.query ?? {});
      if (!query.success) return refuse(reply, invalid(query.error));
      const body = endpoint.body.safeParse(request.body ?? {});
      if (!body.success) return refuse(reply, invalid(body.error));
      const given = { params: params.data, query: query.data, body: body.data };
      const call = { actor, ...given, secret: bearer(request), address: request.ip };
      const key = endpoint.onceByKey ? request.headers["idempotency-key"] : undefined;
      const answer =
        key === undefined
          ? await handler(call)
          : await onceBy(app, { key: String(key), operation: endpoint.id, ...call }, () =>
              handler(call),
            );
      if (!answer.ok) return refuse(reply, answer.failure);
      setCookies(reply, answer);
      return reply.send(endpoint.answer.parse(answer.value));
    },
  });
}

function onceBy<T>(
  { once }: FastifyInstance,
  request: OnceRequest,
  work: () => Promise<Answer<T>>,
): Promise<Answer<T>> {
  if (once === null) throw new Error("invariant broken: a server keeps what is to be done once");
  return once(request, work);
}

/** Long enough for a database that restarts, short enough for whoever waits at a push. */
const RETRY_SECONDS = 2;

/** Sends a failure as problem details; one that passes by itself says when to come again. */
export function refuse(reply: FastifyReply, failure: Refusal): FastifyReply {
  const problem = problemOf(failure);
  if (problem.status === 503 && !reply.hasHeader("retry-after"))
    reply.header("retry-after", String(RETRY_SECONDS));
  return reply.code(problem.status).type("application/problem+json").send(problem);
}

export const SESSION_COOKIE = "__Host-interlock";
const SESSION_SECONDS = 12 * 3_600;
/** Read and ended by the sign-in page: why an identity provider's sign-in came to nothing. */
export const REFUSED_COOKIE = "__Host-interlock-refused";
const REFUSED_SECONDS = 60;
export const FLOW_COOKIE = "__Host-interlock-flow";
const FLOW_SECONDS = 600;

/** Sets and ends cookies. The flow's is lax: it has to come along from the identity provider's site. */
export function setCookies(reply: FastifyReply, { cookie, flow }: Cookies): void {
  const set: string[] = [];
  if (cookie !== undefined) set.push(cookieOf(SESSION_COOKIE, cookie, SESSION_SECONDS, "Strict"));
  if (flow !== undefined) set.push(cookieOf(FLOW_COOKIE, flow, FLOW_SECONDS, "Lax"));
  const [only] = set;
  if (only !== undefined) reply.header("set-cookie", set.length === 1 ? only : set);
}

function cookieOf(
  name: string,
  value: string | null,
  seconds: number,
  sameSite: "Strict" | "Lax",
): string {
  const life = value === null ? 0 : seconds;
  return `${name}=${value ?? ""}; Path=/; Secure; HttpOnly; SameSite=${sameSite}; Max-Age=${life}`;
}

/** Words for the next page. A cookie of this host, so that no link of somebody else brings them. */
export function setRefusedCookie(reply: FastifyReply, { message, help }: Refusal): void {
  const value = Buffer.from(JSON.stringify({ message, help }), "utf8").toString("base64url");
  reply.header(
    "set-cookie",
    `${REFUSED_COOKIE}=${value}; Path=/; Secure; SameSite=Strict; Max-Age=${REFUSED_SECONDS}`,
  );
}

/** The one cookie of a name; with two of them it is not known whose request this is (PX8). */
export function cookieNamed(request: FastifyRequest, name: string): string | null {
  const cookies = (request.headers.cookie ?? "").split(";").map((part) => part.trim());
  const ours = cookies.filter((cookie) => cookie.startsWith(`${name}=`));
  const [only] = ours;
  return ours.length === 1 && only !== undefined ? only.slice(name.length + 1) : null;
}

/** The secret after `Authorization: Bearer`; a secret is never taken from a URL (TK9). */
export function bearer(request: FastifyRequest): string | null {
  const match = /^Bearer ([A-Za-z0-9_-]{1,200})$/.exec(request.headers.authorization ?? "");
  return match?.[1] ?? null;
}

/** One answer for all that lack something: nobody learns whether what they asked for exists (TK12). */
export function barredFrom(
  { access, method, anyMeans }: Pick<Endpoint, "access" | "method" | "anyMeans">,
  actor: Actor,
): Refusal | null {
  if (access === "public" || access === "invitation") return null;
  const byIssuer = actor.kind === "person" && actor.means === "issuer";
  if (may(access, actor))
    return byIssuer && method !== "GET" && !anyMeans
      ? {
          code: "NOT_ALLOWED",
          message: "a sign-in with an identity provider may read, and change nothing",
          help: "sign in with your passkey",
        }
      : null;
  const forPeople = access === "session" || access === "person";
  if (actor.kind === "nobody")
    return {
      code: "SIGN_IN_NEEDED",
      message: forPeople ? "nobody is signed in" : "no valid token came along",
      help: forPeople
        ? "sign in with your passkey"
        : "send `Authorization: Bearer TOKEN` with a token of this server",
    };
  return {
    code: "NOT_ALLOWED",
    message: "this account may not do that",
    help: WHO_MAY[access],
  };
}

type Guarded = Exclude<Access, "public" | "invitation">;

function may(access: Guarded, actor: Actor): boolean {
  const verb = (wanted: string) =>
    actor.kind === "token" && actor.verbs.some((one) => one === wanted);
  switch (access) {
    case "session":
      return actor.kind === "person";
    case "terminal":
      return actor.kind === "terminal";
    case "person":
      return actor.kind === "person" || actor.kind === "terminal";
    case "reader":
      return actor.kind === "person" || actor.kind === "terminal" || verb("read");
    case "bringer":
      return actor.kind === "person" || actor.kind === "terminal" || verb("gate");
    default:
      return verb(access.slice(6));
  }
}

const WHO_MAY: Readonly<Record<Guarded, string>> = {
  session: "a person has to sign in in a browser: tokens and terminals cannot do this",
  terminal: "run `interlock login` in that terminal",
  person: "a person has to sign in: tokens cannot do this",
  reader: "sign in, or ask for a token with the verb `read`",
  bringer: "sign in, or ask for a token with the verb `gate`",
  "token:gate": "ask for a token with the verb `gate`",
  "token:check": "ask for a token with the verb `check`",
  "token:read": "ask for a token with the verb `read`",
  "token:push": "ask for a token with the verb `push`",
  "token:scim": "two people make a token for SCIM: propose one",
};

/** A request that does not fit its description. */
export function invalid(error: z.ZodError): Refusal {
  const [first] = error.issues;
  const path = first?.path.map(String).join(".") ?? "";
  return {
    code: "INPUT_INVALID",
    message: `${path === "" ? "the request" : `\`${path}\``}: ${first?.message ?? "not as described"}`,
    help: "see /api/v1/openapi.json",
  };
}
