// SPDX-License-Identifier: Apache-2.0
/** The guard as a server: reads go through, changes go through the gate. */
import { randomUUID } from "node:crypto";
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Observe } from "./caller.ts";
import type { Journal } from "./journal.ts";
import type { Asker, Verdict } from "./judge.ts";
import { againPath } from "./path.ts";
import type { Asked, Done, Effect, Engine, Plan } from "./plan.ts";
import { type Answer, problemAnswer, type Refusal, refused } from "./refusal.ts";
import { unwindingOf } from "./unwind.ts";
import { keptIn, nameIn, nothingLeft, shown, unwindRoute } from "./unwind-answers.ts";
import type { Upstream } from "./upstream.ts";
import { bodyOf, looked } from "./wire.ts";

export type GuardTerms = {
  readonly engine: Engine;
  readonly upstream: Upstream;
  readonly observe: Observe;
  readonly judge: (plan: Plan, asker: Asker) => Promise<Verdict>;
  readonly journal: Journal;
  /** The folder of the journal. */
  readonly state: string;
  readonly bodyMax: number;
  readonly waitMaxS: number;
  readonly tls: { readonly cert: string; readonly key: string; readonly clientCa?: string } | null;
  /** Told of what whoever runs the guard should know, a line at a time. */
  readonly say: (line: string) => void;
};

const HEADERS_MS = 10_000;
const REQUEST_MS = 60_000;
const HEADERS_MAX = 16 * 1024;
const CONNECTIONS_MAX = 1_024;
/** Each holds a body and a repository of its own. */
const CHANGES_MAX = 64;

/** Not yet listening. */
export function guardServer(terms: GuardTerms): Server {
  const changing = { count: 0 };
  const together = joined(terms.judge);
  const handler = (request: IncomingMessage, response: ServerResponse): void => {
    handle({ ...terms, judge: together }, { request, response, changing }).catch(
      (error: unknown) => {
        const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
        terms.say(`a request failed: ${why}`);
        if (response.headersSent) response.destroy();
        else answer(response, problemAnswer(refused("GUARD_FAULT", FAULT, LOOK).refusal));
      },
    );
  };
  const options: ServerOptions = {
    ...{ insecureHTTPParser: false, requireHostHeader: true, maxHeaderSize: HEADERS_MAX },
    ...{ headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS },
  };
  const { tls } = terms;
  const server =
    tls === null
      ? createServer(options, handler)
      : createSecureServer({ ...options, ...tlsOf(tls) }, handler);
  server.maxConnections = CONNECTIONS_MAX;
  return server;
}

const FAULT = "something went wrong inside the guard";
const LOOK = "look at what the guard prints";

/** A caller's certificate is asked for where an authority is named; without a good one nobody gets in. */
const tlsOf = ({ cert, key, clientCa }: NonNullable<GuardTerms["tls"]>) => ({
  ...{ cert, key, minVersion: "TLSv1.2" as const },
  ...(clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true }),
});

type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly changing: { count: number };
};

async function handle(terms: GuardTerms, exchange: Exchange): Promise<void> {
  const { request, response, changing } = exchange;
  const seen = looked(request);
  if (!seen.ok) return refuse(exchange, seen.refusal);
  const by = terms.observe(request);
  if (!by.ok) return refuse(exchange, by.refusal);
  const unwinds = nameIn(seen.value);
  const route = unwinds === null ? terms.engine.routeOf(seen.value) : unwindRoute(seen.value);
  if (route.kind === "refused") return refuse(exchange, route.refusal);
  if (route.kind === "pass") return await pass(terms, exchange);
  if (changing.count >= CHANGES_MAX) return refuse(exchange, { ...BUSY.refusal, retryAfterS: 1 });
  changing.count++;
  try {
    const body = await bodyOf(request, terms.bodyMax);
    if (!body.ok) return refuse(exchange, body.refusal);
    const asked: Asked = { ...seen.value, body: body.value };
    const asker = { by: by.value, waitMs: waitOf(seen.value, terms.waitMaxS) };
    const waiting = { asker, gone: () => response.destroyed };
    const result =
      unwinds === null
        ? await change(terms, asked, waiting)
        : await unwind(terms, { name: unwinds, asked }, waiting);
    if (result !== null) answer(response, result);
  } finally {
    changing.count--;
  }
}

const BUSY = refused("GUARD_BUSY", `${CHANGES_MAX} changes wait already`, "ask again in a moment");

async function pass(terms: GuardTerms, { request, response }: Exchange): Promise<void> {
  try {
    await terms.upstream.pass(request, response);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    const { refusal } = refused("GUARD_UPSTREAM", error.message, "look at it, and ask again");
    answer(response, problemAnswer(refusal));
  }
}

/** `Prefer: wait=N` in seconds (RFC 7240 section 4.3), up to what the settings allow. */
function waitOf({ headers }: Omit<Asked, "body">, most: number): number {
  const [, seconds = "0"] =
    /(?:^|,)\s*wait=(\d{1,6})\s*(?:$|[,;])/i.exec(String(headers["prefer"] ?? "")) ?? [];
  return Math.min(Number(seconds), most) * 1_000;
}

type Waiting = { readonly asker: Asker; readonly gone: () => boolean };

/** From a request to its answer; `null` where nobody waits for it any more, and nothing was done. */
async function change(
  terms: GuardTerms,
  asked: Asked,
  { asker, gone }: Waiting,
): Promise<Answer | null> {
  const plan = await terms.engine.planOf(asked);
  return plan.ok
    ? await carriedOut(terms, plan.value, { asker, gone })
    : problemAnswer(plan.refusal);
}

/** A change that was carried out here, taken away by the one that brings back what was there. */
async function unwind(
  terms: GuardTerms,
  { name, asked }: { readonly name: string; readonly asked: Asked },
  waiting: Waiting,
): Promise<Answer | null> {
  if (asked.method === "GET") return await shown(name, asked, terms);
  if (asked.body.length > 0) return problem("GUARD_MALFORMED", BODY, "send it without one");
  const unwinding = await unwindingOf(name, asked.headers, terms);
  if (!unwinding.ok) return problemAnswer(unwinding.refusal);
  const { plan } = unwinding.value;
  if (plan === null) return nothingLeft(unwinding.value);
  const given = await carriedOut(terms, plan, waiting);
  const kept = keptIn(unwinding.value);
  return given === null || kept === null
    ? given
    : { ...given, headers: { ...given.headers, "interlock-kept": kept } };
}

const BODY = "an unwind has no body: what it writes is what was there";

/** From a plan to the engine's answer, if it is allowed. */
async function carriedOut(
  terms: GuardTerms,
  plan: Plan,
  { asker, gone }: Waiting,
): Promise<Answer | null> {
  const judged = { ...plan, effects: onceMore(plan.effects, terms.journal) };
  const verdict: Verdict = judged.effects.length === 0 ? NOTHING : await terms.judge(judged, asker);
  if (verdict.kind === "held") return problemAnswer(verdict.refusal);
  // Whoever gave up has not been told of anything, and may have sent it elsewhere.
  if (gone()) return null;
  const { title, effects, readAt } = plan;
  const { change: id, digest, because } = verdict;
  const forwarding = randomUUID();
  // by (entry-first): the images are durable before a byte leaves.
  terms.journal.forwards({
    ...{ id: forwarding, at: Date.now(), title, by: asker.by },
    ...{ change: id, digest, because, readAt, effects },
  });
  const done = await plan.carryOut();
  terms.journal.ended(forwarding, {
    outcome: done.kind,
    status: done.kind === "answered" ? done.answer.status : null,
    says: done.kind === "answered" ? done.difference : done.says,
  });
  if (done.kind === "answered" && done.difference !== null)
    terms.say(`ALARM: after ${title}: ${done.difference}`);
  return answerTo(done, verdict);
}

/** What landed is another change the next time: an approval is good for one landing. by (bound) */
function onceMore(effects: readonly Effect[], journal: Journal): readonly Effect[] {
  const times = journal.times(effects);
  const [first] = effects;
  if (first === undefined || times === 0) return effects;
  const count = (n: number) => Buffer.from(`carried out ${n} times\n`);
  const again = { path: againPath(first.path), key: first.key };
  return [...effects, { ...again, before: count(times), after: count(times + 1) }];
}

const NOTHING: Verdict = {
  ...{ kind: "goes-on", change: null, digest: null },
  because: "it changes nothing",
};

function answerTo(done: Done, verdict: Extract<Verdict, { readonly kind: "goes-on" }>): Answer {
  switch (done.kind) {
    case "answered": {
      const { answer: given, difference } = done;
      const own = {
        ...(verdict.change === null ? {} : { "interlock-change": verdict.change }),
        ...(difference === null ? {} : { "interlock-difference": encodeURIComponent(difference) }),
      };
      return { ...given, headers: { ...given.headers, ...own } };
    }
    case "raced":
      return problem(
        "GUARD_RACED",
        done.says,
        "read it again, and ask again with what you want now",
      );
    case "unsent":
      return problem("GUARD_UPSTREAM", done.says, "nothing was written: ask again");
    case "lost":
      return problem("GUARD_UNKNOWN_OUTCOME", done.says, "read what is there before asking again");
  }
}

const problem = (code: Refusal["code"], detail: string, help: string): Answer =>
  problemAnswer(refused(code, detail, help).refusal);

/** What was not read of a body must not be taken for the next request. */
function refuse({ request, response }: Exchange, refusal: Refusal): void {
  const given = problemAnswer(refusal);
  const headers = request.complete ? given.headers : { ...given.headers, connection: "close" };
  answer(response, { ...given, headers });
}

function answer(response: ServerResponse, { status, headers, body }: Answer): void {
  if (response.destroyed) return;
  response.writeHead(status, { ...headers, "content-length": body.length });
  response.end(body);
}

/** The same change by the same caller is asked about once at a time: all who wait get that answer. */
function joined(judge: GuardTerms["judge"]): GuardTerms["judge"] {
  const open = new Map<string, Promise<Verdict>>();
  return async (plan, asker) => {
    const key = keyOf(plan, asker);
    const waiting = open.get(key);
    if (waiting !== undefined) return await waiting;
    const own = judge(plan, asker);
    open.set(key, own);
    try {
      return await own;
    } finally {
      open.delete(key);
    }
  };
}

const keyOf = ({ effects }: Plan, { by, waitMs }: Asker): string =>
  JSON.stringify([
    ...[by, waitMs],
    ...effects.map(({ path, before, after }) => [path, hex(before), hex(after)]),
  ]);
const hex = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString("base64");
