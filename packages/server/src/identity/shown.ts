// SPDX-License-Identifier: Apache-2.0
import { type IdentityShown, identityApi } from "@interlock/protocol";
import { type Database, pageOfScimUsers } from "@interlock/store";
import type { FastifyInstance } from "fastify";
import { type Authenticate, bind } from "../http/bind.ts";
import { done, looked, type SiteTerms } from "../people/terms.ts";
import type { ScimWatch } from "../scim/watch.ts";
import type { CiSettings, ScimSettings, SignInSettings } from "./settings.ts";

/** Tells people which identity from outside counts; no secret of the settings is told. */
export function identityShownRoute(
  app: FastifyInstance,
  authenticate: Authenticate,
  { terms, watch }: { readonly terms: SiteTerms; readonly watch: ScimWatch },
): void {
  const { signIn, scim, ci } = terms.identity;
  bind(app, authenticate, identityApi.shownIdentity, () =>
    looked(terms, async (db) =>
      done({
        signIn: signIn.map(shownSignIn),
        scim: scim === null ? null : await shownScim(db, terms, { settings: scim, watch }),
        ci: ci.map(shownCi),
      }),
    ),
  );
}

type TeamShown = { readonly group: string; readonly team: string };

const teamsIn = (teams: Readonly<Record<string, string>>): TeamShown[] =>
  Object.entries(teams)
    .map(([group, team]) => ({ group, team }))
    .sort((a, b) => (a.team < b.team ? -1 : 1));

const shownSignIn = ({ name, title, issuer, emailDomains, groups }: SignInSettings) => ({
  ...{ name, title, issuer, emailDomains: [...emailDomains] },
  teams: teamsIn(groups?.teams ?? {}),
  goodForHours: groups?.goodForHours ?? null,
});

const shownCi = ({ issuer, audience, allow }: CiSettings): IdentityShown["ci"][number] => ({
  ...{ issuer, audience },
  allow: allow.map(({ repository, verbs, lifeMinutes, where }) => ({
    ...{ repository, verbs: [...verbs], lifeMinutes },
    where: Object.entries(where).map(([claim, is]) => ({
      claim,
      is: typeof is === "string" ? [is] : [...is],
    })),
  })),
});

async function shownScim(
  db: Database,
  { book, origin }: SiteTerms,
  { settings, watch }: { readonly settings: ScimSettings; readonly watch: ScimWatch },
): Promise<NonNullable<IdentityShown["scim"]>> {
  const { told } = await book.at(db);
  const { total } = await pageOfScimUsers(db, { offset: 0, limit: 0 });
  const groups = [...told.groups.values()];
  const { since, lastAskedAt, refused } = watch.seen();
  return {
    ...{ address: `${origin}/scim/v2`, emailDomains: [...settings.emailDomains], users: total },
    ...{ lastEntryAt: told.scimAt, since, lastAskedAt },
    teams: teamsIn(settings.teams).map(({ group, team }) => {
      const come = groups.filter(({ name }) => name === group);
      const persons = new Set(come.flatMap((one) => [...one.persons]));
      return { group, team, persons: come.length === 0 ? null : [...persons].sort() };
    }),
    strangers: groups
      .filter(({ name }) => !Object.hasOwn(settings.teams, name))
      .map(({ name, persons }) => ({ group: name, persons: persons.size })),
    refused: refused.map((one) => ({ ...one })),
  };
}
