/** A stand-in of the server: checks what an enforcement point sends, and decides with given approvals. */
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type Approval,
  compilePolicy,
  decide,
  type JudgingPolicy,
  type Policy,
  validateFacts,
} from "@interlock/core";
import { isDigest, sixWords } from "@interlock/digest";
import { emergencyApi, gate, sendBlobs, sendContents } from "@interlock/protocol";
import { whenDone } from "./scratch.ts";

export type Asked = ReturnType<typeof gate.body.parse>;
export const TOKEN = "tok_canary-7f3a9c";

export type Standing = {
  readonly url: string;
  /** In the order in which they came. */
  readonly asked: Asked[];
  /** What was wrong with requests; every test expects none. */
  readonly wrong: string[];
  readonly approvals: Approval[];
  /** What was sent for people to read; asked for once `contents.wanted` is set. */
  readonly contents: Contents;
  /** What landed while it was away: whether it is taken, and how many questions came before each. */
  readonly imports: { taken: boolean; readonly after: number[] };
};

type Contents = {
  wanted: boolean;
  /** With which status the server refuses them. */
  refuse: number | null;
  readonly inputs: ReturnType<typeof sendContents.body.parse>[];
  readonly blobs: Uint8Array[];
};

export async function listening(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  // Idle connections end with the test: one that ended by itself could take a request with it.
  server.keepAliveTimeout = 0;
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  whenDone(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

export async function gateServer(): Promise<Standing> {
  const asked: Asked[] = [];
  const wrong: string[] = [];
  const approvals: Approval[] = [];
  const contents: Contents = { wanted: false, refuse: null, inputs: [], blobs: [] };
  const imports: Standing["imports"] = { taken: false, after: [] };
  const url = await listening(async (request, response) => {
    const body = (await bodyOf(request)).toString("utf8");
    if (imports.taken && request.url === emergencyApi.importAway.path) {
      const index = 20 + imports.after.push(asked.length);
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ index, verified: true, says: null }));
      return;
    }
    // It has no ledger, and so nothing about people.
    if (request.url?.startsWith("/api/v1/emergency/") === true) {
      response.writeHead(404).end();
      return;
    }
    if (request.url?.startsWith("/api/v1/changes/C-7/") === true) {
      const answer = kept(contents, request.url, JSON.parse(body));
      if (request.headers.authorization !== `Bearer ${TOKEN}`) wrong.push("no token");
      response.writeHead(contents.refuse ?? 200, { "content-type": "application/json" });
      response.end(JSON.stringify(answer));
      return;
    }
    const { method, headers } = request;
    if (`${method} ${request.url}` !== `${gate.method} ${gate.path}`) wrong.push(`${request.url}`);
    if (headers.authorization !== `Bearer ${TOKEN}`) wrong.push("no token");
    const parsed = gate.body.safeParse(JSON.parse(body));
    if (!parsed.success) {
      wrong.push(parsed.error.message);
      response.writeHead(400).end();
      return;
    }
    asked.push(parsed.data);
    const answer = {
      ...judged(parsed.data, { approvals, wrong, url }),
      ...(contents.wanted ? { contents: "wanted" as const } : {}),
    };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(gate.answer.parse(answer)));
  });
  return { url, asked, wrong, approvals, contents, imports };
}

function kept({ inputs, blobs }: Contents, url: string, body: unknown): object {
  if (url.endsWith("/blobs")) {
    blobs.push(...sendBlobs.body.parse(body).blobs.map((one) => Buffer.from(one, "base64url")));
    return { missing: 0 };
  }
  const input = sendContents.body.parse(body);
  inputs.push(input);
  const left = new Set(input.leftOut.map(({ content }) => content));
  const sides = input.entries.flatMap((e) => [e.oldContent, e.newContent]);
  const own = sides.filter((side) => side !== null && isDigest(side) && !left.has(side));
  return { missing: [...new Set(own)] };
}

type Terms = {
  readonly approvals: readonly Approval[];
  readonly wrong: string[];
  readonly url: string;
};

function judged(
  asked: Asked,
  { approvals, wrong, url }: Terms,
): ReturnType<typeof gate.answer.parse> {
  const validated = validateFacts(asked.facts);
  if (!validated.ok) wrong.push(JSON.stringify(validated.problems));
  if (!validated.ok) throw new Error("the facts do not fit");
  const { facts } = validated;
  const { digest } = facts.change;
  const decision = decide(asked.policies.map(judging), {
    ...facts,
    evidence: { ...facts.evidence, approvals: [...approvals] },
  });
  return {
    change: "C-7",
    url: `${url}/changes/C-7`,
    words: isDigest(digest) ? [...sixWords(digest)] : [],
    index: 3,
    entry: "ab".repeat(32),
    decision: decision as unknown as Record<string, unknown>,
  };
}

const judging = (given: Asked["policies"][number]): JudgingPolicy =>
  "policy" in given
    ? {
        role: given.role,
        kind: "policy",
        policy: compilePolicy(given.policy as unknown as Policy),
      }
    : { role: given.role, kind: "unreadable", because: given.unreadable };
