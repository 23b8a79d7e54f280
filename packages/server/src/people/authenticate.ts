// SPDX-License-Identifier: Apache-2.0
import { findSession, findToken } from "@interlock/store";
import type { FastifyRequest } from "fastify";
import { type Actor, NOBODY } from "../http/actor.ts";
import { type Authenticate, bearer, SESSION_COOKIE } from "../http/bind.ts";
import { workingKey } from "./roster.ts";
import { hashOfSecret } from "./secrets.ts";
import type { PeopleTerms } from "./terms.ts";
import { TOKEN_PREFIX, verbsOf } from "./tokens.ts";

/**
 * Who calls, by the token of the `Authorization` header or else by the session of the cookie. A
 * request with such a header is never taken for the browser's person, whatever the header says.
 */
export function authenticator(terms: PeopleTerms): Authenticate {
  return async (request) =>
    request.headers.authorization === undefined
      ? await personBehind(terms, cookieOf(request))
      : await tokenBehind(terms, bearer(request));
}

async function personBehind(
  { store, now, book, refusedAaguids }: PeopleTerms,
  secret: string | null,
): Promise<Actor> {
  const hash = hashOfSecret(secret);
  const session = hash === null ? null : await findSession(store.db, hash, now());
  if (session === null) return NOBODY;
  const key = workingKey(await book.at(store.db), session.credential);
  if (key === null || key.person !== session.person) return NOBODY;
  if (refusedAaguids.includes(key.enrolment.body.aaguid)) return NOBODY;
  return { kind: "person", person: session.person, session: session.id };
}

async function tokenBehind({ store, now }: PeopleTerms, secret: string | null): Promise<Actor> {
  if (secret === null || !secret.startsWith(TOKEN_PREFIX)) return NOBODY;
  const hash = hashOfSecret(secret.slice(TOKEN_PREFIX.length));
  const token = hash === null ? null : await findToken(store.db, hash, now());
  if (token === null) return NOBODY;
  const { id, repository, verbs } = token;
  return { kind: "token", id, repository, verbs: verbsOf(verbs) };
}

/** The one cookie of our name; with two of them it is not known whose request this is (PX8). */
function cookieOf(request: FastifyRequest): string | null {
  const cookies = (request.headers.cookie ?? "").split(";").map((part) => part.trim());
  const ours = cookies.filter((cookie) => cookie.startsWith(`${SESSION_COOKIE}=`));
  const [only] = ours;
  return ours.length === 1 && only !== undefined ? only.slice(SESSION_COOKIE.length + 1) : null;
}
