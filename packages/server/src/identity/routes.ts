// SPDX-License-Identifier: Apache-2.0
import { signInApi, statusOf, tokensApi } from "@interlock/protocol";
import type { FastifyInstance } from "fastify";
import {
  type Authenticate,
  bind,
  cookieNamed,
  FLOW_COOKIE,
  setCookies,
  setRefusedCookie,
} from "../http/bind.ts";
import { done, type SiteTerms } from "../people/terms.ts";
import { ciVerifier } from "./ci-jwt.ts";
import { exchange } from "./exchange.ts";
import { boundedFetch } from "./fetching.ts";
import { notSignedInPage, signedInPage } from "./page.ts";
import { relyingParty } from "./relying-party.ts";
import { beginIssuerSignIn, endIssuerSignIn, type Party } from "./sign-in.ts";

/** Routes of identity from outside at which anybody can knock. */
export function identityRoutes(
  app: FastifyInstance,
  authenticate: Authenticate,
  terms: SiteTerms,
): void {
  const parties = partiesOf(terms);
  bind(app, authenticate, signInApi.issuers, () =>
    Promise.resolve(
      done({ issuers: parties.map(({ settings: { name, title } }) => ({ name, title })) }),
    ),
  );
  bind(app, authenticate, signInApi.issuerSignIn, ({ params }) =>
    beginIssuerSignIn(terms, parties, params.name),
  );
  app.get<{ Params: { name: string } }>("/sign-in/callback/:name", async (request, reply) => {
    const answer = await endIssuerSignIn(terms, parties, {
      name: request.params.name,
      flow: cookieNamed(request, FLOW_COOKIE),
      back: new URL(request.url, terms.origin),
      actor: await authenticate(request),
    });
    setCookies(reply, { ...(answer.ok ? answer : {}), flow: null });
    reply.type("text/html; charset=utf-8");
    if (answer.ok) return reply.send(signedInPage());
    const { code, message, help } = answer.failure;
    setRefusedCookie(reply, answer.failure);
    return reply.code(statusOf(code)).send(notSignedInPage(message, help));
  });
}

const FORM = "application/x-www-form-urlencoded";

/** The exchange of a CI system's tokens; like OAuth it takes a form, besides JSON. */
export function exchangeRoutes(
  app: FastifyInstance,
  authenticate: Authenticate,
  terms: SiteTerms,
): void {
  const issuers = terms.identity.ci.map(({ issuer }) => issuer);
  const verify = ciVerifier(terms.identity.ci, askingFor(terms, issuers), terms.now);
  app.addContentTypeParser<string>(
    FORM,
    { parseAs: "string", bodyLimit: FORM_BYTES },
    (_request, text, next) => {
      const fields = [...new URLSearchParams(text)];
      const names = new Set(fields.map(([name]) => name));
      // A name that is there twice is read by each program in its own way (PX8).
      if (names.size !== fields.length) return next(fieldTwice());
      return next(null, Object.fromEntries(fields));
    },
  );
  bind(app, authenticate, tokensApi.exchange, ({ body }) => exchange(terms, verify, body));
}

const FORM_BYTES = 32_768;

const fieldTwice = (): Error =>
  Object.assign(new Error("a field of the form is there twice"), { statusCode: 400 });

const partiesOf = (terms: SiteTerms): readonly Party[] =>
  terms.identity.signIn.map((settings) => ({
    settings,
    party: relyingParty({
      ...{ settings, now: terms.now, fetch: askingFor(terms, [settings.issuer]) },
      redirectUri: `${terms.origin}/sign-in/callback/${settings.name}`,
    }),
  }));

const askingFor = ({ fetch, onAlert }: SiteTerms, issuers: readonly string[]) =>
  boundedFetch(fetch, issuers, (asked, because) =>
    onAlert({ kind: "issuer-away", asked, because }),
  );
