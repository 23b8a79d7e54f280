// SPDX-License-Identifier: Apache-2.0
import { findSession, findTerminal, findToken } from "@interlock/store";
import type { FastifyRequest } from "fastify";
import { type Actor, NOBODY } from "../http/actor.ts";
import { type Authenticate, bearer, SESSION_COOKIE } from "../http/bind.ts";
import { TERMINAL_PREFIX } from "./device.ts";
import { workingKey } from "./roster.ts";
import { hashOfSecret } from "./secrets.ts";
import type { PeopleTerms } from "./terms.ts";
import { TOKEN_PREFIX, verbsOf } from "./tokens.ts";

/**
 * Who calls, by the secret of the `Authorization` header or else by the session of the cookie. A
 * request with such a header is never taken for the browser's person, whatever the header says.
 */
export function authenticator(terms: PeopleTerms): Authenticate {
  return async (request) =>
    request.headers.authorization === undefined
      ? await personBehind(terms, cookieOf(request))
      : await bearerBehind(terms, bearer(request));
}

/** Each kind of secret has a prefix of its own, and is looked for nowhere else. */
async function bearerBehind(terms: PeopleTerms, secret: string | null): Promise<Actor> {
  return secret?.startsWith(TERMINAL_PREFIX) === true
    ? await terminalBehind(terms, secret.slice(TERMINAL_PREFIX.length))
    : await tokenBehind(terms, secret);
}

async function terminalBehind(terms: PeopleTerms, secret: string): Promise<Actor> {
  const hash = hashOfSecret(secret);
  const terminal = hash === null ? null : await findTerminal(terms.store.db, hash, terms.now());
  if (terminal === null || !(await keyWorks(terms, terminal))) return NOBODY;
  return { kind: "terminal", person: terminal.person, session: terminal.id };
}

async function personBehind(terms: PeopleTerms, secret: string | null): Promise<Actor> {
  const hash = hashOfSecret(secret);
  const session = hash === null ? null : await findSession(terms.store.db, hash, terms.now());
  if (session === null || !(await keyWorks(terms, session))) return NOBODY;
  return { kind: "person", person: session.person, session: session.id };
}

/** Whether the ledger says that the key behind a session is this person's and works. */
async function keyWorks(
  { store, book, refusedAaguids }: PeopleTerms,
  { person, credential }: { readonly person: string; readonly credential: string },
): Promise<boolean> {
  const key = workingKey(await book.at(store.db), credential);
  return key?.person === person && !refusedAaguids.includes(key.enrolment.body.aaguid);
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
