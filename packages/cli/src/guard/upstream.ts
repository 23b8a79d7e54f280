// SPDX-License-Identifier: Apache-2.0
/** HTTP/1.1 to the engine behind the guard, and to nowhere else: redirects are answers. by (SS5) */
import {
  Agent,
  type ClientRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type ServerResponse,
} from "node:http";
import { request as secureRequest, Agent as TlsAgent } from "node:https";
import { pipeline } from "node:stream/promises";
import type { Answer } from "./refusal.ts";
import { WITHOUT_BODY } from "./wire.ts";

export type UpstreamOptions = {
  readonly url: URL;
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** Takes the place of the caller's `Authorization`; `null`: the caller's own goes on. */
  readonly authorization: string | null;
  /** Headers of callers that end here: by them a caller is named to the guard alone. */
  readonly drop: readonly string[];
  readonly timeoutMs: number;
};

export type Question = {
  readonly method: string;
  /** With its query. */
  readonly target: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Uint8Array | null;
  /** A write has a connection of its own: on a kept one that breaks nobody can tell whether it arrived. */
  readonly writes: boolean;
};

export type Reply =
  | { readonly kind: "answer"; readonly answer: Answer }
  /** Not a byte of it can have arrived. */
  | { readonly kind: "unsent"; readonly why: string }
  /** It may have arrived and have been obeyed. */
  | { readonly kind: "lost"; readonly why: string };

export type Upstream = {
  readonly ask: (question: Question) => Promise<Reply>;
  /** Passes a read through as it comes, for as long as it lasts. */
  readonly pass: (from: IncomingMessage, to: ServerResponse) => Promise<void>;
  readonly close: () => void;
};

/** What is read whole of an answer. */
const ANSWER_MAX = 32 * 1024 * 1024;

/** These speak of one connection alone (RFC 9110 section 7.6.1). */
const HOP_BY_HOP = new Set([
  ...["connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization"],
  ...["te", "trailer", "transfer-encoding", "upgrade", "http2-settings"],
]);

export const endToEnd = (headers: OutgoingHttpHeaders): OutgoingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));

type Opening = { readonly writes: boolean; readonly headers: OutgoingHttpHeaders };

export function upstreamOf(options: UpstreamOptions): Upstream {
  const { url, authorization, drop } = options;
  const secure = url.protocol === "https:";
  const agent = secure
    ? new TlsAgent({ keepAlive: true, ...options.tls })
    : new Agent({ keepAlive: true });
  const own = { protocol: url.protocol, ...(secure ? options.tls : {}) };
  const open = (method: string, path: string, { writes, headers }: Opening): ClientRequest =>
    (secure ? secureRequest : request)({
      ...{ ...own, agent: writes ? false : agent, method, path },
      hostname: url.hostname.replace(/^\[|\]$/g, ""),
      ...(url.port === "" ? {} : { port: Number(url.port) }),
      headers: { ...headers, host: url.host, ...(authorization === null ? {} : { authorization }) },
    });
  return {
    ask: async ({ method, target, headers: given, body, writes }) => {
      const length = body === null ? {} : { "content-length": body.length };
      const headers = { ...given, ...length };
      const once = async () => {
        const asked = open(method, target, { writes, headers });
        return { asked, reply: await answered(asked, body, options.timeoutMs) };
      };
      const { asked, reply } = await once();
      const stale = reply.kind === "lost" && asked.reusedSocket && !writes;
      return stale ? (await once()).reply : reply;
    },
    pass: async (from, to) => {
      const kept = Object.entries(endToEnd(from.headers)).filter(([name]) => !drop.includes(name));
      const headers = Object.fromEntries(kept);
      const { method = "GET", url: target = "/" } = from;
      const bare = WITHOUT_BODY.has(method);
      const broken = new AbortController();
      to.once("close", () => broken.abort());
      const once = () => {
        const asked = open(method, target, { writes: false, headers });
        // A caller that goes away ends the read; what is read of it then matters to nobody.
        broken.signal.addEventListener("abort", () => asked.destroy());
        const response = responseOf(asked);
        if (bare) asked.end();
        else pipeline(from, asked).catch(() => undefined);
        return { asked, response };
      };
      const first = once();
      const got = await first.response.catch((error: unknown) => {
        // The engine closed a kept connection as this came. A body is gone, and cannot be sent again.
        if (bare && first.asked.reusedSocket && !broken.signal.aborted) return once().response;
        throw error;
      });
      to.writeHead(got.statusCode ?? 502, endToEnd(got.headers));
      to.flushHeaders();
      await pipeline(got, to);
    },
    close: () => agent.destroy(),
  };
}

const responseOf = (asked: ClientRequest): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    asked.once("response", resolve);
    asked.once("error", reject);
    asked.once("upgrade", (_, socket) => {
      socket.destroy();
      reject(new Error("it answered with another protocol"));
    });
  });

async function answered(
  asked: ClientRequest,
  body: Uint8Array | null,
  timeoutMs: number,
): Promise<Reply> {
  let connected = false;
  asked.once("socket", (socket) => {
    connected = !socket.connecting;
    if (!connected)
      socket.once(socketReady(socket), () => {
        connected = true;
      });
  });
  const timer = setTimeout(
    () => asked.destroy(new Error(`no answer within ${timeoutMs} ms`)),
    timeoutMs,
  );
  try {
    const response = responseOf(asked);
    asked.end(body ?? undefined);
    const got = await response;
    const content = await contentOf(got);
    return {
      kind: "answer",
      answer: { status: got.statusCode ?? 502, headers: endToEnd(got.headers), body: content },
    };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { kind: connected ? "lost" : "unsent", why: reasonOf(error) };
  } finally {
    clearTimeout(timer);
  }
}

const socketReady = (socket: object): string =>
  "encrypted" in socket ? "secureConnect" : "connect";

async function contentOf(response: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > ANSWER_MAX) throw new Error(`its answer is longer than ${ANSWER_MAX} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

const reasonOf = (error: Error): string => {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return error.message.includes(code) ? error.message : `${code}: ${error.message}`;
};
