// SPDX-License-Identifier: Apache-2.0
import type { AssertionGiven, Me, RequestOptions } from "@interlock/protocol";
import { fromBase64url } from "@interlock/receipt";
import {
  endSessions,
  insertChallenge,
  insertSession,
  readPerson,
  readSession,
  type StoredSession,
  sessionsOf,
  takeChallenge,
} from "@interlock/store";
import type { Actor } from "../http/actor.ts";
import type { Answer } from "../http/bind.ts";
import { FRESH_MS, personOfActor } from "./fresh.ts";
import { findKey, prove } from "./keys.ts";
import { CHALLENGE_MS, requestOptions } from "./options.ts";
import { hashOfSecret, newId, newSecret } from "./secrets.ts";
import { done, inTransaction, looked, refused, refusedForGood, type SiteTerms } from "./terms.ts";

/** Absolute: a session is never prolonged. `http/bind.ts` gives the cookie the same life. */
export const SESSION_MS = 12 * 3_600_000;

/** A challenge for whoever wants to sign in. Nothing of the request goes into it (WA16). */
export async function signInOptions(terms: SiteTerms): Promise<Answer<RequestOptions>> {
  const nonce = newSecret();
  return await inTransaction<RequestOptions>(terms, async ({ tx, now }) => {
    await insertChallenge(tx, {
      ...{ hash: nonce.hash, purpose: "sign-in", about: null, person: null, now },
      expiresAt: now + CHALLENGE_MS,
    });
    const { rpId } = terms;
    return done(requestOptions({ nonce, challenge: nonce.bytes, rpId, allow: [] }));
  });
}

/** One answer whatever is wrong, so that nobody learns which keys and people there are (WA16). */
const NOT_SIGNED_IN = refused(
  "PASSKEY_REFUSED",
  "nobody was signed in with this passkey",
  "try again; if you have lost your keys, two other persons can let you register a new one",
).failure;

/**
 * Signs in with a discoverable passkey. The session is always a new one, and that with which the
 * request came ends, so nobody can hand somebody a session to sign in to (TK10).
 */
export async function signIn(
  terms: SiteTerms,
  actor: Actor,
  given: AssertionGiven,
): Promise<Answer<Me>> {
  const secret = newSecret();
  const id = newId();
  const answer = await inTransaction<Me>(terms, async (within) => {
    const { tx, now } = within;
    const hash = hashOfSecret(given.nonce);
    const nonce = fromBase64url(given.nonce);
    const challenge = hash === null ? null : await takeChallenge(tx, hash, now);
    if (challenge?.purpose !== "sign-in" || nonce === null) return refusedForGood(NOT_SIGNED_IN);
    const proven = await prove(terms, within, { assertion: given, challenge: nonce, person: null });
    if (!proven.ok) return refusedForGood(NOT_SIGNED_IN);
    const { person, usableFrom } = proven.working;
    if (actor.kind === "person")
      await endSessions(tx, { person: actor.person, id: actor.session, at: now });
    const session = {
      ...{ id, person, credential: given.credential, issuer: null },
      ...{ signedInAt: now, expiresAt: now + SESSION_MS },
    };
    await insertSession(tx, { ...session, hash: secret.hash });
    const name = (await readPerson(tx, person))?.name ?? person;
    return done(meOf(session, name, usableFrom));
  });
  return answer.ok ? { ...answer, cookie: secret.text } : answer;
}

function meOf(session: StoredSession, name: string, usableFrom: number | null): Me {
  const { person, id, issuer, expiresAt, signedInAt } = session;
  const freshUntil = issuer === null ? signedInAt + FRESH_MS : signedInAt;
  return { person, name, session: id, issuer, expiresAt, freshUntil, usableFrom };
}

const SIGNED_OUT = refused("SIGN_IN_NEEDED", "nobody is signed in", "sign in with your passkey");

/** Who is signed in. */
export async function whoAmI(terms: SiteTerms, actor: Actor): Promise<Answer<Me>> {
  const { session: id } = personOfActor(actor);
  return await looked(terms, async (db, now) => {
    const session = await readSession(db, id, now);
    const person = session === null ? null : await readPerson(db, session.person);
    if (session === null || person === null) return SIGNED_OUT;
    if (session.credential === null) return done(meOf(session, person.name, null));
    const key = await findKey(terms, db, session.credential);
    if (key === null || key.person !== session.person) return SIGNED_OUT;
    return done(meOf(session, person.name, key.usableFrom));
  });
}

/** Ends the session of the call, and the browser's cookie with it. */
export async function signOut(
  terms: SiteTerms,
  actor: Actor,
): Promise<Answer<Record<string, never>>> {
  const { person, session: id } = personOfActor(actor);
  const ended = await inTransaction(terms, async ({ tx, now: at }) => {
    await endSessions(tx, { person, id, at });
    return done({});
  });
  return ended.ok ? { ...ended, cookie: null } : ended;
}

/** The open sessions of whoever asks. */
export async function ownSessions(terms: SiteTerms, actor: Actor) {
  const { person, session: current } = personOfActor(actor);
  return await looked(terms, async (db, now) => {
    const sessions = await sessionsOf(db, person, now);
    return done({
      sessions: sessions.map(({ id, credential, issuer, signedInAt, expiresAt }) => ({
        ...{ session: id, credential, issuer, signedInAt, expiresAt },
        current: id === current,
      })),
    });
  });
}

/** Ends a session of whoever asks; another person's is as unknown as one that never was (TK6). */
export async function endOwnSession(
  terms: SiteTerms,
  actor: Actor,
  id: string,
): Promise<Answer<Record<string, never>>> {
  const { person } = personOfActor(actor);
  return await inTransaction(terms, async ({ tx, now: at }) =>
    (await endSessions(tx, { person, id, at })) > 0
      ? done({})
      : refused("NOT_FOUND", "you have no such open session", "look for it in the list"),
  );
}
