// SPDX-License-Identifier: Apache-2.0
import { fromBase64url } from "@interlock/receipt";
import {
  endSessions,
  insertIssuerFlow,
  insertSession,
  type StoredPerson,
  takeIssuerFlow,
} from "@interlock/store";
import type { Actor } from "../http/actor.ts";
import type { Answer } from "../http/bind.ts";
import { prepare } from "../ledger/record.ts";
import { hashOfSecret, newId, newSecret } from "../people/secrets.ts";
import { SESSION_MS } from "../people/sign-in.ts";
import { done, inTransaction, refused, type SiteTerms, type Work } from "../people/terms.ts";
import { FLOW_MS, flowSecrets } from "./flow.ts";
import { personOfClaims, teamsInClaims } from "./matching.ts";
import type { Claims, RelyingParty } from "./relying-party.ts";
import type { SignInSettings } from "./settings.ts";

/** An issuer with which people can sign in here. */
export type Party = { readonly settings: SignInSettings; readonly party: RelyingParty };

const noSuchIssuer = (name: string) =>
  refused(
    "NOT_FOUND",
    `nobody signs in with \`${name}\` here`,
    "see /api/v1/sign-in/issuers for those that work",
  );

/** Begins a sign-in: the address for the browser, and the secret that it has to bring back. */
export async function beginIssuerSignIn(
  terms: SiteTerms,
  parties: readonly Party[],
  name: string,
): Promise<Answer<{ readonly url: string }>> {
  const found = parties.find(({ settings }) => settings.name === name);
  if (found === undefined) return noSuchIssuer(name);
  const secret = newSecret();
  const url = await found.party.begin(flowSecrets(secret.bytes));
  if (!url.ok) return url;
  const { issuer } = found.settings;
  const kept = await inTransaction(terms, async ({ tx, now }) => {
    await insertIssuerFlow(tx, { hash: secret.hash, issuer, now, expiresAt: now + FLOW_MS });
    return done(null);
  });
  return kept.ok ? { ok: true, value: { url: url.value }, flow: secret.text } : kept;
}

const NOT_BEGUN = refused(
  "ISSUER_REFUSED",
  "this browser did not begin a sign-in in the last 10 minutes, or has ended it already",
  "begin again on the sign-in page",
);

/**
 * Ends a sign-in with the address to which the issuer sent the browser. The session that comes of it
 * reads, and changes nothing: approvals and everything about people want a passkey.
 */
export async function endIssuerSignIn(
  terms: SiteTerms,
  parties: readonly Party[],
  given: {
    readonly name: string;
    readonly flow: string | null;
    readonly back: URL;
    readonly actor: Actor;
  },
): Promise<Answer<{ readonly person: string }>> {
  const found = parties.find(({ settings }) => settings.name === given.name);
  const hash = hashOfSecret(given.flow);
  const bytes = given.flow === null ? null : fromBase64url(given.flow);
  if (found === undefined) return noSuchIssuer(given.name);
  if (hash === null || bytes === null) return NOT_BEGUN;
  const taken = await inTransaction(terms, async ({ tx, now }) =>
    done(await takeIssuerFlow(tx, hash, now)),
  );
  if (!taken.ok) return taken;
  if (taken.value !== found.settings.issuer) return NOT_BEGUN;
  const claims = await found.party.finish(given.back, flowSecrets(bytes));
  if (!claims.ok) return claims;
  const secret = newSecret();
  const signedIn = await inTransaction(terms, async (within) => {
    const person = await personOfClaims(within.tx, found.settings, claims.value);
    if (!person.ok) return person;
    const claimed = await claimTeams(terms, within, {
      ...{ settings: found.settings, claims: claims.value, person: person.value },
    });
    if (!claimed.ok) return claimed;
    await openSession(within, { ...given, person: person.value, hash: secret.hash, found });
    return done({ person: person.value.id });
  });
  return signedIn.ok ? { ...signedIn, cookie: secret.text } : signedIn;
}

/** Always a new one; that with which the request came ends (TK10). */
async function openSession(
  { tx, now }: Work,
  given: {
    readonly actor: Actor;
    readonly person: StoredPerson;
    readonly hash: Uint8Array;
    readonly found: Party;
  },
): Promise<void> {
  const { actor, person, hash, found } = given;
  if (actor.kind === "person")
    await endSessions(tx, { person: actor.person, id: actor.session, at: now });
  await insertSession(tx, {
    ...{ id: newId(), person: person.id, credential: null, issuer: found.settings.issuer, hash },
    ...{ signedInAt: now, expiresAt: now + SESSION_MS },
  });
}

/** What the issuer says of the person's teams replaces what it said before, by its entry. */
async function claimTeams(
  terms: SiteTerms,
  { tx, now }: Work,
  given: {
    readonly settings: SignInSettings;
    readonly claims: Claims;
    readonly person: StoredPerson;
  },
): Promise<Answer<null>> {
  const claimed = teamsInClaims(given.settings, given.claims);
  if (claimed === null) return done(null);
  const { issuer } = given.settings;
  const body = {
    ...{ person: given.person.id, issuer, teams: claimed.teams },
    goodUntil: now + claimed.goodForMs,
  };
  const entry = prepare({ kind: "teams-claimed", at: now, subject: null, body });
  const appended = await terms.ledger.append(tx, [entry]);
  return appended.ok ? done(null) : appended;
}
