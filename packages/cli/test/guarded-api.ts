/** An HTTP API of no known kind, and a guard in front of it. */
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Settings } from "../src/guard/settings.ts";
import { bodyOf, listening } from "./gate-server.ts";
import { type Guarding, guarding } from "./guarding.ts";

export type Api = {
  readonly url: string;
  readonly flags: Map<string, string>;
  /** Method, target, body and headers of every request that is no read. */
  readonly wrote: {
    readonly line: string;
    readonly body: string;
    readonly headers: IncomingMessage["headers"];
  }[];
  /** Called before a write takes effect; `true`: it was answered already. */
  before: (response: ServerResponse) => boolean;
};

const PATH = /^\/api\/flags\/([a-z]+)(?:\?scope=eu)?$/;
const etagOf = (text: string) =>
  `"${createHash("sha256").update(text).digest("hex").slice(0, 12)}"`;

/** Keeps flags, and counts their revisions itself. */
export async function api(): Promise<Api> {
  const flags = new Map<string, string>();
  const wrote: Api["wrote"] = [];
  const made: Api = { url: "", flags, wrote, before: () => false };
  const url = await listening(async (request, response) => {
    const body = (await bodyOf(request)).toString("utf8");
    const [, name = ""] = PATH.exec(request.url ?? "") ?? [];
    const there = flags.get(name);
    if (request.url === "/api/echo") {
      response.writeHead(200, {
        connection: "keep-alive, x-secret",
        "proxy-authenticate": "x-secret",
      });
      return void response.end(JSON.stringify(request.headers));
    }
    if (request.method === "GET") {
      if (there === undefined) return void response.writeHead(404).end();
      return void response.writeHead(200, { etag: etagOf(there) }).end(there);
    }
    wrote.push({ line: `${request.method} ${request.url}`, body, headers: request.headers });
    if (made.before(response)) return;
    const condition = request.headers["if-match"];
    const now = flags.get(name);
    if (condition !== undefined && condition !== (now && etagOf(now)))
      return void response.writeHead(412).end();
    if (request.method === "DELETE") flags.delete(name);
    else {
      const merged = request.method === "PATCH" ? JSON.parse(there ?? "{}") : {};
      const { revision = 0 } = JSON.parse(there ?? "{}");
      flags.set(name, JSON.stringify({ ...merged, ...JSON.parse(body), revision: revision + 1 }));
    }
    response.writeHead(200, { "content-type": "application/json" });
    response.end('{"done":true}');
  });
  return Object.assign(made, { url });
}

export const RULES: NonNullable<Settings["rules"]> = [
  {
    method: "PUT",
    path: "/api/flags/{name}",
    after: "body",
    ignore: ["/revision"],
    headers: ["x-scope"],
  },
  {
    method: "PATCH",
    path: "/api/flags/{name}",
    after: "merge-patch",
    ignore: ["/revision"],
    versions: "if-match",
  },
  { method: "DELETE", path: "/api/flags/{name}", after: "nothing", query: true },
];

export async function world(more: Partial<Settings> = {}): Promise<{ a: Api; g: Guarding }> {
  const a = await api();
  return { a, g: await guarding(a.url, { kind: "http", rules: RULES, ...more }) };
}
export const JSON_TYPE = { "content-type": "application/json" };
export const PATCH_TYPE = { "content-type": "application/merge-patch+json" };
