// SPDX-License-Identifier: Apache-2.0
/**
 * etcd's API v3 through the JSON gateway of its own client port: no client library is needed, and
 * every answer says as much as gRPC's does (https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/).
 */
import type { Json } from "@interlock/digest";
import { type Client, clientOf, type Stream } from "../web/client.ts";
import { inside, parseJson, textIn } from "../web/json.ts";
import type { EtcdSettings } from "./settings.ts";

/** Of one answer. A range of values is asked for again in halves when it has more. */
const ANSWER_BYTES = 1 << 24;
const UNAUTHENTICATED = 16;
const RESOURCE_EXHAUSTED = 8;
/** gRPC: cancelled, unknown, deadline exceeded, internal, unavailable, data loss: it may have been applied. */
const UNCERTAIN: ReadonlySet<number> = new Set([1, 2, 4, 13, 14, 15]);
/** What etcd says when a token ended or was issued under other users; all refused without effect. */
const TOKEN_ENDED = [
  "etcdserver: invalid auth token",
  "etcdserver: revision of auth store is old",
  "etcdserver: user name is empty",
];

export type Called =
  | { readonly kind: "ok"; readonly body: Json }
  /** etcd said no, and nothing changed. */
  | { readonly kind: "no"; readonly code: number; readonly message: string }
  /** Nobody was reached. */
  | { readonly kind: "away"; readonly why: string }
  | { readonly kind: "lost"; readonly why: string; readonly large: boolean };

export type Gateway = {
  /** `harmless`: sending it twice does no harm. */
  readonly call: (path: string, body: Json, harmless: boolean) => Promise<Called>;
  readonly stream: (path: string, body: Json, signal: AbortSignal) => Promise<Stream>;
  /** After a stream was refused for its token. */
  readonly forgetToken: () => void;
  readonly close: () => void;
};

export const isTokenEnded = (message: string): boolean =>
  TOKEN_ENDED.some((ended) => message.includes(ended));

type Ask = (path: string, body: Json, how: How) => Promise<Called>;
type How = { readonly token: string | null; readonly harmless: boolean };

export function gatewayOf(settings: EtcdSettings): Gateway {
  const clients = settings.endpoints.map((origin) => clientOf({ ...settings.web, origin }));
  // The endpoint that answered last; the others take turns when it is away.
  let chosen = 0;
  const ask: Ask = async (path, body, how) => {
    let called: Called = { kind: "away", why: "it has no endpoint" };
    for (let tried = 0; tried < clients.length; tried++) {
      const client = clients[chosen % clients.length];
      if (client !== undefined) called = await askOne(client, { path, body, ...how });
      if (called.kind !== "away") return called;
      chosen += 1;
    }
    return called;
  };
  const tokens = tokensOf(settings.user, ask);
  return {
    call: async (path, body, harmless) => {
      for (let renewed = false; ; renewed = true) {
        const token = await tokens.current();
        if (token.kind !== "ok") return token.called;
        const called = await ask(path, body, { token: token.token, harmless });
        const ended = called.kind === "no" && isTokenEnded(called.message);
        if (!ended || renewed || settings.user === null) return called;
        tokens.forget();
      }
    },
    stream: async (path, body, signal) => {
      const token = await tokens.current();
      if (token.kind !== "ok") return { kind: "failed", why: "no token was given" };
      const client = clients[chosen % clients.length];
      if (client === undefined) return { kind: "failed", why: "it has no endpoint" };
      const stream = await client.stream(questionOf({ path, body, token: token.token }), signal);
      if (stream.kind === "failed") chosen += 1;
      return stream;
    },
    forgetToken: tokens.forget,
    close: () => {
      for (const client of clients) client.close();
    },
  };
}

type Token =
  | { readonly kind: "ok"; readonly token: string | null }
  | { readonly kind: "none"; readonly called: Called };

/** One token for all calls; those that wait for it wait together. */
function tokensOf(
  user: EtcdSettings["user"],
  ask: Ask,
): { readonly current: () => Promise<Token>; readonly forget: () => void } {
  let held: Promise<Token> | null = null;
  const sign = async (): Promise<Token> => {
    if (user === null) return { kind: "ok", token: null };
    const called = await ask("/v3/auth/authenticate", user, { token: null, harmless: true });
    // Somebody switched users off: then no token is needed.
    if (called.kind === "no" && called.message === "etcdserver: authentication is not enabled")
      return { kind: "ok", token: null };
    const token = called.kind === "ok" ? textIn(called.body, "token") : undefined;
    if (token !== undefined) return { kind: "ok", token };
    held = null;
    // Nothing of what was asked for has been sent yet, however the signing in went wrong.
    if (called.kind === "lost") return { kind: "none", called: { kind: "away", why: called.why } };
    return { kind: "none", called };
  };
  return {
    current: () => {
      held ??= sign();
      return held;
    },
    forget: () => {
      held = null;
    },
  };
}

type Sent = How & { readonly path: string; readonly body: Json };

function questionOf({ path, body, token }: Omit<Sent, "harmless">) {
  return {
    method: "POST",
    path,
    headers: {
      "content-type": "application/json",
      ...(token === null ? {} : { authorization: token }),
    },
    body: JSON.stringify(body),
    answerBytes: ANSWER_BYTES,
  };
}

async function askOne(client: Client, sent: Sent): Promise<Called> {
  const question = questionOf(sent);
  const reply = sent.harmless
    ? await client.read(question)
    : await client.write((ask) => ask(question));
  if (reply.kind === "unsent") return { kind: "away", why: reply.why };
  if (reply.kind === "lost") return reply;
  const body = parseJson(Buffer.from(reply.body).toString("utf8"));
  if (reply.status === 200 && body !== undefined) return { kind: "ok", body };
  const code = inside(body, "code");
  const message = textIn(body, "message") ?? textIn(body, "error");
  const says = message ?? `status ${reply.status}`;
  // Something between us and etcd may answer for it, after having passed the question on.
  if (typeof code !== "number" || message === undefined)
    return { kind: "lost", why: `what answered is not etcd: ${says}`, large: false };
  const uncertain =
    UNCERTAIN.has(code) || (code === RESOURCE_EXHAUSTED && !message.startsWith("etcdserver: "));
  return uncertain
    ? { kind: "lost", why: message, large: false }
    : { kind: "no", code, message: code === UNAUTHENTICATED ? message : says };
}
