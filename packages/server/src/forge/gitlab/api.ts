// SPDX-License-Identifier: Apache-2.0
/** GitLab's REST API as the account of one token. */
import { z } from "zod";
import { type FromForge, without } from "../failure.ts";
import { type ForgeHttp, type ForgeReply, fitting } from "../http.ts";
import { allPages, type Paged } from "../pages.ts";

export type GitlabApiTerms = {
  /** Root of the instance. */
  readonly url: string;
  readonly token: string;
  readonly http: ForgeHttp;
  readonly now: () => number;
};

export type GitlabApi = {
  /** Paths are below `/api/v4`. */
  readonly get: <T extends z.ZodType>(path: string, schema: T) => Promise<FromForge<z.output<T>>>;
  /** All pages, in GitLab's order. */
  readonly list: <T extends z.ZodType>(
    path: string,
    paged: Omit<Paged<T>, "what">,
  ) => Promise<FromForge<readonly z.output<T>[]>>;
  readonly send: <T extends z.ZodType>(
    method: "POST" | "PUT",
    path: string,
    body: object,
    schema: T,
  ) => Promise<FromForge<z.output<T>>>;
};

/** Nothing is asked before the first call. */
export function gitlabApi({ url: root, token, http, now }: GitlabApiTerms): GitlabApi {
  const headers = {
    authorization: `Bearer ${token}`,
    accept: "application/json",
    "user-agent": "interlock",
  };
  const url = (path: string): URL => new URL(`${root.replace(/\/+$/, "")}/api/v4${path}`);
  const ask = async (
    method: "GET" | "POST" | "PUT",
    at: URL,
    body?: object,
  ): Promise<FromForge<ForgeReply>> => {
    const given = { method, url: at, headers, ...(body === undefined ? {} : { body }) };
    const reply = await http(given);
    return reply.ok ? understood(reply.value, `${method} ${at.pathname}`, now()) : reply;
  };
  return {
    get: async (path, schema) => {
      const reply = await ask("GET", url(path));
      return reply.ok ? fitting(schema, reply.value.body, `GET ${path}`) : reply;
    },
    list: (path, paged) => allPages(url(path), { ...paged, what: path }, (at) => ask("GET", at)),
    send: async (method, path, body, schema) => {
      const reply = await ask(method, url(path), body);
      return reply.ok ? fitting(schema, reply.value.body, `${method} ${path}`) : reply;
    },
  };
}

/** GitLab answers with the one or the other; a message may be an object of fields. */
const SAYS = z.object({ message: z.unknown(), error: z.unknown() }).partial();
const SAYS_MAX = 1_000;
/** Waited for where GitLab says that there were too many requests, but not until when. */
const PAUSE_MS = 60_000;

function understood(reply: ForgeReply, what: string, now: number): FromForge<ForgeReply> {
  const { status, headers, body } = reply;
  if (status >= 200 && status < 300) return { ok: true, value: reply };
  const said = SAYS.safeParse(body);
  const because = said.success ? (said.data.message ?? said.data.error) : undefined;
  const text = typeof because === "string" ? because : JSON.stringify(because ?? "");
  const says = `${what}: it answered ${status}: ${text.slice(0, SAYS_MAX)}`;
  if (status === 429) return without("limited", says, limitEnds(headers, now));
  if (status === 404 || status === 410) return without("absent", says);
  // A project that was renamed or moved is another one until somebody says so in the settings.
  if (status >= 300 && status < 400) return without("refused", `${says} (moved)`);
  return without(status >= 500 ? "away" : "refused", says);
}

/** docs.gitlab.com, “User and IP rate limits”: `Retry-After` in seconds, `RateLimit-Reset` since 1970. */
function limitEnds(headers: Headers, now: number): number {
  const after = Number(headers.get("retry-after") ?? Number.NaN);
  if (Number.isSafeInteger(after) && after >= 0) return now + after * 1_000;
  const reset = Number(headers.get("ratelimit-reset") ?? Number.NaN) * 1_000;
  return Number.isSafeInteger(reset) && reset > now ? reset : now + PAUSE_MS;
}
