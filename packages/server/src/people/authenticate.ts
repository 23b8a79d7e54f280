// SPDX-License-Identifier: Apache-2.0
import {
  findExchangedToken,
  findSession,
  findTerminal,
  findTokens,
  grouped,
  type OpenSession,
  type StoredToken,
  type TokenAsked,
} from "@interlock/store";
import { type Actor, NOBODY } from "../http/actor.ts";
import { type Authenticate, bearer, cookieNamed, SESSION_COOKIE } from "../http/bind.ts";
import { TERMINAL_PREFIX } from "./device.ts";
import { workingKey } from "./roster.ts";
import { hashOfSecret, TOKEN_PREFIX } from "./secrets.ts";
import type { PeopleTerms } from "./terms.ts";
import { verbsOf } from "./tokens.ts";

/**
 * Who calls, by the secret of the `Authorization` header or else by the session of the cookie. A
 * request with such a header is never taken for the browser's person, whatever the header says.
 */
export function authenticator(terms: PeopleTerms): Authenticate {
  const tokenOf = grouped((asked: readonly TokenAsked[]) => findTokens(terms.store.db, asked));
  return async (request) =>
    request.headers.authorization === undefined
      ? await personBehind(terms, cookieNamed(request, SESSION_COOKIE))
      : await bearerBehind(terms, bearer(request), tokenOf);
}

/** Each kind of secret has a prefix of its own, and is looked for nowhere else. */
async function bearerBehind(
  terms: PeopleTerms,
  secret: string | null,
  tokenOf: TokenOf,
): Promise<Actor> {
  return secret?.startsWith(TERMINAL_PREFIX) === true
    ? await terminalBehind(terms, secret.slice(TERMINAL_PREFIX.length))
    : await tokenBehind(terms, secret, tokenOf);
}

type TokenOf = (asked: TokenAsked) => Promise<StoredToken | null>;

async function terminalBehind(terms: PeopleTerms, secret: string): Promise<Actor> {
  const hash = hashOfSecret(secret);
  const terminal = hash === null ? null : await findTerminal(terms.store.db, hash, terms.now());
  if (terminal === null || !(await keyWorks(terms, terminal))) return NOBODY;
  const { person, id: session, signedInAt } = terminal;
  return { kind: "terminal", person, session, signedInAt };
}

async function personBehind(terms: PeopleTerms, secret: string | null): Promise<Actor> {
  const hash = hashOfSecret(secret);
  const session = hash === null ? null : await findSession(terms.store.db, hash, terms.now());
  if (session === null) return NOBODY;
  const { person, id, credential, issuer } = session;
  if (issuer !== null)
    return (await issuerCounts(terms, session))
      ? { kind: "person", person, session: id, means: "issuer" }
      : NOBODY;
  return credential !== null && (await keyWorks(terms, { person, credential }))
    ? { kind: "person", person, session: id, means: "passkey" }
    : NOBODY;
}

/** Whether the ledger says that the key behind a session is this person's and works. */
async function keyWorks(
  { store, book, refusedAaguids }: PeopleTerms,
  { person, credential }: { readonly person: string; readonly credential: string },
): Promise<boolean> {
  const key = workingKey(await book.at(store.db), credential);
  return key?.person === person && !refusedAaguids.includes(key.enrolment.body.aaguid);
}

/** Whether the settings still know the issuer, and the ledger somebody active. */
async function issuerCounts(
  { store, book, identity }: PeopleTerms,
  { person, issuer }: OpenSession,
): Promise<boolean> {
  const known = identity.signIn.some((one) => one.issuer === issuer);
  return known && (await book.at(store.db)).persons.get(person)?.active === true;
}

async function tokenBehind(
  terms: PeopleTerms,
  secret: string | null,
  tokenOf: TokenOf,
): Promise<Actor> {
  if (secret === null || !secret.startsWith(TOKEN_PREFIX)) return NOBODY;
  const hash = hashOfSecret(secret.slice(TOKEN_PREFIX.length));
  if (hash === null) return NOBODY;
  const token = (await tokenOf({ hash, now: terms.now() })) ?? (await exchanged(terms, hash));
  if (token === null) return NOBODY;
  const { id, repository, verbs } = token;
  return { kind: "token", id, repository, verbs: verbsOf(verbs) };
}

/** A token of a CI system that the settings still name. */
async function exchanged({ store, now, identity }: PeopleTerms, hash: Uint8Array) {
  const token = await findExchangedToken(store.db, hash, now());
  return identity.ci.some(({ issuer }) => issuer === token?.issuer) ? token : null;
}
