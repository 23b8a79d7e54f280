// SPDX-License-Identifier: Apache-2.0
/** GitHub's REST API as one repository, or one organisation, of one installation of the App. */
import type { KeyObject } from "node:crypto";
import { z } from "zod";
import { type FromForge, without } from "../failure.ts";
import { type ForgeHttp, type ForgeReply, fitting } from "../http.ts";
import { allPages } from "../pages.ts";
import { appToken } from "./app-token.ts";

export type GithubApiTerms = {
  readonly appId: number;
  readonly key: KeyObject;
  /** Such as `https://api.github.com`. */
  readonly api: string;
  readonly http: ForgeHttp;
  readonly now: () => number;
};

export type RepositoryApi = {
  readonly get: <T extends z.ZodType>(path: string, schema: T) => Promise<FromForge<z.output<T>>>;
  /** All pages, in GitHub's order. A list longer than the limit is no list: part of it may mislead. */
  readonly list: <T extends z.ZodType>(
    path: string,
    item: T,
    limit: number,
  ) => Promise<FromForge<readonly z.output<T>[]>>;
  readonly send: <T extends z.ZodType>(
    method: "POST" | "PATCH",
    path: string,
    body: object,
    schema: T,
  ) => Promise<FromForge<z.output<T>>>;
  /** A token that reads and writes this repository only, for `git fetch`. */
  readonly token: () => Promise<FromForge<string>>;
};

/** `name`: `owner/name`; `id`: GitHub's number of it, where it is known already. */
export type RepositoryName = { readonly name: string; readonly id: number };

/** All that Interlock does with a repository (docs.github.com, “Permissions required for GitHub Apps”). */
export const PERMISSIONS = {
  metadata: "read",
  contents: "read",
  pull_requests: "read",
  checks: "write",
} as const;
export const DEPLOYMENT_PERMISSIONS = { deployments: "write" } as const;
/** Of an organisation, for its teams. */
const TEAM_PERMISSIONS = { members: "read" } as const;

const TOKEN = z.object({
  token: z.string().min(1).max(1_000),
  expires_at: z.iso.datetime({ offset: true }),
  repositories: z
    .array(z.object({ id: z.int() }))
    .max(10_000)
    .optional(),
});
const INSTALLATION = z.object({ id: z.int(), app_id: z.int() });
/** A token that is about to end is not begun with. */
const SPARE_MS = 300_000;

type Permissions = Readonly<Record<string, string>>;

/** What a token is for. */
type Reach = {
  /** Such as `/repos/acme/shop`; below it all calls lie, and the installation. */
  readonly base: string;
  /** GitHub's number of the one repository; `null`: the permissions are those of an organisation. */
  readonly repository: number | null;
  readonly permissions: Permissions;
};

/** Opens one repository. Nothing is asked before the first call. */
export const repositoryApi = (
  terms: GithubApiTerms,
  { name, id }: RepositoryName,
  permissions: Permissions,
): RepositoryApi => opened(terms, { base: `/repos/${name}`, repository: id, permissions });

/** Opens one organisation, to read its teams and nothing else. Nothing is asked before the first call. */
export const organisationApi = (
  terms: GithubApiTerms,
  name: string,
): Pick<RepositoryApi, "get" | "list"> =>
  opened(terms, { base: `/orgs/${name}`, repository: null, permissions: TEAM_PERMISSIONS });

function opened(terms: GithubApiTerms, reach: Reach): RepositoryApi {
  const token = tokenSource(terms, reach);
  const url = (path: string): URL =>
    new URL(`${terms.api.replace(/\/+$/, "")}${reach.base}${path}`);
  const ask = async (
    method: "GET" | "POST" | "PATCH",
    at: URL,
    body?: object,
  ): Promise<FromForge<ForgeReply>> => {
    const given = await token();
    if (!given.ok) return given;
    const reply = await terms.http({
      ...{ method, url: at, headers: headersFor(`Bearer ${given.value}`) },
      ...(body === undefined ? {} : { body }),
    });
    return reply.ok ? understood(reply.value, `${method} ${at.pathname}`, terms.now()) : reply;
  };
  return {
    token,
    get: async (path, schema) => {
      const reply = await ask("GET", url(path));
      return reply.ok ? fitting(schema, reply.value.body, `GET ${path}`) : reply;
    },
    send: async (method, path, body, schema) => {
      const reply = await ask(method, url(path), body);
      return reply.ok ? fitting(schema, reply.value.body, `${method} ${path}`) : reply;
    },
    list: (path, item, limit) =>
      allPages(url(path), { what: path, item, limit }, (at) => ask("GET", at)),
  };
}

function tokenSource(terms: GithubApiTerms, reach: Reach): () => Promise<FromForge<string>> {
  let kept: { readonly token: string; readonly until: number } | null = null;
  let under: Promise<FromForge<string>> | null = null;
  const fresh = async (): Promise<FromForge<string>> => {
    const made = await installationToken(terms, reach);
    if (!made.ok) return made;
    kept = { token: made.value.token, until: Date.parse(made.value.expires_at) };
    return { ok: true, value: made.value.token };
  };
  return async () => {
    if (kept !== null && kept.until - SPARE_MS > terms.now())
      return { ok: true, value: kept.token };
    under ??= fresh().finally(() => {
      under = null;
    });
    return await under;
  };
}

/** A token for this one repository or organisation, and for no more than we do there. */
async function installationToken(
  { appId, key, api, http, now }: GithubApiTerms,
  { base, repository, permissions }: Reach,
): Promise<FromForge<z.output<typeof TOKEN>>> {
  const root = api.replace(/\/+$/, "");
  const headers = headersFor(`Bearer ${appToken(appId, key, now())}`);
  const found = await http({
    ...{ method: "GET", url: new URL(`${root}${base}/installation`), headers },
  });
  const read = found.ok ? understood(found.value, "the installation", now()) : found;
  if (!read.ok) return read;
  const installation = fitting(INSTALLATION, read.value.body, "the installation");
  if (!installation.ok) return installation;
  if (installation.value.app_id !== appId)
    return without("unfit", "the installation is another App's");
  const made = await http({
    method: "POST",
    url: new URL(`${root}/app/installations/${installation.value.id}/access_tokens`),
    headers,
    body: repository === null ? { permissions } : { repository_ids: [repository], permissions },
  });
  const granted = made.ok ? understood(made.value, "an installation token", now()) : made;
  if (!granted.ok) return granted;
  const token = fitting(TOKEN, granted.value.body, "the installation token");
  if (!token.ok) return token;
  const { repositories = [] } = token.value;
  const other = repository !== null && repositories.some(({ id }) => id !== repository);
  return other ? without("unfit", "the token is for another repository") : token;
}

const headersFor = (authorization: string): Readonly<Record<string, string>> => ({
  authorization,
  accept: "application/vnd.github+json",
  "x-github-api-version": "2022-11-28",
  "user-agent": "interlock",
});

const MESSAGE = z.object({ message: z.string().max(2_000) });
/** Waited for where GitHub says that there were too many requests, but not until when. */
const PAUSE_MS = 60_000;

/** Rate limits are told by 403 or 429 (docs.github.com, “Rate limits for the REST API”). */
function understood(reply: ForgeReply, what: string, now: number): FromForge<ForgeReply> {
  const { status, headers, body } = reply;
  if (status >= 200 && status < 300) return { ok: true, value: reply };
  const message = MESSAGE.safeParse(body);
  const says = `${what}: it answered ${status}${message.success ? `: ${message.data.message}` : ""}`;
  if (status === 429 || (status === 403 && isLimit(headers, message.data?.message ?? "")))
    return without("limited", says, limitEnds(headers, now));
  if (status === 404 || status === 410) return without("absent", says);
  // A repository that was renamed or moved is another one until somebody says so in the settings.
  if (status >= 300 && status < 400) return without("refused", `${says} (moved)`);
  return without(status >= 500 ? "away" : "refused", says);
}

const isLimit = (headers: Headers, message: string): boolean =>
  headers.get("x-ratelimit-remaining") === "0" ||
  headers.get("retry-after") !== null ||
  /rate limit/i.test(message);

function limitEnds(headers: Headers, now: number): number {
  const after = Number(headers.get("retry-after") ?? Number.NaN);
  if (Number.isSafeInteger(after) && after >= 0) return now + after * 1_000;
  const reset = Number(headers.get("x-ratelimit-reset") ?? Number.NaN) * 1_000;
  const soon = headers.get("x-ratelimit-remaining") === "0" && Number.isSafeInteger(reset);
  return soon && reset > now ? reset : now + PAUSE_MS;
}
