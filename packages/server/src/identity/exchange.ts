// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import type { Exchanged, ExchangeGiven, REPOSITORY_VERBS } from "@interlock/protocol";
import { insertExchangedToken, useAssertion } from "@interlock/store";
import type { Answer } from "../http/bind.ts";
import { prepare } from "../ledger/record.ts";
import { newId, newSecret, TOKEN_PREFIX } from "../people/secrets.ts";
import { done, inTransaction, type SiteTerms } from "../people/terms.ts";
import { type CiVerified, type CiVerifier, notAccepted, SKEW_SECONDS } from "./ci-jwt.ts";

type RepositoryVerb = (typeof REPOSITORY_VERBS)[number];

type Granted = {
  readonly repository: string;
  /** Sorted. */
  readonly verbs: readonly RepositoryVerb[];
  readonly lifeMs: number;
};

/**
 * Gives a short-lived token for what a CI system proves of one of its runs (RFC 8693).
 *
 * INVARIANT (assertion-once): what was shown is used up in the transaction that makes the token, so
 * that whoever finds it in a log of the run gets nothing.
 */
export async function exchange(
  terms: SiteTerms,
  verify: CiVerifier,
  given: ExchangeGiven,
): Promise<Answer<Exchanged>> {
  const verified = await verify(given.subject_token);
  if (!verified.ok) return verified;
  const granted = grantedTo(verified.value, given);
  if (!granted.ok) return granted;
  const { claims } = verified.value;
  const { repository, verbs, lifeMs } = granted.value;
  const secret = newSecret();
  const id = newId();
  return await inTransaction<Exchanged>(terms, async ({ tx, now }) => {
    const hash = assertionHash(claims);
    const usableUntil = (claims.exp + 2 * SKEW_SECONDS) * 1_000;
    if (!(await useAssertion(tx, { hash, now, expiresAt: usableUntil })))
      return notAccepted("it was exchanged before");
    const expiresAt = now + lifeMs;
    const token = { id, repository, verbs, issuer: claims.iss, expiresAt };
    await insertExchangedToken(tx, { ...token, hash: secret.hash, now });
    const { iss: issuer, sub: subject, jti: run } = claims;
    const body = { token: id, issuer, subject, run, repository, verbs, expiresAt };
    const entry = prepare({ kind: "exchange", at: now, subject: null, body });
    const appended = await terms.ledger.append(tx, [entry]);
    if (!appended.ok) return appended;
    return done({
      access_token: `${TOKEN_PREFIX}${secret.text}`,
      issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
      ...{ token_type: "Bearer", expires_in: lifeMs / 1_000, scope: verbs.join(" ") },
    });
  });
}

/** An issuer never holds the separator. */
function assertionHash({ iss, jti }: CiVerified["claims"]): Uint8Array {
  return new Uint8Array(createHash("sha256").update(`${iss}\0${jti}`).digest());
}

/** What the settings give to a run: of all rules that fit it, for the one repository it wants. */
export function grantedTo(
  { claims, settings }: CiVerified,
  { audience, scope }: Pick<ExchangeGiven, "audience" | "scope">,
): Answer<Granted> {
  const rules = settings.allow.filter(
    ({ repository, where }) =>
      (audience === undefined || audience === repository) &&
      Object.entries(where).every(([name, wanted]) => {
        const claim = Object.hasOwn(claims, name) ? claims[name] : undefined;
        return typeof wanted === "string"
          ? claim === wanted
          : typeof claim === "string" && wanted.includes(claim);
      }),
  );
  const [first] = rules;
  if (first === undefined) return notAccepted("no rule fits what it claims");
  if (rules.some(({ repository }) => repository !== first.repository))
    return notAccepted("rules of several repositories fit: name one as `audience`");
  const asked = scope?.split(" ").filter((verb) => verb !== "") ?? null;
  const may = [...new Set(rules.flatMap(({ verbs }) => verbs))].sort();
  const strange = asked?.find((verb) => !may.some((one) => one === verb));
  if (strange !== undefined) return notAccepted(`no rule that fits gives \`${strange}\``);
  const verbs = asked === null ? may : may.filter((verb) => asked.includes(verb));
  if (verbs.length === 0) return notAccepted("it asks for nothing");
  const minutes = Math.min(...rules.map(({ lifeMinutes }) => lifeMinutes));
  return done({ repository: first.repository, verbs, lifeMs: minutes * 60_000 });
}
