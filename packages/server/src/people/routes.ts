// SPDX-License-Identifier: Apache-2.0
import {
  controlPlaneApi,
  deviceApi,
  emergencyApi,
  peopleApi,
  signInApi,
  tokensApi,
} from "@interlock/protocol";
import { readSite } from "@interlock/store";
import type { FastifyInstance } from "fastify";
import { proposeDescription, shownInForce, shownProposed } from "../controlplane/proposing.ts";
import { type Authenticate, bind, refuse } from "../http/bind.ts";
import { exchangeRoutes, identityRoutes } from "../identity/routes.ts";
import { identityShownRoute } from "../identity/shown.ts";
import { scimRoutes } from "../scim/routes.ts";
import { scimWatch } from "../scim/watch.ts";
import {
  answerDeviceLogin,
  pollDeviceLogin,
  shownDeviceLogin,
  startDeviceLogin,
} from "./device.ts";
import { proposeEmergencyKey } from "./emergency.ts";
import { endorse, endorsementOptions } from "./endorsing.ts";
import { beginFounding, completeFounding, foundingState } from "./founding.ts";
import { registerKey, registrationOptions, shownInvitation } from "./invitations.ts";
import { DEVICE_LIMITS, EXCHANGE_LIMITS, LIMITS, type Limits, limiter } from "./limits.ts";
import { revokeOwnKey, shownPeople } from "./own-keys.ts";
import { propose, shownProposal, shownProposals, withdraw } from "./proposing.ts";
import { endOwnSession, ownSessions, signIn, signInOptions, signOut, whoAmI } from "./sign-in.ts";
import { endOwnTerminal, leaveTerminal, ownTerminals, whichTerminal } from "./terminals.ts";
import { done, looked, type SiteTerms } from "./terms.ts";
import { makeToken, revokeToken, shownTokens } from "./tokens.ts";

/** All routes of people; those that anybody can knock at are limited. */
export function peopleRoutes(
  app: FastifyInstance,
  terms: SiteTerms,
  { authenticate, limits }: { readonly authenticate: Authenticate; readonly limits: Limits },
): void {
  app.register(async (limited) => {
    limit(limited, limiter(limits, terms.now));
    openRoutes(limited, authenticate, terms);
    identityRoutes(limited, authenticate, terms);
  });
  // Apart from the others: terminals that poll must not keep their network from signing in.
  app.register(async (limited) => {
    limit(limited, limiter(limits === LIMITS ? DEVICE_LIMITS : limits, terms.now));
    deviceRoutes(limited, authenticate, terms);
  });
  app.register(async (limited) => {
    limit(limited, limiter(EXCHANGE_LIMITS, terms.now));
    exchangeRoutes(limited, authenticate, terms);
  });
  const watch = scimWatch(terms.now);
  scimRoutes(app, authenticate, { site: terms, watch });
  identityShownRoute(app, authenticate, { terms, watch });
  sessionRoutes(app, authenticate, terms);
  peopleRoutesOf(app, authenticate, terms);
}

function limit(app: FastifyInstance, within: (address: string) => number | null): void {
  app.addHook("onRequest", async (request, reply) => {
    const waitMs = within(request.ip);
    if (waitMs === null) return;
    const seconds = Math.ceil(waitMs / 1_000);
    reply.header("retry-after", String(seconds));
    return refuse(reply, {
      code: "TOO_MANY_REQUESTS",
      message: "too many attempts from here",
      help: `try again in ${seconds} seconds`,
    });
  });
}

function deviceRoutes(app: FastifyInstance, authenticate: Authenticate, terms: SiteTerms): void {
  bind(app, authenticate, deviceApi.startDeviceLogin, ({ body, address }) =>
    startDeviceLogin(terms, { ...body, address }),
  );
  bind(app, authenticate, deviceApi.pollDeviceLogin, ({ body }) =>
    pollDeviceLogin(terms, body.deviceCode),
  );
  bind(app, authenticate, deviceApi.shownDeviceLogin, ({ body }) =>
    shownDeviceLogin(terms, body.userCode),
  );
  bind(app, authenticate, deviceApi.answerDeviceLogin, ({ actor, body }) =>
    answerDeviceLogin(terms, actor, body),
  );
}

function openRoutes(app: FastifyInstance, authenticate: Authenticate, terms: SiteTerms): void {
  bind(app, authenticate, peopleApi.setUp, ({ secret }) => foundingState(terms, secret));
  bind(app, authenticate, peopleApi.beginFounding, ({ secret, body }) =>
    beginFounding(terms, secret, body),
  );
  bind(app, authenticate, peopleApi.completeFounding, ({ secret }) =>
    completeFounding(terms, secret),
  );
  bind(app, authenticate, peopleApi.invitation, ({ secret }) => shownInvitation(terms, secret));
  bind(app, authenticate, peopleApi.registrationOptions, ({ secret }) =>
    registrationOptions(terms, secret),
  );
  bind(app, authenticate, peopleApi.register, ({ secret, body }) =>
    registerKey(terms, secret, body),
  );
  bind(app, authenticate, signInApi.signInOptions, () => signInOptions(terms));
  bind(app, authenticate, signInApi.signIn, ({ actor, body }) => signIn(terms, actor, body));
}

function sessionRoutes(app: FastifyInstance, authenticate: Authenticate, terms: SiteTerms): void {
  bind(app, authenticate, signInApi.me, ({ actor }) => whoAmI(terms, actor));
  bind(app, authenticate, signInApi.signOut, ({ actor }) => signOut(terms, actor));
  bind(app, authenticate, signInApi.sessions, ({ actor }) => ownSessions(terms, actor));
  bind(app, authenticate, signInApi.endSession, ({ actor, params }) =>
    endOwnSession(terms, actor, params.session),
  );
  bind(app, authenticate, deviceApi.terminal, ({ actor }) => whichTerminal(terms, actor));
  bind(app, authenticate, deviceApi.leaveTerminal, ({ actor }) => leaveTerminal(terms, actor));
  bind(app, authenticate, deviceApi.terminals, ({ actor }) => ownTerminals(terms, actor));
  bind(app, authenticate, deviceApi.endTerminal, ({ actor, params }) =>
    endOwnTerminal(terms, actor, params.session),
  );
  bind(app, authenticate, tokensApi.makeToken, ({ actor, body }) => makeToken(terms, actor, body));
  bind(app, authenticate, tokensApi.tokens, () => shownTokens(terms));
  bind(app, authenticate, tokensApi.revokeToken, ({ actor, params, body }) =>
    revokeToken(terms, actor, { ...params, ...body }),
  );
}

function peopleRoutesOf(app: FastifyInstance, authenticate: Authenticate, terms: SiteTerms): void {
  bind(app, authenticate, peopleApi.site, () =>
    looked(terms, async (db) => {
      const site = await readSite(db);
      return done({ founded: site !== null, tenant: site?.tenant ?? null });
    }),
  );
  bind(app, authenticate, peopleApi.people, () => shownPeople(terms));
  bind(app, authenticate, peopleApi.revokeKey, ({ actor, body }) =>
    revokeOwnKey(terms, actor, body),
  );
  bind(app, authenticate, emergencyApi.proposeEmergencyKey, ({ actor, body }) =>
    proposeEmergencyKey(terms, actor, body),
  );
  bind(app, authenticate, controlPlaneApi.proposeDescription, ({ actor, body }) =>
    proposeDescription(terms, actor, body),
  );
  bind(app, authenticate, controlPlaneApi.descriptionInForce, () => shownInForce(terms));
  bind(app, authenticate, controlPlaneApi.proposedDescription, ({ params }) =>
    shownProposed(terms, params.proposal),
  );
  bind(app, authenticate, peopleApi.propose, ({ actor, body }) => propose(terms, actor, body));
  bind(app, authenticate, peopleApi.proposals, () => shownProposals(terms));
  bind(app, authenticate, peopleApi.proposal, ({ params }) =>
    shownProposal(terms, params.proposal),
  );
  bind(app, authenticate, peopleApi.endorsementOptions, ({ actor, params }) =>
    endorsementOptions(terms, actor, params.proposal),
  );
  bind(app, authenticate, peopleApi.endorse, ({ actor, params, body }) =>
    endorse(terms, actor, { id: params.proposal, assertion: body }),
  );
  bind(app, authenticate, peopleApi.withdrawProposal, ({ actor, params }) =>
    withdraw(terms, actor, params.proposal),
  );
}
