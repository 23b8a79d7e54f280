// SPDX-License-Identifier: Apache-2.0
import { type REPOSITORY_VERBS, type TokenShown, VERBS, type Verb } from "@interlock/protocol";
import {
  insertToken,
  revokeStoredToken,
  type StoredToken,
  workingTokensOf,
} from "@interlock/store";
import type { Actor } from "../http/actor.ts";
import type { Answer } from "../http/bind.ts";
import { prepare } from "../ledger/record.ts";
import { freshSession, personOfActor } from "./fresh.ts";
import { newId, newSecret, TOKEN_PREFIX } from "./secrets.ts";
import { done, inTransaction, looked, refused, type SiteTerms } from "./terms.ts";

/** Makes a token for one repository; whoever made it is shown its secret once. */
export async function makeToken(
  terms: SiteTerms,
  actor: Actor,
  given: {
    readonly name: string;
    readonly repository: string;
    readonly verbs: readonly (typeof REPOSITORY_VERBS)[number][];
    readonly lifeMs: number;
  },
): Promise<Answer<{ readonly token: TokenShown; readonly secret: string }>> {
  const { person: by } = personOfActor(actor);
  const secret = newSecret();
  const id = newId();
  const { name, repository } = given;
  const verbs = given.verbs.toSorted();
  return await inTransaction(terms, async (within) => {
    const fresh = await freshSession(terms, within, actor);
    if (!fresh.ok) return fresh;
    const { tx, now } = within;
    const expiresAt = now + given.lifeMs;
    const token = { id, name, repository, verbs, madeBy: by, madeAt: now, expiresAt };
    await insertToken(tx, { ...token, hash: secret.hash });
    const body = { token: id, name, repository, verbs, expiresAt, by };
    const entry = prepare({ kind: "token", at: now, subject: null, body });
    const appended = await terms.ledger.append(tx, [entry]);
    if (!appended.ok) return appended;
    return done({ token: shownToken(token), secret: `${TOKEN_PREFIX}${secret.text}` });
  });
}

function shownToken({ id, madeBy, verbs, ...rest }: StoredToken): TokenShown {
  return { ...rest, token: id, by: madeBy, verbs: verbsOf(verbs) };
}

/** Verbs as they were stored; one that this build does not know allows nothing. */
export const verbsOf = (stored: readonly string[]): Verb[] =>
  VERBS.filter((verb) => stored.includes(verb));

/** The tokens that work: whoever is signed in may see and end each of them. */
export async function shownTokens(
  terms: SiteTerms,
): Promise<Answer<{ readonly tokens: TokenShown[] }>> {
  return await looked(terms, async (db, now) => {
    const tokens = await workingTokensOf(db, null, now);
    return done({ tokens: tokens.map(shownToken) });
  });
}

/** Ends a token at once. */
export async function revokeToken(
  terms: SiteTerms,
  actor: Actor,
  { token, reason }: { readonly token: string; readonly reason: string },
): Promise<Answer<Record<string, never>>> {
  const { person } = personOfActor(actor);
  return await inTransaction(terms, async (within) => {
    const fresh = await freshSession(terms, within, actor);
    if (!fresh.ok) return fresh;
    const { tx, now } = within;
    if (!(await revokeStoredToken(tx, token, now)))
      return refused("NOT_FOUND", "no such token works", "look for it in the list");
    const body = { token, reason, by: [person] };
    const entry = prepare({ kind: "token-revoked", at: now, subject: null, body });
    const appended = await terms.ledger.append(tx, [entry]);
    return appended.ok ? done({}) : appended;
  });
}
