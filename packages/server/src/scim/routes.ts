// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Answer, Authenticate } from "../http/bind.ts";
import { done, type SiteTerms } from "../people/terms.ts";
import { type Filter, parseFilter } from "./filter.ts";
import { patchedGroup, readGroup } from "./group-input.ts";
import { changeGroup, createGroup, listGroups, removeGroup, showGroup } from "./groups.ts";
import { type ScimRefusal, scimError, scimInvalid } from "./refusal.ts";
import {
  groupResource,
  listResource,
  RESOURCE_TYPES,
  SCHEMAS,
  SERVICE,
  userResource,
} from "./resources.ts";
import type { ScimTerms } from "./terms.ts";
import { patchedUser, readUser } from "./user-input.ts";
import { changeUser, createUser, listUsers, type Page, removeUser, showUser } from "./users.ts";
import type { ScimWatch } from "./watch.ts";

const PATH = "/scim/v2";
const MEDIA = "application/scim+json";
/** Identity providers send one user, or one group with its members. */
const BODY_BYTES = 1 << 20;

type Reached = { readonly status: number; readonly body: object | null };
type Asked = {
  readonly id: string;
  readonly query: z.output<typeof QUERY>;
  readonly body: unknown;
};
type Handler = (terms: ScimTerms, asked: Asked) => Promise<Answer<Reached>>;

const QUERY = z.object({
  filter: z.string().max(2_000).optional(),
  startIndex: z.coerce
    .number()
    .int()
    .default(1)
    .transform((from) => Math.max(1, from)),
  count: z.coerce
    .number()
    .int()
    .default(100)
    .transform((count) => Math.min(200, Math.max(0, count))),
  excludedAttributes: z.string().max(2_000).default(""),
});

/** SCIM 2.0 (RFC 7643, RFC 7644), for as much of it as identity providers use to say who works here. */
export function scimRoutes(
  app: FastifyInstance,
  authenticate: Authenticate,
  { site, watch }: { readonly site: SiteTerms; readonly watch: ScimWatch },
): void {
  const { scim: settings } = site.identity;
  if (settings === null) return;
  app.register(async (inner) => {
    const parse = inner.getDefaultJsonParser("error", "error");
    inner.removeContentTypeParser("application/json");
    inner.addContentTypeParser<string>(
      [MEDIA, "application/json"],
      { parseAs: "string", bodyLimit: BODY_BYTES },
      // A DELETE may say that it has JSON and have none.
      (request, text, next) => (text === "" ? next(null) : parse(request, text, next)),
    );
    const base = `${site.origin}${PATH}`;
    for (const [method, path, handler] of handlers(base))
      inner.route({
        ...{ method, url: `${PATH}${path}`, bodyLimit: BODY_BYTES },
        handler: async (request, reply) => {
          const actor = await authenticate(request);
          if (actor.kind !== "token") return refuseScim(reply, NO_TOKEN);
          if (!actor.verbs.includes("scim")) return refuseScim(reply, OTHER_TOKEN);
          watch.asked();
          const asked = askedBy(request);
          if (!asked.ok) return refuseScim(reply, asked.failure);
          const answer = await handler({ site, settings, token: actor.id }, asked.value);
          if (!answer.ok) {
            if (method !== "GET") watch.refused(aboutWhom(request), answer.failure);
            return refuseScim(reply, answer.failure);
          }
          const { status, body } = answer.value;
          reply.code(status).type(`${MEDIA}; charset=utf-8`);
          return body === null ? reply.send() : reply.send(JSON.stringify(body));
        },
      });
  });
}

const NO_TOKEN: ScimRefusal = {
  code: "SIGN_IN_NEEDED",
  message: "no token for SCIM came along",
  help: "propose one, let a second person endorse it, and send it as `Authorization: Bearer TOKEN`",
};

const OTHER_TOKEN: ScimRefusal = {
  code: "NOT_ALLOWED",
  message: "this token may not do that",
  help: "a token for SCIM does nothing else, and no other token does it",
};

function refuseScim(reply: FastifyReply, refusal: ScimRefusal): FastifyReply {
  const { status, body } = scimError(refusal);
  return reply.code(status).type(`${MEDIA}; charset=utf-8`).send(JSON.stringify(body));
}

const NAMED = z.object({ userName: z.string() }).or(z.object({ displayName: z.string() }));

/** Whom a request was about: by the name in it, else by where it went. */
function aboutWhom({ body, url }: FastifyRequest): string {
  const named = NAMED.safeParse(body);
  if (!named.success) return url.slice(PATH.length + 1);
  return "userName" in named.data ? named.data.userName : named.data.displayName;
}

function askedBy(request: FastifyRequest): Answer<Asked> {
  const query = QUERY.safeParse(request.query);
  if (!query.success) return scimInvalid("the query is not as described");
  const params = z.object({ id: z.string().max(64).default("") }).safeParse(request.params);
  if (!params.success) return scimInvalid("no such id");
  return done({ id: params.data.id, query: query.data, body: request.body });
}

function filterOf({ filter }: Asked["query"]): Answer<Filter | null> {
  if (filter === undefined) return done(null);
  const parsed = parseFilter(filter);
  return parsed === null
    ? scimInvalid('the filter is not `ATTRIBUTE eq "VALUE"`', "invalidFilter")
    : done(parsed);
}

const pageOf = ({ startIndex, count }: Asked["query"]): Page => ({
  offset: startIndex - 1,
  limit: count,
});

const reached = (body: object | null, status = 200): Answer<Reached> => done({ status, body });

type Route = readonly ["GET" | "POST" | "PUT" | "PATCH" | "DELETE", string, Handler];

const handlers = (base: string): readonly Route[] => [
  ...userHandlers(base),
  ...groupHandlers(base),
  ["GET", "/ServiceProviderConfig", async () => reached(SERVICE)],
  ["GET", "/ResourceTypes", async () => reached(whole(RESOURCE_TYPES))],
  ["GET", "/Schemas", async () => reached(whole(SCHEMAS))],
];

const whole = (resources: readonly object[]): object =>
  listResource(resources, { total: resources.length, startIndex: 1 });

function userHandlers(base: string): readonly Route[] {
  const shown = <T extends Parameters<typeof userResource>[0]>(answer: Answer<T>, status = 200) =>
    answer.ok ? reached(userResource(answer.value, base), status) : answer;
  return [
    [
      "GET",
      "/Users",
      async (terms, { query }) => {
        const filter = filterOf(query);
        if (!filter.ok) return filter;
        const found = await listUsers(terms, filter.value, pageOf(query));
        if (!found.ok) return found;
        const { total, users } = found.value;
        const resources = users.map((known) => userResource(known, base));
        return reached(listResource(resources, { total, startIndex: query.startIndex }));
      },
    ],
    [
      "POST",
      "/Users",
      async (terms, { body }) => {
        const draft = readUser(body);
        return draft.ok ? shown(await createUser(terms, draft.value), 201) : draft;
      },
    ],
    ["GET", "/Users/:id", async (terms, { id }) => shown(await showUser(terms, id))],
    [
      "PUT",
      "/Users/:id",
      async (terms, { id, body }) => shown(await changeUser(terms, id, () => readUser(body))),
    ],
    [
      "PATCH",
      "/Users/:id",
      async (terms, { id, body }) =>
        shown(await changeUser(terms, id, (before) => patchedUser(before, body))),
    ],
    ["DELETE", "/Users/:id", async (terms, { id }) => gone(await removeUser(terms, id))],
  ];
}

const gone = (answer: Answer<null>): Answer<Reached> => (answer.ok ? reached(null, 204) : answer);

function groupHandlers(base: string): readonly Route[] {
  const shown = <T extends Parameters<typeof groupResource>[0]>(answer: Answer<T>, status = 200) =>
    answer.ok ? reached(groupResource(answer.value, base, true), status) : answer;
  return [
    [
      "GET",
      "/Groups",
      async (terms, { query }) => {
        const filter = filterOf(query);
        if (!filter.ok) return filter;
        const found = await listGroups(terms, filter.value, pageOf(query));
        if (!found.ok) return found;
        const { total, groups } = found.value;
        const resources = groups.map((known) => groupResource(known, base, wantsMembers(query)));
        return reached(listResource(resources, { total, startIndex: query.startIndex }));
      },
    ],
    [
      "POST",
      "/Groups",
      async (terms, { body }) => {
        const draft = readGroup(body);
        return draft.ok ? shown(await createGroup(terms, draft.value), 201) : draft;
      },
    ],
    [
      "GET",
      "/Groups/:id",
      async (terms, { id, query }) => {
        const found = await showGroup(terms, id);
        return found.ok ? reached(groupResource(found.value, base, wantsMembers(query))) : found;
      },
    ],
    [
      "PUT",
      "/Groups/:id",
      async (terms, { id, body }) => shown(await changeGroup(terms, id, () => readGroup(body))),
    ],
    [
      "PATCH",
      "/Groups/:id",
      async (terms, { id, body }) =>
        shown(await changeGroup(terms, id, (before) => patchedGroup(before, body))),
    ],
    ["DELETE", "/Groups/:id", async (terms, { id }) => gone(await removeGroup(terms, id))],
  ];
}

const wantsMembers = ({ excludedAttributes }: Asked["query"]): boolean =>
  !excludedAttributes.split(",").some((name) => name.trim().toLowerCase() === "members");
