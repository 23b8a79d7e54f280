// SPDX-License-Identifier: Apache-2.0
/** HTTP/1.1 to one origin, with the one thing that a write has to know: whether it can have arrived. */
import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { Agent as TlsAgent, request as tlsRequest } from "node:https";
import type { TLSSocket } from "node:tls";
import { linesOf } from "./lines.ts";

/** At once to one origin; what exceeds it waits. */
const SOCKETS = 16;
/** How often a silent connection is probed, so that a watch notices a peer that is gone. */
const PROBE_MS = 15_000;

export type ClientOptions = {
  /** `http:` or `https:`, without a path. Nothing is ever sent elsewhere: redirects are answers. */
  readonly origin: URL;
  /** PEM. Certificates are always verified; `ca` takes the place of the system's authorities. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** From the call to the last byte of the answer. */
  readonly timeoutMs: number;
};

export type Question = {
  readonly method: string;
  /** Encoded, with its query, beginning with `/`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** What is read of an answer. */
  readonly answerBytes: number;
  /** Sending it twice does no harm, so that a kept connection which was just closed is no failure. */
  readonly harmless: boolean;
};

export type Reply =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
      readonly body: Uint8Array;
    }
  /** Not a byte of it can have reached anybody. */
  | { readonly kind: "unsent"; readonly why: string }
  /** It may have arrived and have been obeyed. */
  | { readonly kind: "lost"; readonly why: string; readonly large: boolean };

export type Stream =
  | { readonly kind: "open"; readonly lines: AsyncIterable<string> }
  | { readonly kind: "answer"; readonly status: number; readonly body: Uint8Array }
  | { readonly kind: "failed"; readonly why: string };

export type Client = {
  readonly ask: (question: Question) => Promise<Reply>;
  /** Opens an answer that goes on; its lines end when the other side ends, breaks off or is aborted. */
  readonly stream: (question: Question, signal: AbortSignal) => Promise<Stream>;
  readonly close: () => void;
};

export function clientOf(options: ClientOptions): Client {
  const secure = options.origin.protocol === "https:";
  const settings = { keepAlive: true, keepAliveMsecs: PROBE_MS, maxSockets: SOCKETS };
  const agent = secure ? new TlsAgent({ ...settings, ...options.tls }) : new Agent(settings);
  const open = (question: Question): ClientRequest => {
    const { body } = question;
    const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
    return (secure ? tlsRequest : request)({
      agent,
      protocol: options.origin.protocol,
      hostname: options.origin.hostname.replace(/^\[|\]$/g, ""),
      port: options.origin.port === "" ? undefined : Number(options.origin.port),
      method: question.method,
      path: question.path,
      headers: { ...question.headers, ...length },
    });
  };
  const once = (question: Question) => answerOf(open(question), question, options.timeoutMs);
  return {
    ask: async (question) => {
      const first = await once(question);
      if (!first.stale || !question.harmless) return first.reply;
      return (await once(question)).reply;
    },
    stream: (question, signal) => streamOf(open(question), question, options.timeoutMs, signal),
    close: () => agent.destroy(),
  };
}

type Attempt = {
  readonly reply: Reply;
  /** A kept connection broke before anything was answered. */
  readonly stale: boolean;
};

function answerOf(asked: ClientRequest, question: Question, timeoutMs: number): Promise<Attempt> {
  return new Promise((resolve) => {
    const reached = hasReached(asked);
    let answered = false;
    let large = false;
    const timer = setTimeout(
      () => asked.destroy(new Error(`no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    const end = (reply: Reply): void => {
      clearTimeout(timer);
      resolve({ reply, stale: reply.kind === "lost" && asked.reusedSocket && !answered });
    };
    const fail = (error: Error): void =>
      end(
        reached()
          ? { kind: "lost", why: reasonOf(error), large }
          : { kind: "unsent", why: reasonOf(error) },
      );
    asked.on("error", fail);
    asked.on("response", (response) => {
      answered = true;
      bodyOf(response, question.answerBytes).then(
        (body) =>
          end({
            kind: "answer",
            status: response.statusCode ?? 0,
            headers: response.headers,
            body,
          }),
        (error: Error) => {
          large = error instanceof TooLarge;
          asked.destroy();
          fail(error);
        },
      );
    });
    asked.end(question.body);
  });
}

function streamOf(
  asked: ClientRequest,
  question: Question,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Stream> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => asked.destroy(new Error("no answer in time")), timeoutMs);
    const abort = (): void => {
      asked.destroy(new Error("aborted"));
    };
    signal.addEventListener("abort", abort, { once: true });
    const settle = (stream: Stream): void => {
      clearTimeout(timer);
      resolve(stream);
    };
    asked.on("close", () => signal.removeEventListener("abort", abort));
    asked.on("error", (error) => settle({ kind: "failed", why: reasonOf(error) }));
    asked.on("response", (response) => {
      const status = response.statusCode ?? 0;
      if (status === 200) {
        response.socket.setKeepAlive(true, PROBE_MS);
        return settle({ kind: "open", lines: linesOf(response, question.answerBytes) });
      }
      bodyOf(response, question.answerBytes).then(
        (body) => settle({ kind: "answer", status, body }),
        (error: Error) => settle({ kind: "failed", why: reasonOf(error) }),
      );
    });
    if (signal.aborted) abort();
    asked.end(question.body);
  });
}

/** Whether something can have been sent: nothing is before a connection stands and, with TLS, is verified. */
function hasReached(asked: ClientRequest): () => boolean {
  let reached = false;
  asked.on("socket", (socket) => {
    if (asked.reusedSocket || !socket.connecting) {
      reached = true;
      return;
    }
    const ready = isTls(socket) ? "secureConnect" : "connect";
    socket.once(ready, () => {
      reached = true;
    });
  });
  return () => reached;
}

function isTls(socket: object): socket is TLSSocket {
  return "encrypted" in socket && socket.encrypted === true;
}

class TooLarge extends Error {}

async function bodyOf(response: IncomingMessage, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response) {
    // A stream without an encoding yields buffers.
    const bytes = chunk as Uint8Array;
    size += bytes.length;
    if (size > limit) throw new TooLarge(`the answer has more than ${limit} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function reasonOf(error: Error): string {
  // Several addresses of one name fail together, in an error without a message of its own.
  if (error instanceof AggregateError && error.message === "")
    return error.errors.map((one) => (one instanceof Error ? one.message : String(one))).join(", ");
  return error.message;
}
