// SPDX-License-Identifier: Apache-2.0
import { type Database, holdersOf, readPerson, type StoredPerson } from "@interlock/store";
import type { Answer } from "../http/bind.ts";
import { done, refused } from "../people/terms.ts";
import type { Claims } from "./relying-party.ts";
import type { SignInSettings } from "./settings.ts";

/** Visible ASCII (OpenID Connect Core 1.0 section 2: at most 255 of ASCII). */
const SUBJECT = /^[!-~]{1,255}$/;

/** The account of somebody at an issuer; a subject may hold `#`, an issuer never does. */
export const issuerAccount = (issuer: string, subject: string): string =>
  `oidc:${issuer}#${subject}`;

/**
 * Whom an issuer speaks of. An account that people declared decides; a verified address only where
 * the settings say so for its domain, and only for somebody who has no account of that issuer: an
 * address that was given to somebody else finds nobody. by (two-people)
 */
export async function personOfClaims(
  db: Database,
  settings: SignInSettings,
  claims: Claims,
): Promise<Answer<StoredPerson>> {
  const { iss, sub } = claims;
  if (iss !== settings.issuer || !SUBJECT.test(sub))
    return refused(
      "ISSUER_REFUSED",
      `${settings.title} names you in a way that no account can have`,
      "its `sub` must be visible ASCII: show this to whoever runs the server",
    );
  const account = issuerAccount(iss, sub);
  const email = verifiedEmail(settings, claims);
  const holders = await holdersOf(db, email === null ? [account] : [account, email]);
  const declared = holders.find((holder) => holder.account === account)?.person ?? null;
  const addressed = holders.find((holder) => holder.account === email)?.person ?? null;
  if (declared !== null && addressed !== null && declared !== addressed)
    return refused(
      "ISSUER_REFUSED",
      `the account \`${account}\` is \`${declared}\`'s and \`${email}\` is \`${addressed}\`'s`,
      "two people have to say who that is: propose a change of one of them",
    );
  const id = declared ?? addressed;
  const person = id === null ? null : await readPerson(db, id);
  if (person === null || !person.active) return unknown(settings, `\`${account}\``);
  const other = `oidc:${iss}#`;
  if (declared === null && person.accounts.some((one) => one.startsWith(other)))
    return refused(
      "ISSUER_REFUSED",
      `\`${email}\` is \`${person.id}\`'s, who has another account there than \`${account}\``,
      "if it is the same human, two people can add the account to them",
    );
  return done(person);
}

/** One answer for nobody and for somebody who left. */
const unknown = ({ title }: SignInSettings, who: string) =>
  refused(
    "ISSUER_REFUSED",
    `${title} says who you are, but nobody active here is ${who}`,
    "whoever is signed in with a passkey can propose a change of you with this account, or add you; a second person endorses it",
  );

function verifiedEmail({ emailDomains }: SignInSettings, claims: Claims): string | null {
  const { email, email_verified: verified } = claims;
  if (verified !== true || typeof email !== "string" || email.length > 320) return null;
  const address = email.toLowerCase();
  const [, domain, more] = address.split("@");
  const fits = domain !== undefined && more === undefined && emailDomains.includes(domain);
  return fits && /^[^\s\p{C}@]+@/u.test(address) ? `email:${address}` : null;
}

/** More groups than anybody is in. */
const MOST_GROUPS = 5_000;

/**
 * The teams that an issuer puts somebody in, sorted; `null` where it speaks for no team. Without the
 * claim, or with one that cannot be read, it is none: who is not named is no member.
 */
export function teamsInClaims(
  { groups }: SignInSettings,
  claims: Claims,
): { readonly teams: readonly string[]; readonly goodForMs: number } | null {
  if (groups === undefined) return null;
  const claim = claims[groups.claim];
  const named = typeof claim === "string" ? [claim] : Array.isArray(claim) ? claim : [];
  const teams = named
    .slice(0, MOST_GROUPS)
    .flatMap((name) =>
      typeof name === "string" && Object.hasOwn(groups.teams, name)
        ? [groups.teams[name] ?? ""]
        : [],
    );
  return { teams: [...new Set(teams)].sort(), goodForMs: groups.goodForHours * 3_600_000 };
}
