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

export type Ask = (question: Question) => Promise<Reply>;

export type Client = {
  /** For what does no harm when it is sent twice, as happens where a kept connection was closed. */
  readonly read: Ask;
  /**
   * For what must be sent once. It goes over a connection of its own, new at the first call: a kept
   * one may have died unnoticed, and then nobody could say whether the question had arrived.
   */
  readonly write: <T>(run: (ask: Ask) => Promise<T>) => Promise<T>;
  /** Opens an answer that goes on; its lines end when the other side ends, breaks off or is aborted. */
  readonly stream: (question: Question, signal: AbortSignal) => Promise<Stream>;
  readonly close: () => void;
};

export function clientOf(options: ClientOptions): Client {
  const kept = agentOf(options, SOCKETS);
  return {
    read: async (question) => {
      const first = await answerOf(open(options, kept, question), question, options.timeoutMs);
      if (!first.stale) return first.reply;
      return (await answerOf(open(options, kept, question), question, options.timeoutMs)).reply;
    },
    write: async (run) => {
      const own = agentOf(options, 1);
      try {
        return await run(
          async (question) =>
            (await answerOf(open(options, own, question), question, options.timeoutMs)).reply,
        );
      } finally {
        own.destroy();
      }
    },
    stream: (question, signal) =>
      streamOf(open(options, kept, question), question, options.timeoutMs, signal),
    close: () => kept.destroy(),
  };
}

function agentOf({ origin, tls }: ClientOptions, maxSockets: number): Agent {
  const settings = { keepAlive: true, keepAliveMsecs: PROBE_MS, maxSockets };
  return origin.protocol === "https:" ? new TlsAgent({ ...settings, ...tls }) : new Agent(settings);
}

function open({ origin }: ClientOptions, agent: Agent, question: Question): ClientRequest {
  const { method, path, headers, body } = question;
  const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
  return (origin.protocol === "https:" ? tlsRequest : request)({
    agent,
    protocol: origin.protocol,
    hostname: origin.hostname.replace(/^\[|\]$/g, ""),
    ...(origin.port === "" ? {} : { port: Number(origin.port) }),
    method,
    path,
    headers: { ...headers, ...length },
  });
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
