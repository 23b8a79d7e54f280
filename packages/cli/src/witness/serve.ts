// SPDX-License-Identifier: Apache-2.0
/** `add-checkpoint` over HTTP (c2sp.org/tlog-witness). */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { GateError } from "@interlock/core";
import {
  cosign,
  cosignedAnswer,
  formatSignature,
  judgeSubmission,
  MAX_ADD_CHECKPOINT_LENGTH,
  openAddCheckpoint,
  type Policy,
  type Submission,
  type WitnessAnswer,
} from "@interlock/tlog";
import type { Heads } from "./heads.ts";
import type { WitnessKey } from "./key.ts";

export type WitnessTerms = {
  readonly policy: Policy;
  readonly key: WitnessKey;
  readonly heads: Heads;
  /** Milliseconds since 1970 UTC. */
  readonly now: () => number;
  /** Told of what whoever runs the witness should know. */
  readonly say: (line: string) => void;
};

const REQUEST_MS = 10_000;
const CONNECTIONS_MAX = 256;
/** Processes that move on from the same head: one wins each time, so this many in a row are a fault. */
const TRIES = 20;

/** The server of a witness, not yet listening. */
export function witnessServer(terms: WitnessTerms): Server {
  const server = createServer((request, response) => {
    answer(terms, request, response).catch((error: unknown) => {
      // Nothing was cosigned, and the log asks again. by (heads only advance)
      terms.say(`a request failed: ${error instanceof Error ? error.message : String(error)}`);
      if (!response.headersSent) response.writeHead(500, PLAIN);
      response.end();
    });
  });
  server.requestTimeout = REQUEST_MS;
  server.headersTimeout = REQUEST_MS;
  server.maxConnections = CONNECTIONS_MAX;
  return server;
}

const PLAIN = { "content-type": "text/plain; charset=utf-8" };

async function answer(
  terms: WitnessTerms,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.url !== "/add-checkpoint") {
    response.writeHead(404, PLAIN).end("only `/add-checkpoint` is here\n");
    return;
  }
  if (request.method !== "POST") {
    response.writeHead(405, { ...PLAIN, allow: "POST" }).end();
    return;
  }
  const body = await bodyOf(request);
  if (body === null) {
    response.writeHead(413, { ...PLAIN, connection: "close" }).end("the body is too long\n");
    return;
  }
  const { status, contentType, body: says } = await addCheckpoint(terms, body);
  response.writeHead(status, { "content-type": contentType }).end(says);
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_ADD_CHECKPOINT_LENGTH) return null;
    chunks.push(bytes);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

async function addCheckpoint(terms: WitnessTerms, body: Uint8Array): Promise<WitnessAnswer> {
  const opened = await openAddCheckpoint(body, (origin) =>
    terms.policy.logs.map(({ key }) => key).filter(({ name }) => name === origin),
  );
  if (!opened.ok) return opened.answer;
  const { submission } = opened;
  const refusal = stored(terms, submission, body);
  if (refusal !== null) return refusal;
  const seconds = Math.floor(terms.now() / 1_000);
  const { verifier, sign } = terms.key;
  return cosignedAnswer([
    formatSignature(await cosign(submission.note.text, verifier, seconds, sign)),
  ]);
}

/**
 * Stores the head of a submission, or says why not. It reads, judges and stores without a pause, and
 * starts over when another process was faster. by (heads only advance)
 */
function stored(
  { heads, say }: WitnessTerms,
  submission: Submission,
  body: Uint8Array,
): WitnessAnswer | null {
  const { origin } = submission.checkpoint;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const before = heads.read(origin);
    const verdict = judgeSubmission(submission, before.head);
    if (verdict.kind === "answer") {
      if (verdict.evidence) {
        heads.keepEvidence(before.head, body);
        say(`ALARM: \`${origin}\` signed a checkpoint that does not continue the one witnessed`);
      }
      return verdict.answer;
    }
    if (heads.advance(origin, before, verdict.head)) return null;
  }
  throw new GateError(
    "STORE_BUSY",
    `the head of \`${origin}\` moved ${TRIES} times while one request was judged`,
    "run one witness on one state",
  );
}
