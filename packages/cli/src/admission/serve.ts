// SPDX-License-Identifier: Apache-2.0
/** The webhook as a server: `/validate` for the API server, `/livez` and `/readyz` for the kubelet. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { sha256Hex, utf8 } from "@interlock/digest";
import { bodyOf } from "../guard/wire.ts";
import type { Feed } from "./feed.ts";
import type { Journal } from "./journal.ts";
import { judge, type Verdict } from "./judge.ts";
import { answerTo, type Review, readReview } from "./review.ts";
import { DEFAULTS, type Settings } from "./settings.ts";

export type ServeTerms = {
  readonly settings: Settings;
  readonly feed: Feed;
  readonly journal: Journal;
  readonly now: () => number;
  readonly tls: { readonly cert: string; readonly key: string; readonly ca?: string };
  /** Told of what whoever runs it should know, a line at a time. */
  readonly say: (line: string) => void;
};

const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
const HEADERS_MAX = 16 * 1024;
const CONNECTIONS_MAX = 1_024;

/** Not yet listening. */
export function admissionServer(terms: ServeTerms): Server {
  const { ca, ...pair } = terms.tls;
  const caller = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true };
  const server = createServer(
    {
      ...{ ...pair, ...caller, minVersion: "TLSv1.2" },
      ...{ insecureHTTPParser: false, requireHostHeader: true, maxHeaderSize: HEADERS_MAX },
      ...{ headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS },
    },
    (request, response) => {
      handle(terms, request, response).catch((error: unknown) => {
        const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
        terms.say(`a request failed: ${why}`);
        if (response.headersSent) response.destroy();
        else send(response, 500, { error: "something went wrong inside the webhook" });
      });
    },
  );
  server.maxConnections = CONNECTIONS_MAX;
  return server;
}

async function handle(
  terms: ServeTerms,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method, url = "" } = request;
  // The API server adds `?timeout=10s`.
  const path = url.split("?")[0];
  if (method === "GET" && path === "/livez") return send(response, 200, { live: true });
  if (method === "GET" && path === "/readyz") {
    const ready = terms.feed.heardAt() !== null || terms.settings.mode === "observe";
    return send(response, ready ? 200 : 503, { ready });
  }
  if (path !== "/validate") return refuse(request, response, 404, "only `/validate` is here");
  if (method !== "POST") return refuse(request, response, 405, "only POST is answered");
  const body = await bodyOf(request, terms.settings.bodyMax ?? DEFAULTS.bodyMax);
  if (!body.ok) {
    const large = body.refusal.code === "GUARD_TOO_LARGE";
    return refuse(request, response, large ? 413 : 400, body.refusal.detail);
  }
  const text = Buffer.from(body.value).toString("utf8");
  const read = readReview(text);
  if (!read.ok) return refuse(request, response, 400, read.says);
  send(response, 200, await answerFor(terms, read.review));
}

/** From a request to its answer, on record before it is given. */
async function answerFor(terms: ServeTerms, review: Review): Promise<object> {
  const { settings, journal, now } = terms;
  const verdict = await judged(terms, review);
  const { because, change } = verdict;
  const observes = settings.mode === "observe";
  const outcome = verdict.admitted ? "admitted" : observes ? "would-refuse" : "refused";
  // A rehearsal has no effects (sideEffects: NoneOnDryRun).
  if (!review.dryRun)
    await journal.keep({
      ...{ at: now(), uid: review.uid, outcome, because, change, by: review.user },
      ...{ operation: review.operation, resource: review.resource },
      ...{ namespace: review.namespace, name: review.name },
      sha256: review.object === null ? null : sha256Hex(utf8(JSON.stringify(review.object))),
    });
  const would = observes && !verdict.admitted ? [`interlock would refuse this: ${because}`] : [];
  return answerTo(review.uid, {
    allowed: verdict.admitted || observes,
    message: `interlock: ${because}; ${HELP}`,
    warnings: [...would, ...verdict.warnings.map((one) => `interlock: ${one}`)],
    annotations: {
      outcome,
      because: because.slice(0, ANNOTATION_MAX).toWellFormed(),
      ...(change === null ? {} : { change }),
    },
  });
}

const HELP = "bring it as a change of the manifests, and apply it when it is allowed";
const ANNOTATION_MAX = 1_000;

/** By what is known here; by what the server says now, where that lets nothing in; by `allowIfDown`. */
async function judged(terms: ServeTerms, review: Review): Promise<Verdict> {
  const { feed, settings, now } = terms;
  const first = judge(review, feed.allowed(), settings);
  if (first.admitted && first.change === null) return first;
  if (first.admitted && isTrusted(terms)) return first;
  const asked = now();
  const why = await within(
    feed.refresh(),
    // A question that is under way is waited for first.
    2 * (settings.timeoutMs ?? DEFAULTS.timeoutMs),
    "it does not answer in time",
  );
  const second = judge(review, feed.allowed(), settings);
  if (second.admitted && (why === null || isTrusted(terms))) return second;
  if (why === null) return second;
  const heard = feed.heardAt();
  const since = heard === null ? "never" : `${Math.round((asked - heard) / 1_000)} s ago`;
  const away = `the server is away (${why}), heard last ${since}`;
  const tier = tierOf(review, settings);
  if (settings.allowIfDown?.includes(tier) === true)
    return {
      ...{ admitted: true, change: null, because: `${away}; Tier ${tier} goes on without it` },
      warnings: [`${away}; this was not compared with anything allowed`],
    };
  const because = second.admitted ? "what was allowed is known from too long ago" : second.because;
  return { ...second, admitted: false, because: `${because}; ${away}` };
}

/** Whether what the server said last is recent enough to be acted on without it. */
function isTrusted({ feed, settings, now }: ServeTerms): boolean {
  const heard = feed.heardAt();
  const most = (settings.trustedSeconds ?? DEFAULTS.trustedSeconds) * 1_000;
  return heard !== null && Math.abs(now() - heard) <= most;
}

/** What nobody has placed is of Tier 1. by (fail-closed) */
const tierOf = ({ namespace }: Review, { tiers = [] }: Settings): number =>
  (namespace === "" ? undefined : tiers.find((one) => one.namespace === namespace)?.tier) ?? 1;

async function within<T>(work: Promise<T>, ms: number, late: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const waiting = new Promise<T>((done) => {
    timer = setTimeout(() => done(late), ms);
  });
  return await Promise.race([work, waiting]).finally(() => clearTimeout(timer));
}

/** What was not read of a body must not be taken for the next request. */
function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  error: string,
): void {
  if (!request.complete) response.setHeader("connection", "close");
  send(response, status, { error });
}

function send(response: ServerResponse, status: number, value: object): void {
  if (response.destroyed) return;
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, {
    ...{ "content-type": "application/json", "cache-control": "no-store" },
    "content-length": body.length,
  });
  response.end(body);
}
