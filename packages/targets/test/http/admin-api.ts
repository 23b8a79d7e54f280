// SPDX-License-Identifier: Apache-2.0
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Json } from "@interlock/digest";

type Entry = { readonly value: Buffer; readonly revision: number };
export type Asked = {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
};

/** An admin API of somebody else: by ETag with raw bodies, or by a revision inside of JSON. */
export type AdminApi = {
  readonly origin: string;
  readonly port: number;
  readonly settings: Readonly<Record<string, Json>>;
  readonly asked: Asked[];
  /** Headers of every answer. */
  readonly says: Record<string, string>;
  /** What the next request is answered with instead. */
  readonly answerNext: (answer: (response: ServerResponse) => void) => void;
  readonly put: (cell: string, key: string, value: Uint8Array | null) => void;
  readonly close: () => Promise<void>;
};

export const DIALECTS = ["etag", "field"] as const;
export type Dialect = (typeof DIALECTS)[number];

const CELLS = { here: "cell-1", there: "cell 2" };

const ETAG: Readonly<Record<string, Json>> = {
  cells: CELLS,
  read: "/cells/{cell}/keys/{key}",
  list: { path: "/cells/{cell}/keys", items: "/items", key: "/name" },
  write: { path: "/cells/{cell}/keys/{key}" },
  delete: { path: "/cells/{cell}/keys/{key}" },
  version: "etag",
  pollMs: 20,
};
const FIELD: Readonly<Record<string, Json>> = {
  cells: CELLS,
  read: "/v1/{cell}/value/{+key}",
  list: {
    path: "/v1/{cell}/list?after={after}",
    items: "/page/keys",
    key: "/0",
    version: "/1",
    next: "/page/next",
  },
  write: { method: "POST", path: "/v1/{cell}/value/{+key}" },
  delete: { path: "/v1/{cell}/value/{+key}?rev={version}" },
  version: "/meta/rev",
  body: {
    send: { data: "{value}", meta: { rev: "{version}" }, by: "interlock" },
    value: "/data",
    as: "base64",
    absent: 0,
  },
  health: "/healthy",
  pollMs: 20,
};

export async function startAdminApi(dialect: Dialect): Promise<AdminApi> {
  const cells = new Map(Object.values(CELLS).map((cell) => [cell, new Map<string, Entry>()]));
  let revision = 0;
  const asked: Asked[] = [];
  const says: Record<string, string> = {};
  let instead: ((response: ServerResponse) => void) | null = null;
  const store = {
    get: (cell: string, key: string) => cells.get(cell)?.get(key) ?? null,
    keys: (cell: string) => [...(cells.get(cell) ?? [])],
    put: (cell: string, key: string, value: Uint8Array | null) => {
      revision += 1;
      if (value === null) cells.get(cell)?.delete(key);
      else cells.get(cell)?.set(key, { value: Buffer.from(value), revision });
    },
  };
  const server = createServer(async (request, response) => {
    const { method = "", url = "", headers } = request;
    asked.push({ method, url, headers });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    if (instead !== null) {
      const answer = instead;
      instead = null;
      return answer(response);
    }
    const call = { method, url, headers, body: Buffer.concat(chunks) };
    const { status, etag, body } = (dialect === "etag" ? byEtag : byField)(store, call);
    if (etag !== undefined) response.setHeader("etag", etag);
    for (const [name, text] of Object.entries(says)) response.setHeader(name, text);
    response.writeHead(status).end(body ?? "");
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  // A server that listens on TCP has such an address.
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    port,
    settings: { ...(dialect === "etag" ? ETAG : FIELD), origin },
    asked,
    says,
    answerNext: (answer) => {
      instead = answer;
    },
    put: (cell, key, value) => store.put(cell === "here" ? CELLS.here : CELLS.there, key, value),
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

type Store = {
  readonly get: (cell: string, key: string) => Entry | null;
  readonly keys: (cell: string) => readonly (readonly [string, Entry])[];
  readonly put: (cell: string, key: string, value: Uint8Array | null) => void;
};
type CallIn = Asked & { readonly body: Buffer };
type AnswerOut = {
  readonly status: number;
  readonly etag?: string;
  readonly body?: Buffer | string;
};

const partsOf = (url: string): readonly string[] =>
  (url.split("?")[0] ?? "").split("/").slice(1).map(decodeURIComponent);

function byEtag(store: Store, { method, url, headers, body }: CallIn): AnswerOut {
  const [, cell = "", , key] = partsOf(url);
  if (key === undefined)
    return {
      status: 200,
      body: JSON.stringify({ items: store.keys(cell).map(([name]) => ({ name })) }),
    };
  const held = store.get(cell, key);
  const tag = (entry: Entry): string => `"${entry.revision}"`;
  if (method === "GET")
    return held === null ? { status: 404 } : { status: 200, etag: tag(held), body: held.value };
  if (headers["if-none-match"] === "*" && held !== null) return { status: 412 };
  const match = headers["if-match"];
  if (match !== undefined && (held === null || match !== tag(held))) return { status: 412 };
  store.put(cell, key, method === "DELETE" ? null : body);
  return { status: 204 };
}

function byField(store: Store, { method, url, body }: CallIn): AnswerOut {
  if (url === "/healthy") return { status: 200 };
  const [, cell = "", what, ...rest] = partsOf(url);
  const query = new URL(url, "http://localhost").searchParams;
  if (what === "list") {
    const after = query.get("after") ?? "";
    const all = [...store.keys(cell)].sort(([a], [b]) => (a < b ? -1 : 1));
    const left = all.filter(([key]) => key > after);
    const keys = left.slice(0, 3).map(([key, { revision }]) => [key, revision]);
    const next = left.length > 3 ? left[2]?.[0] : null;
    return { status: 200, body: JSON.stringify({ page: { keys, next } }) };
  }
  const key = rest.join("/");
  const held = store.get(cell, key);
  if (method === "GET") {
    if (held === null) return { status: 404 };
    const answer = { data: held.value.toString("base64"), meta: { rev: held.revision } };
    return { status: 200, body: JSON.stringify(answer) };
  }
  const sent = method === "DELETE" ? null : JSON.parse(body.toString());
  const revision = sent === null ? Number(query.get("rev")) : sent.meta.rev;
  if (revision !== (held?.revision ?? 0)) return { status: 409 };
  store.put(cell, key, sent === null ? null : Buffer.from(sent.data, "base64"));
  return { status: 200, body: "{}" };
}
