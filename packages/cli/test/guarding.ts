/** A guard in this process, in front of an engine, asking the stand-in of the server. */
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect } from "node:net";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { openGuard } from "../src/guard/open.ts";
import { readSettings, type Settings } from "../src/guard/settings.ts";
import { gateServer, type Standing, TOKEN } from "./gate-server.ts";
import { approve, START } from "./pushing.ts";
import { type Files, folder } from "./scratch.ts";

export type Guarding = {
  readonly url: string;
  readonly port: number;
  readonly server: Standing;
  readonly state: string;
  readonly said: readonly string[];
  /** bo and cy approve what was asked about last. */
  readonly approve: () => void;
  readonly journal: () => readonly Line[];
  readonly post: (path: string, body: unknown, headers?: Headers_) => Promise<Answered>;
  readonly send: (method: string, path: string, more?: Sent) => Promise<Answered>;
};
export type Line = { readonly line: string; readonly [name: string]: unknown };
type Headers_ = Readonly<Record<string, string>>;
type Sent = { readonly body?: string; readonly headers?: Headers_ };
export type Answered = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at by field
  readonly json: any;
};

/** Who asks is said by a header, unless the settings say otherwise. */
const CALLER: Settings["caller"] = { from: "header", header: "x-asker", peers: ["127.0.0.1"] };
const ANA = { "x-asker": "ana@example.com" };

export async function guarding(
  upstream: string,
  more: Partial<Settings> & { readonly files?: Files; readonly away?: boolean },
): Promise<Guarding> {
  const { files = START, away = false, ...settings } = more;
  const server = await gateServer();
  const home = folder();
  for (const [path, text] of Object.entries({ ...files, token: `${TOKEN}\n` })) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text);
  }
  const file = join(home, "guard.json");
  const written = {
    ...{ version: 1, name: "test", kind: "etcd", listen: { address: "127.0.0.1:0" } },
    ...{ upstream: { url: upstream }, tokenFile: "token", state: "state", caller: CALLER },
    ...{ server: away ? "http://127.0.0.1:9" : server.url, policy: { folder: "." }, ...settings },
  };
  writeFileSync(file, JSON.stringify(written));
  const said: string[] = [];
  const guard = openGuard(readSettings(file), (line) => said.push(line));
  // Idle connections end with the test: one that ended by itself could take a request with it.
  guard.server.keepAliveTimeout = 0;
  guard.server.listen(0, "127.0.0.1");
  await once(guard.server, "listening");
  onTestFinished(async () => {
    guard.server.closeAllConnections();
    await guard.close();
  });
  const { port } = guard.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const send = async (method: string, path: string, { body, headers = {} }: Sent = {}) =>
    await fetched(`${url}${path}`, {
      ...{ method, headers: { ...ANA, ...headers } },
      ...(body === undefined ? {} : { body }),
    });
  const state = join(home, "state");
  return {
    ...{ url, port, server, state, said, send },
    approve: () => approve(server, server.asked.at(-1)),
    journal: () =>
      readFileSync(join(state, "guard-journal.jsonl"), "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line)),
    post: (path, body, headers = {}) =>
      send("POST", path, {
        body: typeof body === "string" ? body : JSON.stringify(body),
        headers: { "content-type": "application/json", ...headers },
      }),
  };
}

export async function fetched(url: string, init: RequestInit): Promise<Answered> {
  const response = await fetch(url, { redirect: "manual", ...init });
  const text = await response.text();
  let json: unknown = null;
  try {
    json = JSON.parse(text);
  } catch {
    json = null;
  }
  return { status: response.status, headers: response.headers, text, json };
}

/** Bytes as they are, and all that comes back until the other side closes, as it has to. */
export function raw(port: number, bytes: string): Promise<string> {
  return new Promise((done, fail) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes, "latin1"));
    let got = "";
    socket.on("data", (chunk) => {
      got += chunk.toString("latin1");
    });
    socket.on("close", () => done(got));
    // A side that has answered and leaves bytes unread resets the connection instead.
    socket.on("error", (error) => {
      if (got === "") fail(error);
    });
  });
}

export const base64 = (text: string): string => Buffer.from(text).toString("base64");
