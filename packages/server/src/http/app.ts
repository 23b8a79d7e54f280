// SPDX-License-Identifier: Apache-2.0
import { failureOf } from "@interlock/store";
import fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import { type Refusal, refuse } from "./bind.ts";
import type { Once } from "./once.ts";

export type AppTerms = {
  /** Scheme, host and port that people see, such as `https://interlock.example.com`. */
  readonly origin: string;
  /** Every request; what fails by our own fault is logged anyway. */
  readonly log: boolean;
  /** Does requests with an `Idempotency-Key` once; only a test can do without. */
  readonly once?: Once;
  /** Why this server must not work any more, or `null`; then it only says so. */
  readonly stopped?: () => Refusal | null;
};

/** What is asked by whoever watches a server, and the log, which others have published as well. */
const WATCHED = /^\/(?:healthz|readyz|metrics|log\/)/;

declare module "fastify" {
  interface FastifyInstance {
    readonly once: Once | null;
  }
}

/** Facts of a large change are a few megabytes; what is larger is refused before it is read. */
const BODY_BYTES = 16 << 20;

/** An HTTP server without routes: limits, headers, and problems instead of stack traces. */
export function httpApp({ origin, log, once, stopped }: AppTerms): FastifyInstance {
  const app = fastify({
    bodyLimit: BODY_BYTES,
    requestTimeout: 30_000,
    logger: { ...LOGGER, level: log ? "info" : "error" },
    routerOptions: { ignoreTrailingSlash: false, maxParamLength: 200 },
  });
  app.decorate("once", once ?? null);
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(HEADERS);
    if (!isOwn(request, origin))
      return refuse(reply, {
        code: "NOT_ALLOWED",
        message: "the request comes from another site",
        help: `open ${origin} and try again there`,
      });
    const failure = stopped?.() ?? null;
    if (failure !== null && !WATCHED.test(request.url)) return refuse(reply, failure);
  });
  app.setErrorHandler((error, request, reply) => {
    const status = error instanceof Error && "statusCode" in error ? error.statusCode : 500;
    if (status === 413)
      return refuse(reply, {
        code: "TOO_LARGE",
        message: `the request is larger than ${BODY_BYTES} bytes`,
        help: "land fewer files at once",
      });
    if (typeof status === "number" && status >= 400 && status < 500)
      return refuse(reply, {
        code: "INPUT_INVALID",
        message: "the request cannot be read",
        help: "send JSON as UTF-8 with `Content-Type: application/json`",
      });
    // A database that is away is no fault of ours, wherever it was noticed. by (not-the-outage)
    const failure = failureOf(error);
    if (failure !== null) return refuse(reply, failure);
    request.log.error(error);
    return refuse(reply, {
      code: "SERVER_FAULT",
      message: "the server failed; nothing was allowed",
      help: "try again; the reason is in the server's log",
    });
  });
  app.setNotFoundHandler((_request, reply) =>
    refuse(reply, {
      code: "NOT_FOUND",
      message: "there is nothing here, or not for you",
      help: "see /api/v1/openapi.json",
    }),
  );
  return app;
}

/** Secrets stand in headers only, and headers are not logged; standard output belongs to the command. */
const LOGGER = {
  stream: process.stderr,
  redact: ["req.headers.authorization", "req.headers.cookie", 'res.headers["set-cookie"]'],
};

const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** A browser says where a request comes from; what changes something must come from our own pages (UI6). */
function isOwn({ method, headers }: FastifyRequest, origin: string): boolean {
  if (method === "GET" || method === "HEAD") return true;
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") return false;
  return headers.origin === undefined || headers.origin === origin;
}
